// Operations that turn each element into one, alone. A Rule is a struct, which may hold numbers, with
//   static constexpr std::size_t kGrain;                 elements that are worth a thread's while
//   template <class T> T value(T x) const;               or static
//   template <class T> T gradient(T x, T y, T dy) const;     dL/dx, from x, y = value(x) and dL/dy
#pragma once

#include <type_traits>

#include "base/threads.h"
#include "nn/tape.h"

namespace thalweg {

template <class Rule>
struct PreparedRule : Prepared {
  explicit PreparedRule(const Rule& r) : rule(r) {}
  Rule rule;
};

// A copy for each part of the work: its numbers may stay in registers.
template <class Rule>
Rule rule_of(Call& call) {
  if constexpr (std::is_empty_v<Rule>) {
    return {};
  } else {
    return call.prepared<PreparedRule<Rule>>().rule;
  }
}

template <class Rule, class T>
void unary_forward(Call& call) {
  const T* x = call.input<T>(0);
  T* y = call.value<T>();
  const Rule rule = rule_of<Rule>(call);
  for_each_part(call.team(), call.size(), Rule::kGrain, [=](std::size_t begin, std::size_t end) {
    vectorised(begin, end, [=](std::size_t i) { y[i] = rule.value(x[i]); });
  });
}

template <class Rule, class T>
void unary_backward(Call& call) {
  const T* x = call.input<T>(0);
  const T* y = call.value<T>();
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  const Rule rule = rule_of<Rule>(call);
  for_each_part(call.team(), call.size(), Rule::kGrain, [=](std::size_t begin, std::size_t end) {
    write(dx, begin, end, [=](std::size_t i) { return rule.gradient(x[i], y[i], dy[i]); });
  });
}

template <class Rule>
Tensor record_unary(Tape& tape, Tensor x, const Rule& rule) {
  static constexpr Op kOp{{unary_forward<Rule, float>, unary_forward<Rule, double>},
                          {unary_backward<Rule, float>, unary_backward<Rule, double>}};
  Tape::Impl& impl = tape.impl();
  std::unique_ptr<Prepared> prepared;
  if constexpr (!std::is_empty_v<Rule>) prepared = std::make_unique<PreparedRule<Rule>>(rule);
  return impl.add(kOp, {{x}}, impl.node(x).shape, std::move(prepared), impl.node(x).order);
}

}  // namespace thalweg
