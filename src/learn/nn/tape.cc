#include "nn/tape.h"

#include <cstring>
#include <string>

#include "thalweg/error.h"

namespace thalweg {
namespace {

std::size_t function_of(Dtype dtype) { return dtype == Dtype::f32 ? 0 : 1; }

[[noreturn]] void fail(std::string what, std::string got, std::string want, std::string hint = {}) {
  throw Error(Code::usage, {"tape", std::move(what), std::move(got), std::move(want), std::move(hint)});
}

void check_type(const std::string& what, Dtype asked, Dtype dtype) {
  if (asked == dtype) return;
  fail(what + " is accessed as the wrong type", std::string(dtype_name(asked)),
       std::string(dtype_name(dtype)));
}

}  // namespace

int Tape::Impl::add(const Op& op, std::span<const Tensor> inputs, Shape shape) {
  Node added;
  added.op = &op;
  added.size = count(shape);
  added.shape = std::move(shape);
  added.value = values.allocate(added.size * size_of(dtype));
  added.grad = grads.allocate(added.size * size_of(dtype));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].node < 0) continue;
    Node& input = node(inputs[i]);
    input.used = true;
    added.inputs[i] = inputs[i].node;
    added.wanted = added.wanted || input.wanted;
  }
  nodes.push_back(std::move(added));
  return static_cast<int>(nodes.size()) - 1;
}

Node& Tape::Impl::node(Tensor tensor) {
  if (tensor.node < 0 || static_cast<std::size_t>(tensor.node) >= nodes.size()) {
    fail("the tensor is not on this tape", "number " + std::to_string(tensor.node),
         "one of its " + std::to_string(nodes.size()));
  }
  return nodes[static_cast<std::size_t>(tensor.node)];
}

Tape::Tape(Dtype dtype, int threads) : impl_(std::make_unique<Impl>(dtype, threads)) {}
Tape::~Tape() = default;
Tape::Tape(Tape&&) noexcept = default;
Tape& Tape::operator=(Tape&&) noexcept = default;

Dtype Tape::dtype() const { return impl_->dtype; }

const Shape& Tape::shape(Tensor tensor) const { return impl_->node(tensor).shape; }

Tensor Tape::input(Shape shape) {
  Node node;
  node.size = count(shape);
  node.shape = std::move(shape);
  node.value = impl_->values.allocate(node.size * size_of(dtype()));
  impl_->nodes.push_back(std::move(node));
  return {static_cast<int>(impl_->nodes.size()) - 1};
}

Tensor Tape::parameter(Parameter& parameter) {
  if (parameter.dtype() != dtype()) {
    fail("parameter `" + parameter.name() + "` has the wrong type",
         std::string(dtype_name(parameter.dtype())), std::string(dtype_name(dtype())));
  }
  const auto [known, fresh] =
      impl_->parameters.try_emplace(&parameter, static_cast<int>(impl_->nodes.size()));
  if (!fresh) return {known->second};
  Node node;
  node.shape = parameter.shape();
  node.size = parameter.size();
  node.value = parameter.value_buffer().data;
  node.grad = parameter.grad_buffer().data;
  node.is_parameter = true;
  node.wanted = node.grad != nullptr && !parameter.frozen();
  impl_->nodes.push_back(std::move(node));
  return {known->second};
}

void Tape::want_gradient(Tensor input) {
  Node& node = impl_->node(input);
  if (node.op != nullptr || node.is_parameter)
    fail("want_gradient() is for inputs", "another tensor", "an input");
  if (node.used)
    fail("want_gradient() comes too late", "an input in use", "an input that no operation uses yet");
  if (node.wanted) return;
  node.wanted = true;
  node.grad = impl_->grads.allocate(node.size * size_of(dtype()));
}

void Tape::train(std::uint64_t seed, std::uint64_t counter) { impl_->training = {seed, counter}; }
void Tape::evaluate() { impl_->training.reset(); }

void Tape::forward() {
  const std::size_t type = function_of(dtype());
  for (Node& node : impl_->nodes) {
    if (node.op == nullptr) continue;
    Call call(*impl_, node);
    node.op->forward[type](call);
  }
}

void Tape::backward(Tensor output, bool accumulate) {
  const std::size_t type = function_of(dtype());
  impl_->node(output);
  for (Node& node : impl_->nodes) node.reached = accumulate && node.is_parameter;
  impl_->node(output).reached = true;
  for (int i = output.node; i >= 0; --i) {
    Node& node = impl_->nodes[static_cast<std::size_t>(i)];
    if (node.op == nullptr || !node.reached || !node.wanted) continue;
    Call call(*impl_, node);
    node.op->backward[type](call);
  }
  // What the output does not depend on has the gradient 0.
  for (Node& node : impl_->nodes) {
    if (node.op != nullptr || node.reached || !node.wanted || node.size == 0) continue;
    std::memset(node.grad, 0, node.size * size_of(dtype()));
  }
}

std::uint64_t Tape::bytes() const { return impl_->values.bytes() + impl_->grads.bytes(); }

void* Tape::value_data(Tensor tensor, Dtype asked) {
  check_type("a tensor", asked, dtype());
  return impl_->node(tensor).value;
}

void* Tape::grad_data(Tensor tensor, Dtype asked) {
  check_type("a gradient", asked, dtype());
  const Node& node = impl_->node(tensor);
  if (node.grad == nullptr && node.size > 0) {
    fail("the tensor has no gradient", "", "", "call want_gradient() when the input is made");
  }
  return node.grad;
}

std::size_t Tape::elements(Tensor tensor) const { return impl_->node(tensor).size; }

}  // namespace thalweg
