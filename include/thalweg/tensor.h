// Reverse-mode differentiation on a tape: operations are recorded once, with all their memory, and then
// replayed.
//
//   Tape tape(Dtype::f32, threads);
//   Tensor x = tape.input({64, 784});
//   Tensor y = dense(tape, relu(tape, dense(tape, x, w1, b1)), w2, b2);
//   tape.value<float>(x) <- data;  tape.forward();
//   tape.grad<float>(y) <- dL/dy;  tape.backward(y);      // parameter gradients are written
//
// The memory of operations is made by the first replay, or when it is first asked for. Replaying after that
// allocates nothing. The bits of a replay do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "thalweg/params.h"

namespace thalweg {

// A value on a tape: a handle, valid as long as its tape.
struct Tensor {
  int node = -1;
};

// In which order the elements of a tensor of {rows, channels, places...} lie. Convolutions and pools write
// their channels last; every operation takes either.
enum class Layout : std::uint8_t { row_major, channels_last };

// What a tape is for: a tape of forward passes has no gradients and keeps only the values that no operation
// uses.
enum class Passes : std::uint8_t { both, forward };

class Tape {
 public:
  // `threads` is the number of threads that replays may use.
  explicit Tape(Dtype dtype = Dtype::f32, int threads = 1, Passes passes = Passes::both);
  ~Tape();
  Tape(Tape&&) noexcept;
  Tape& operator=(Tape&&) noexcept;

  // Data of the caller, written through value() before forward().
  Tensor input(Shape shape);
  // A parameter of the tape's type; its gradient receives what backward() finds, unless it is frozen when it
  // is recorded or has no gradient memory. Recorded once per parameter: the same one gives the same Tensor.
  Tensor parameter(Parameter& parameter);

  Dtype dtype() const;
  const Shape& shape(Tensor tensor) const;
  Layout layout(Tensor tensor) const;

  // The elements in the order of layout(). Spans of operations are valid until more is recorded. After
  // backward() the gradients of parameters and of tensors that want_gradient() was called for can be read,
  // and that of a tensor that no operation uses, which is where backward() begins; others share memory.
  template <class T>
  std::span<T> value(Tensor tensor) {
    return {static_cast<T*>(value_data(tensor, kDtype<T>)), elements(tensor)};
  }
  template <class T>
  std::span<T> grad(Tensor tensor) {
    return {static_cast<T*>(grad_data(tensor, kDtype<T>)), elements(tensor)};
  }
  // Error(usage) for an input that an operation uses already.
  void want_gradient(Tensor tensor);

  // The next forward()s train, or evaluate, as a new tape does. Random operations (dropout) act in training
  // only, and backward() follows the forward() before it. Their randomness depends on (seed, counter), the
  // number of the operation among the random ones of this tape, and the index of the element: the same pair
  // gives the same bits, for any number of threads and whatever ran before. So every replay that is to have
  // its own randomness, also within one update, needs its own counter.
  void train(std::uint64_t seed, std::uint64_t counter);
  void evaluate();

  // Runs the recorded operations in order.
  void forward();

  // Runs them backwards from grad(output), which the caller has written. Gradients of parameters are
  // overwritten, or added to when `accumulate`; what the output does not depend on has the gradient 0.
  void backward(Tensor output, bool accumulate = false);

  // Bytes of values and gradients held by this tape, parameters excluded.
  std::uint64_t bytes() const;

  struct Impl;  // for the operations: nn/tape.h
  Impl& impl() { return *impl_; }

 private:
  void* value_data(Tensor tensor, Dtype asked);
  void* grad_data(Tensor tensor, Dtype asked);
  std::size_t elements(Tensor tensor) const;

  std::unique_ptr<Impl> impl_;
};

// y = x W + b, on the last dimension of x: x {..., in}, weight {in, out}, bias {out} or no tensor (node -1).
// Shapes that do not fit are an Error(usage) naming both.
Tensor dense(Tape& tape, Tensor x, Tensor weight, Tensor bias);
// a + b, of the same shape.
Tensor add(Tape& tape, Tensor a, Tensor b);
// max(x, 0); its gradient at 0 is 0.
Tensor relu(Tape& tape, Tensor x);
Tensor tanh(Tape& tape, Tensor x);
// 1 / (1 + e^-x)
Tensor sigmoid(Tape& tape, Tensor x);
// x P(x) with P the normal distribution function, and its approximation by a tanh (arXiv:1606.08415).
Tensor gelu(Tape& tape, Tensor x);
Tensor gelu_tanh(Tape& tape, Tensor x);
// e^x over the sum of e^x in the last dimension. Error(usage) for a scalar.
Tensor softmax(Tape& tape, Tensor x);
// In training 0 with probability `rate`, else x / (1 - rate); in evaluation x. rate in [0, 1), or
// Error(usage).
Tensor dropout(Tape& tape, Tensor x, double rate);

}  // namespace thalweg
