#include "thalweg/custom_op.h"

#include <algorithm>

#include "base/threads.h"
#include "nn/tape.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

struct PreparedCustom : Prepared {
  explicit PreparedCustom(CustomOp custom) : op(std::move(custom)) {}
  CustomOp op;
};

template <class T>
void run(Call& call, const OpFunction<float>& f32, const OpFunction<double>& f64) {
  OpCall<T> given(call);
  if constexpr (kDtype<T> == Dtype::f32) {
    f32(given);
  } else {
    f64(given);
  }
}

template <class T>
void forward(Call& call) {
  const CustomOp& op = call.prepared<PreparedCustom>().op;
  run<T>(call, op.forward_f32, op.forward_f64);
}

// Every gradient is there before the program's function adds to it, whatever inputs that asks for, and how
// often.
template <class T>
void backward(Call& call) {
  for (std::size_t i = 0; i < call.inputs(); ++i) {
    const Sink<T> dx = call.sink<T>(i);
    if (dx.data != nullptr && !dx.add) std::fill_n(dx.data, call.size(i), T{0});
  }
  const CustomOp& op = call.prepared<PreparedCustom>().op;
  run<T>(call, op.backward_f32, op.backward_f64);
}

std::string name_of(Call& call) { return "operation `" + call.prepared<PreparedCustom>().op.name + "`"; }

std::size_t checked(Call& call, std::size_t i) {
  if (i < call.inputs()) return i;
  throw Error(Code::usage, {name_of(call), "there is no such input", std::to_string(i),
                            "less than " + std::to_string(call.inputs()), ""});
}

constexpr Op kCustom{{forward<float>, forward<double>}, {backward<float>, backward<double>}};

}  // namespace

template <class T>
std::span<const T> OpCall<T>::input(std::size_t i) const {
  return {call_.input<T>(checked(call_, i)), call_.size(i)};
}
template <class T>
std::span<T> OpCall<T>::kept(std::size_t i) const {
  if (call_.may_keep(checked(call_, i))) return {call_.kept<T>(i), call_.size(i)};
  throw Error(Code::usage, {name_of(call_), "an input is not to be written", std::to_string(i),
                            "a parameter that is frozen when it is recorded", ""});
}
template <class T>
const Shape& OpCall<T>::shape(std::size_t i) const {
  return call_.shape(checked(call_, i));
}
template <class T>
std::span<T> OpCall<T>::value() const {
  return {call_.value<T>(), call_.size()};
}
template <class T>
const Shape& OpCall<T>::shape() const {
  return std::as_const(call_).shape();
}
template <class T>
std::span<const T> OpCall<T>::grad() const {
  return {call_.grad<T>(), call_.grad<T>() == nullptr ? 0 : call_.size()};
}
template <class T>
std::span<T> OpCall<T>::input_grad(std::size_t i) const {
  T* data = call_.input_grad<T>(checked(call_, i));
  return {data, data == nullptr ? 0 : call_.size(i)};
}
template <class T>
bool OpCall<T>::training() const {
  return call_.training() != nullptr;
}
template <class T>
std::uint64_t OpCall<T>::seed() const {
  return training() ? call_.training()->seed : 0;
}
template <class T>
std::uint64_t OpCall<T>::counter() const {
  return training() ? call_.training()->counter : 0;
}
template <class T>
void OpCall<T>::share(std::size_t n, std::size_t grain,
                      const std::function<void(std::size_t, std::size_t)>& f) const {
  thalweg::for_each_part(call_.team(), n, std::max<std::size_t>(1, grain), f);
}

template class OpCall<float>;
template class OpCall<double>;

Tensor custom_op(Tape& tape, CustomOp op, const std::vector<Tensor>& inputs, Shape shape) {
  const bool f32 = tape.dtype() == Dtype::f32;
  if (f32 ? !op.forward_f32 || !op.backward_f32 : !op.forward_f64 || !op.backward_f64) {
    throw Error(Code::usage,
                {"operation `" + op.name + "`", "it has no form for the tape's type",
                 std::string(dtype_name(tape.dtype())), "forward and backward functions of that type",
                 "functions that take `auto& call` have both"});
  }
  std::vector<Tensor> plain;
  for (const Tensor input : inputs) plain.push_back(row_major(tape, input));
  return tape.impl().add(kCustom, plain, std::move(shape), std::make_unique<PreparedCustom>(std::move(op)));
}

}  // namespace thalweg
