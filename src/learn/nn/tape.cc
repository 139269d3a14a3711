#include "nn/tape.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "nn/memory_plan.h"
#include "nn/onednn.h"
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

Tensor Tape::Impl::add(const Op& op, std::span<const Tensor> inputs, Shape shape,
                       std::unique_ptr<Prepared> prepared, MemoryOrder order) {
  Node added;
  added.op = &op;
  added.size = count(shape);
  added.shape = std::move(shape);
  added.order = order;
  added.prepared = std::move(prepared);
  const int number = static_cast<int>(nodes.size());
  for (const Tensor tensor : inputs) {
    added.inputs.push_back(tensor.node < 0 ? -1 : tensor.node);
    if (tensor.node < 0) continue;
    Node& input = node(tensor);
    if (input.users.first < 0) input.users.first = number;
    input.users.last = number;
    added.wanted = added.wanted || input.wanted;
  }
  nodes.push_back(std::move(added));
  operations.reset();
  return {number};
}

void Tape::Impl::place(Arena& arena, const MemoryPlan& plan, std::span<const std::size_t> offsets,
                       void* Node::*stream) {
  arena = Arena(&arena == &grads ? 1 : 0);
  auto* memory = static_cast<std::byte*>(arena.allocate(plan.bytes()));
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (offsets[i] != kNowhere) nodes[i].*stream = memory + offsets[i];
  }
}

// By their bytes, each node to the part in which its middle lies.
void Tape::Impl::cut() {
  std::size_t all = 0, before = 0;
  int all_operations = 0;
  for (const Node& node : nodes) {
    if (node.op == nullptr) continue;
    all += bytes_of(node);
    ++all_operations;
  }
  parts = std::clamp(parts, 1, std::max(1, all_operations));
  for (Node& node : nodes) {
    if (node.op == nullptr || passes == Passes::forward || parts <= 1) continue;
    const double middle = static_cast<double>(before) + 0.5 * static_cast<double>(bytes_of(node));
    node.part = std::min(parts - 1, static_cast<int>(middle * parts / static_cast<double>(all)));
    before += bytes_of(node);
  }
  for (Node& node : nodes) {
    const bool used = node.users.last >= 0;
    node.inner = node.op != nullptr && used && passes == Passes::both && parts > 1 &&
                 nodes[static_cast<std::size_t>(node.users.last)].part == node.part;
  }
}

// Backward passes read every value; forward passes alone read one up to its last user.
void Tape::Impl::place_values() {
  MemoryPlan plan;
  std::vector<std::size_t> offsets(nodes.size(), kNowhere);
  std::vector<std::size_t> inside(static_cast<std::size_t>(parts));  // bytes within each part, so far
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].inner) continue;
    std::size_t& bytes = inside[static_cast<std::size_t>(nodes[i].part)];
    offsets[i] = bytes;  // of what begins the block
    bytes += bytes_of(nodes[i]);
  }
  plan.take(*std::ranges::max_element(inside));
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].op == nullptr || nodes[i].inner) continue;
    offsets[i] = plan.take(bytes_of(nodes[i]));
    if (passes == Passes::both) continue;
    const std::vector<int>& inputs = nodes[i].inputs;
    for (auto input = inputs.begin(); input != inputs.end(); ++input) {
      if (*input < 0 || std::find(inputs.begin(), input, *input) != input) continue;
      const auto j = static_cast<std::size_t>(*input);
      if (nodes[j].op != nullptr && nodes[j].users.last == static_cast<int>(i))
        plan.give_back(offsets[j], bytes_of(nodes[j]));
    }
  }
  place(values, plan, offsets, &Node::value);
}

// From the last operation to the first, as backward() goes.
void Tape::Impl::place_gradients() {
  MemoryPlan plan;
  std::vector<std::size_t> offsets(nodes.size(), kNowhere);
  const auto lives = [&](const Node& node) {
    return node.op != nullptr && node.wanted && passes == Passes::both;
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) {  // what is read outside of backward() has its own
    if (lives(nodes[i]) && (nodes[i].kept || nodes[i].users.last < 0))
      offsets[i] = plan.take(bytes_of(nodes[i]));
  }
  for (std::size_t i = nodes.size(); i-- > 0;) {
    if (!lives(nodes[i])) continue;
    for (const int input : nodes[i].inputs) {
      if (input < 0) continue;
      const auto j = static_cast<std::size_t>(input);
      if (lives(nodes[j]) && offsets[j] == kNowhere) offsets[j] = plan.take(bytes_of(nodes[j]));
    }
    if (!nodes[i].kept && nodes[i].users.last >= 0) plan.give_back(offsets[i], bytes_of(nodes[i]));
  }
  place(grads, plan, offsets, &Node::grad);
}

void Tape::Impl::plan() {
  if (operations) return;
  cut();
  place_values();
  place_gradients();
  operations.emplace();
  const std::size_t type = function_of(dtype);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    Node& node = nodes[i];
    if (node.op == nullptr) continue;
    operations->push_back(static_cast<int>(i));
    if (node.op->prepare[type] == nullptr) continue;
    Call call(*this, node);
    node.op->prepare[type](call);
  }
}

void Tape::Impl::bring(int part) {
  if (part == part_in_memory) return;
  again = true;
  for (Node& node : nodes) {
    if (!node.inner || node.part != part) continue;
    Call call(*this, node);
    node.op->forward[function_of(dtype)](call);
  }
  again = false;
  part_in_memory = part;
}

Node& Tape::Impl::node(Tensor tensor) {
  if (tensor.node < 0 || static_cast<std::size_t>(tensor.node) >= nodes.size()) {
    fail("the tensor is not on this tape", "number " + std::to_string(tensor.node),
         "one of its " + std::to_string(nodes.size()));
  }
  return nodes[static_cast<std::size_t>(tensor.node)];
}

bool has_compute(Compute compute) { return compute == Compute::f32 || computes_bf16(); }

Compute parse_compute(std::string_view word) {
  if (word == "f32" || word == "bf16") return word == "f32" ? Compute::f32 : Compute::bf16;
  throw Error(Code::usage, {"compute", "unknown", "`" + std::string(word) + "`", "f32 or bf16", ""});
}

Tape::Tape(Dtype dtype, int threads, Passes passes, int parts, Compute compute)
    : impl_(std::make_unique<Impl>(dtype, threads, passes, std::max(1, parts), compute)) {
  if (has_compute(compute)) return;
  throw Error(Code::resource, {"compute", "this processor does not multiply bf16", "", "f32", ""});
}
Tape::~Tape() = default;
Tape::Tape(Tape&&) noexcept = default;
Tape& Tape::operator=(Tape&&) noexcept = default;

Dtype Tape::dtype() const { return impl_->dtype; }

const Shape& Tape::shape(Tensor tensor) const { return impl_->node(tensor).shape; }
MemoryOrder Tape::order(Tensor tensor) const { return impl_->node(tensor).order; }

Tensor Tape::input(Shape shape) {
  Node node;
  node.size = count(shape);
  node.shape = std::move(shape);
  node.value = impl_->own.allocate(node.size * size_of(dtype()));
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
  node.parameter = &parameter;
  node.wanted = node.grad != nullptr && !parameter.frozen();
  impl_->nodes.push_back(std::move(node));
  return {known->second};
}

void Tape::want_gradient(Tensor tensor) {
  Node& node = impl_->node(tensor);
  if (impl_->passes == Passes::forward)
    fail("want_gradient() is for tapes that go backward", "a tape of forward passes", "Passes::both");
  if (node.parameter != nullptr)
    fail("want_gradient() is not for parameters", "a parameter", "an input or an operation");
  if (node.op != nullptr) {
    if (!node.kept) impl_->operations.reset();
    node.kept = true;
    return;
  }
  if (node.users.last >= 0)
    fail("want_gradient() comes too late", "an input in use", "an input that no operation uses yet");
  if (node.wanted) return;
  node.wanted = true;
  node.grad = impl_->own.allocate(node.size * size_of(dtype()));
}

void Tape::train(std::uint64_t seed, std::uint64_t counter) { impl_->training = {seed, counter, {}}; }
void Tape::evaluate() { impl_->training.reset(); }

void Tape::forward() {
  const std::size_t type = function_of(dtype());
  impl_->plan();
  for (const int i : *impl_->operations) {
    Node& node = impl_->nodes[static_cast<std::size_t>(i)];
    Call call(*impl_, node);
    node.op->forward[type](call);
    impl_->part_in_memory = node.part;
  }
}

// Of the parameters that no operation before this one has.
void Tape::Impl::tell(int operation, const ParameterCall& ready) {
  for (const int input : nodes[static_cast<std::size_t>(operation)].inputs) {
    if (input < 0) continue;
    const Node& node = nodes[static_cast<std::size_t>(input)];
    if (node.parameter != nullptr && node.users.first == operation) ready(*node.parameter);
  }
}

void Tape::backward(Tensor output, bool accumulate, const ParameterCall& ready) {
  const std::size_t type = function_of(dtype());
  impl_->node(output);
  if (impl_->passes == Passes::forward)
    fail("backward() on a tape of forward passes", "Passes::forward", "Passes::both");
  impl_->plan();
  for (Node& node : impl_->nodes) node.reached = accumulate && node.parameter != nullptr;
  impl_->node(output).reached = true;
  for (auto i = impl_->operations->rbegin(); i != impl_->operations->rend(); ++i) {
    Node& node = impl_->nodes[static_cast<std::size_t>(*i)];
    if (!node.reached || !node.wanted) continue;
    impl_->bring(node.part);
    Call call(*impl_, node);
    node.op->backward[type](call);
    if (ready) impl_->tell(*i, ready);
  }
  // What the output does not depend on has the gradient 0.
  for (Node& node : impl_->nodes) {
    if ((node.op != nullptr && !node.kept) || node.reached || !node.wanted || node.size == 0) continue;
    std::memset(node.grad, 0, node.size * size_of(dtype()));
  }
}

std::uint64_t Tape::bytes() const {
  impl_->plan();
  return impl_->own.bytes() + impl_->values.bytes() + impl_->grads.bytes();
}

std::uint64_t Tape::Impl::work_bytes() {
  plan();
  WorkMemory work;
  for (const Node& node : nodes) {
    if (node.prepared) work.add(node.prepared->work_memory());
  }
  return work.held + static_cast<std::uint64_t>(team.size()) * work.packed;
}

void* Tape::value_data(Tensor tensor, Dtype asked) {
  check_type("a tensor", asked, dtype());
  const Node& node = impl_->node(tensor);
  if (node.op != nullptr) impl_->plan();
  if (impl_->passes == Passes::forward && node.op != nullptr && node.users.last >= 0)
    fail("a tape of forward passes keeps what no operation uses", "an intermediate value", "Passes::both");
  if (node.inner)
    fail("the values inside a part are not kept", "an intermediate value", "a tape of one part");
  return node.value;
}

void* Tape::grad_data(Tensor tensor, Dtype asked) {
  check_type("a gradient", asked, dtype());
  const Node& node = impl_->node(tensor);
  if (node.op != nullptr) impl_->plan();
  if (node.grad == nullptr && node.size > 0) {
    fail("the tensor has no gradient", "", "", "call want_gradient() when the input is made");
  }
  return node.grad;
}

std::size_t Tape::elements(Tensor tensor) const { return impl_->node(tensor).size; }

}  // namespace thalweg
