// Operations that turn each element into one, alone. A Rule is a struct with
//   static constexpr std::size_t kGrain;            elements that are worth a thread's while
//   template <class T> static T value(T x);
//   template <class T> static T gradient(T x, T y, T dy);    dL/dx, from x, y = value(x) and dL/dy
#pragma once

#include "base/threads.h"
#include "nn/tape.h"

namespace thalweg {

template <class Rule, class T>
void unary_forward(Call& call) {
  const T* x = call.input<T>(0);
  T* y = call.value<T>();
  for_each_part(call.team(), call.size(), Rule::kGrain, [=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) y[i] = Rule::value(x[i]);
  });
}

template <class Rule, class T>
void unary_backward(Call& call) {
  const T* x = call.input<T>(0);
  const T* y = call.value<T>();
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  for_each_part(call.team(), call.size(), Rule::kGrain, [=](std::size_t begin, std::size_t end) {
    write(dx, begin, end, [=](std::size_t i) { return Rule::gradient(x[i], y[i], dy[i]); });
  });
}

template <class Rule>
Tensor record_unary(Tape& tape, Tensor x) {
  static constexpr Op kOp{{unary_forward<Rule, float>, unary_forward<Rule, double>},
                          {unary_backward<Rule, float>, unary_backward<Rule, double>}};
  Tape::Impl& impl = tape.impl();
  return impl.add(kOp, {{x}}, impl.node(x).shape, {}, impl.node(x).layout);
}

}  // namespace thalweg
