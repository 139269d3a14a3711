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
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "thalweg/params.h"

namespace thalweg {

// A value on a tape: a handle, valid as long as its tape.
struct Tensor {
  int node = -1;
};

// In which order the elements of a tensor of {rows, channels, places...} lie. Convolutions and pools write
// their channels last; every operation takes either.
enum class MemoryOrder : std::uint8_t { row_major, channels_last };

// What a tape is for: a tape of forward passes has no gradients and keeps only the values that no operation
// uses.
enum class Passes : std::uint8_t { both, forward };

// What products of f32 matrices are made of: f32, or factors rounded to bf16 whose products are summed in
// f32, twice as fast where the processor has them. Products whose weights fit into the cache, convolutions
// and f64 are not rounded.
enum class Compute : std::uint8_t { f32, bf16 };

// Whether this machine has that. Throws Error(usage) for a word that is neither.
bool has_compute(Compute compute);
Compute parse_compute(std::string_view word);

class Tape {
 public:
  // `threads` is the number of threads that replays may use. `parts`: the operations are cut into so many
  // runs of about the same size in memory, and of the values that no other run needs those of one run are
  // kept; backward() computes them again, with the same bits (arXiv:1604.06174). Error(resource) for a
  // `compute` that the machine does not have.
  explicit Tape(Dtype dtype = Dtype::f32, int threads = 1, Passes passes = Passes::both, int parts = 1,
                Compute compute = Compute::f32);
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
  MemoryOrder order(Tensor tensor) const;

  // The elements in the order of order(). Spans of operations are valid until more is recorded. What
  // forward() does not keep is an Error(usage). After backward() the gradients of parameters and of tensors
  // that want_gradient() was called for can be read, and that of a tensor that no operation uses, which is
  // where backward() begins; others share memory.
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
  // `ready`, where given, is called for each parameter that an operation reached, once its gradient is final
  // and neither its value nor its gradient is read any more: it may be updated there (arXiv:2306.09782).
  using ParameterCall = std::function<void(const Parameter& parameter)>;
  void backward(Tensor output, bool accumulate = false, const ParameterCall& ready = {});

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
// a + b, as arithmetic.h says.
Tensor add(Tape& tape, Tensor a, Tensor b);
// max(x, 0); its gradient at 0 is 0.
Tensor relu(Tape& tape, Tensor x);
Tensor tanh(Tape& tape, Tensor x);
// 1 / (1 + e^-x)
Tensor sigmoid(Tape& tape, Tensor x);
// x where x > 0, else slope x; its gradient at 0 is slope.
Tensor leaky_relu(Tape& tape, Tensor x, double slope = 0.01);
// min(max(x, 0), 6); its gradient at 0 and 6 is 0.
Tensor relu6(Tape& tape, Tensor x);
// x where x > 0, else alpha (e^x - 1) (arXiv:1511.07289), and the one that keeps the variance
// (arXiv:1706.02515).
Tensor elu(Tape& tape, Tensor x, double alpha = 1);
Tensor selu(Tape& tape, Tensor x);
// x P(x) with P the normal distribution function, and its approximation by a tanh (arXiv:1606.08415).
Tensor gelu(Tape& tape, Tensor x);
Tensor gelu_tanh(Tape& tape, Tensor x);
// x sigmoid(x) (arXiv:1702.03118)
Tensor silu(Tape& tape, Tensor x);
// x tanh(log(1 + e^x)) (arXiv:1908.08681)
Tensor mish(Tape& tape, Tensor x);
// log(1 + e^(beta x)) / beta, and x where beta x > threshold. beta > 0, or Error(usage).
Tensor softplus(Tape& tape, Tensor x, double beta = 1, double threshold = 20);
// e^x over the sum of e^x along an axis, and its logarithm. An axis below 0 counts from the last, which is
// -1; Error(usage) for one that x does not have.
Tensor softmax(Tape& tape, Tensor x, int axis = -1);
Tensor log_softmax(Tape& tape, Tensor x, int axis = -1);
// weight (x - mean) / sqrt(variance + eps) + bias, over the last `axes` dimensions together
// (arXiv:1607.06450). weight and bias have the shape of these, or are no tensor. The variance is that of the
// elements, with divisor n. Shapes that do not fit are an Error(usage), here and below.
Tensor layer_norm(Tape& tape, Tensor x, Tensor weight, Tensor bias, int axes = 1, double eps = 1e-5);
// weight x / sqrt(mean of x^2 + eps), likewise (arXiv:1910.07467). Without eps that of torch: the distance
// from 1 to the next number of the type.
Tensor rms_norm(Tape& tape, Tensor x, Tensor weight, int axes = 1, std::optional<double> eps = {});
// As layer_norm, of x {rows, channels, ...} over each of `groups` groups of channels with all their positions
// (arXiv:1803.08494). weight and bias {channels}.
Tensor group_norm(Tape& tape, Tensor x, Tensor weight, Tensor bias, int groups, double eps = 1e-5);
// In training 0 with probability `rate`, else x / (1 - rate); in evaluation x. rate in [0, 1), or
// Error(usage).
Tensor dropout(Tape& tape, Tensor x, double rate);

}  // namespace thalweg
