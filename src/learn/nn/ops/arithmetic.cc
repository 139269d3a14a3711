// add, subtract, multiply, divide. A Rule is a struct with the value of two elements and, for dL/dy, what it
// hands on to each of them.
#include "thalweg/arithmetic.h"

#include "base/threads.h"
#include "nn/ops/shapes.h"
#include "nn/ops/unary.h"
#include "nn/tape.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

struct Add {
  static constexpr const char* kName = "add";
  static auto value(auto a, auto b) { return a + b; }
  static auto to_a(auto, auto, auto dy) { return dy; }
  static auto to_b(auto, auto, auto dy) { return dy; }
};

struct Subtract {
  static constexpr const char* kName = "subtract";
  static auto value(auto a, auto b) { return a - b; }
  static auto to_a(auto, auto, auto dy) { return dy; }
  static auto to_b(auto, auto, auto dy) { return -dy; }
};

struct Multiply {
  static constexpr const char* kName = "multiply";
  static auto value(auto a, auto b) { return a * b; }
  static auto to_a(auto, auto b, auto dy) { return dy * b; }
  static auto to_b(auto a, auto, auto dy) { return dy * a; }
};

struct Divide {
  static constexpr const char* kName = "divide";
  static auto value(auto a, auto b) { return a / b; }
  static auto to_a(auto, auto b, auto dy) { return dy / b; }
  static auto to_b(auto a, auto b, auto dy) { return -dy * (a / b) / b; }
};

constexpr std::size_t kGrain = 1 << 15;

template <class Rule, class T>
void forward(Call& call) {
  const T *a = call.input<T>(0), *b = call.input<T>(1);
  T* y = call.value<T>();
  for_each_part(call.team(), call.size(), kGrain, [=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) y[i] = Rule::value(a[i], b[i]);
  });
}

template <class Rule, class T>
void backward(Call& call) {
  const T *a = call.input<T>(0), *b = call.input<T>(1);
  const T* dy = call.grad<T>();
  const auto pass = [&](std::size_t input, auto gradient) {
    const Sink<T> to = call.sink<T>(input);
    if (to.data == nullptr) return;
    for_each_part(call.team(), call.size(), kGrain, [=](std::size_t begin, std::size_t end) {
      write(to, begin, end, [=](std::size_t i) { return gradient(a[i], b[i], dy[i]); });
    });
  };
  pass(0, [](T x, T y, T d) { return Rule::to_a(x, y, d); });
  pass(1, [](T x, T y, T d) { return Rule::to_b(x, y, d); });
}

template <class Rule>
Tensor record(Tape& tape, Tensor a, Tensor b) {
  static constexpr Op kOp{{forward<Rule, float>, forward<Rule, double>},
                          {backward<Rule, float>, backward<Rule, double>}};
  Tape::Impl& impl = tape.impl();
  const Shape shape = broadcast(Rule::kName, impl.node(a).shape, impl.node(b).shape);
  a = expand(tape, a, shape);
  b = expand(tape, b, shape);
  const MemoryOrder order = tape.order(a);
  b = order == MemoryOrder::channels_last ? channels_last(tape, b) : row_major(tape, b);
  return impl.add(kOp, {{a, b}}, shape, {}, order);
}

struct AddNumber {
  static constexpr std::size_t kGrain = 1 << 15;
  double number;

  template <class T>
  T value(T x) const {
    return x + static_cast<T>(number);
  }
  template <class T>
  T gradient(T, T, T dy) const {
    return dy;
  }
};

struct MultiplyByNumber {
  static constexpr std::size_t kGrain = 1 << 15;
  double number;

  template <class T>
  T value(T x) const {
    return x * static_cast<T>(number);
  }
  template <class T>
  T gradient(T, T, T dy) const {
    return dy * static_cast<T>(number);
  }
};

}  // namespace

Tensor add(Tape& tape, Tensor a, Tensor b) { return record<Add>(tape, a, b); }
Tensor subtract(Tape& tape, Tensor a, Tensor b) { return record<Subtract>(tape, a, b); }
Tensor multiply(Tape& tape, Tensor a, Tensor b) { return record<Multiply>(tape, a, b); }
Tensor divide(Tape& tape, Tensor a, Tensor b) { return record<Divide>(tape, a, b); }
Tensor add(Tape& tape, Tensor a, double b) { return record_unary(tape, a, AddNumber{b}); }
Tensor multiply(Tape& tape, Tensor a, double b) { return record_unary(tape, a, MultiplyByNumber{b}); }

}  // namespace thalweg
