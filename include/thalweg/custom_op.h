// Operations of a program's own on a tape:
//
//   Tensor cube(Tape& tape, Tensor x) {
//     const auto forward = [](auto& call) {
//       const auto x = call.input(0);
//       for (std::size_t i = 0; i < x.size(); ++i) call.value()[i] = x[i] * x[i] * x[i];
//     };
//     const auto backward = [](auto& call) {
//       const auto x = call.input(0);
//       for (std::size_t i = 0; i < x.size(); ++i) call.input_grad(0)[i] += 3 * x[i] * x[i] * call.grad()[i];
//     };
//     return custom_op(tape, "cube", {x}, tape.shape(x), forward, backward);
//   }
//
// check_gradients.h shows whether the second function is the derivative of the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "thalweg/tensor.h"

namespace thalweg {

class Call;

// What an operation works on in one forward() or backward(); T is float or double, as its tape. All elements
// lie in row-major order.
template <class T>
class OpCall {
 public:
  explicit OpCall(Call& call) : call_(call) {}  // the tape makes them

  // Error(usage) for an input that the operation does not have, here and below.
  std::span<const T> input(std::size_t i) const;
  const Shape& shape(std::size_t i) const;  // of an input
  std::span<T> value() const;               // of the operation: written in forward(), read in backward()
  const Shape& shape() const;

  // An input that forward() may also write: a frozen parameter, which a layer keeps beside what it learns, as
  // running means are. Error(usage) for any other.
  std::span<T> kept(std::size_t i) const;

  // In backward() alone: dL/dvalue, and where to add dL/dinput; empty where nobody wants that.
  std::span<const T> grad() const;
  std::span<T> input_grad(std::size_t i) const;

  // In evaluation false, 0, 0; else Tape::train()'s. A random operation draws from these two, a number of its
  // own and the index of the element alone.
  bool training() const;
  std::uint64_t seed() const;
  std::uint64_t counter() const;

  // Calls f(begin, end) for parts of 0 .. n-1 of `grain` elements, the last one shorter, on the tape's
  // threads, and returns when all are done. What f does must not depend on who does it: then bits do not
  // depend on the number of threads. It must not throw: the program ends.
  template <class F>
  void for_each_part(std::size_t n, std::size_t grain, F f) const {
    share(n, grain, std::ref(f));
  }

 private:
  void share(std::size_t n, std::size_t grain, const std::function<void(std::size_t, std::size_t)>& f) const;

  Call& call_;
};

template <class T>
using OpFunction = std::function<void(OpCall<T>& call)>;

// How an operation is computed, in each type that it has a form for; the others stay empty.
struct CustomOp {
  std::string name;  // for errors
  OpFunction<float> forward_f32 = {}, backward_f32 = {};
  OpFunction<double> forward_f64 = {}, backward_f64 = {};
};

// Records it: its value has the shape `shape`. `forward` writes every element of it; `backward` adds to the
// gradients of the inputs, and is called only where one is wanted. Both read values of the inputs and their
// own alone, and allocate nothing if replays are not to. What they throw comes out of forward() or
// backward(). Throws Error(usage) where it has no form for the tape's type, or an input is no tensor of the
// tape.
Tensor custom_op(Tape& tape, CustomOp op, const std::vector<Tensor>& inputs, Shape shape);

// The same from two functions of an OpCall<T>&, for every T that both accept.
template <class Forward, class Backward>
Tensor custom_op(Tape& tape, std::string name, const std::vector<Tensor>& inputs, Shape shape,
                 Forward forward, Backward backward) {
  CustomOp op{std::move(name)};
  const auto set = [&]<class T>(OpFunction<T>& to, OpFunction<T>& back) {
    if constexpr (std::is_invocable_v<Forward&, OpCall<T>&> && std::is_invocable_v<Backward&, OpCall<T>&>) {
      to = forward;
      back = backward;
    }
  };
  set(op.forward_f32, op.backward_f32);
  set(op.forward_f64, op.backward_f64);
  return custom_op(tape, std::move(op), inputs, std::move(shape));
}

}  // namespace thalweg
