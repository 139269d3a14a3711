#include "thalweg/params.h"

#include <algorithm>
#include <array>

#include "base/arena.h"
#include "base/did_you_mean.h"
#include "base/text.h"
#include "params/extents.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::array<std::string_view, 6> kRoles = {"none", "weight", "bias", "norm", "embedding", "other"};

// Bytes of one stream of a parameter. More than 2^62 would not fit the arithmetic of addresses.
std::size_t bytes_of(const Shape& shape, Dtype dtype) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  const std::uint64_t elements = count(shape);
  if (elements <= kMost / size_of(dtype)) return elements * size_of(dtype);
  throw Error(Code::usage, {"shape", "invalid sizes", print_shape(shape), "at most 2^62 bytes", ""});
}

[[noreturn]] void fail_overlap(const std::string& name, const std::string& other) {
  const bool own = name == other;
  throw Error(Code::usage,
              {"parameter `" + name + "`",
               own ? "its value and its gradient overlap" : "its memory overlaps that of `" + other + "`", "",
               "separate memory for each", ""});
}

[[noreturn]] void fail_owned(const Parameter& parameter) {
  throw Error(Code::usage, {"parameter `" + parameter.name() + "`", "its memory belongs to the library", "",
                            "a parameter that was adopted", ""});
}

// Gradients overlap neither each other nor a value; both are ordered.
void check_apart(const std::vector<Extents::Extent>& gradients, const std::vector<Extents::Extent>& values) {
  auto value = values.begin();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const Extents::Extent& one = gradients[i];
    if (i > 0 && gradients[i - 1].end > one.begin)
      fail_overlap(one.owner->name(), gradients[i - 1].owner->name());
    while (value != values.end() && value->end <= one.begin) ++value;
    if (value != values.end() && value->begin < one.end)
      fail_overlap(one.owner->name(), value->owner->name());
  }
}

}  // namespace

std::string_view dtype_name(Dtype dtype) {
  constexpr std::array<std::string_view, 3> kNames = {"f32", "f64", "u8"};
  return kNames[static_cast<std::size_t>(dtype)];
}

std::size_t Buffer::size() const { return static_cast<std::size_t>(count(shape)); }

std::string_view role_name(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

Role parse_role(std::string_view name) {
  const auto found = std::find(kRoles.begin(), kRoles.end(), name);
  if (found != kRoles.end()) return static_cast<Role>(found - kRoles.begin());
  throw Error(Code::usage, {"role", "unknown name", "`" + std::string(name) + "`",
                            "none, weight, bias, norm, embedding or other",
                            did_you_mean(name, {kRoles.begin(), kRoles.end()})});
}

std::string print_shape(const Shape& shape) {
  if (shape.empty()) return "scalar";
  return join(shape, "x", [](std::int64_t size) { return std::to_string(size); });
}

std::uint64_t count(const Shape& shape) {
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  std::int64_t product = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || (size > 0 && product > kMost / size)) {
      throw Error(Code::usage, {"shape", "invalid sizes", print_shape(shape),
                                "sizes of at least 0 with a product of at most 2^62", ""});
    }
    product *= size;
  }
  return static_cast<std::uint64_t>(product);
}

void* Parameter::checked(const Buffer& stream, Dtype asked) const {
  if (asked == stream.dtype) return stream.data;
  throw Error(Code::usage, {"parameter `" + name_ + "`", "accessed as the wrong type",
                            std::string(dtype_name(asked)), std::string(dtype_name(stream.dtype)), ""});
}

void Parameter::set_absent(bool absent) {
  if (!absent && grad_.data == nullptr && size_ > 0) {
    throw Error(Code::usage, {"parameter `" + name_ + "`", "it has no gradient memory", "",
                              "an absent parameter", "adopt it with a gradient"});
  }
  if (absent_ != absent) ++*changes_;
  absent_ = absent;
}

void Parameter::set_frozen(bool frozen) {
  if (frozen_ != frozen) ++*changes_;
  frozen_ = frozen;
}

Params::Params()
    : values_(std::make_unique<Arena>(0)),
      grads_(std::make_unique<Arena>(1)),
      value_extents_(std::make_unique<Extents>()),
      grad_extents_(std::make_unique<Extents>()),
      changes_(std::make_unique<std::uint64_t>(0)) {}
Params::~Params() = default;
Params::Params(Params&&) noexcept = default;
Params& Params::operator=(Params&&) noexcept = default;

Parameter& Params::insert(std::string name, Shape shape, Role role, Dtype dtype) {
  const std::uint64_t elements = count(shape);
  if (name.empty()) throw Error(Code::usage, {"parameter", "the name is empty", "", "a name", ""});
  if (index_.contains(name)) {
    throw Error(Code::usage, {"parameter `" + name + "`", "the name is taken", "", "a unique name", ""});
  }
  index_.emplace(name, parameters_.size());
  Parameter& parameter = parameters_.emplace_back();
  parameter.name_ = std::move(name);
  parameter.role_ = role;
  parameter.size_ = elements;
  parameter.value_ = parameter.grad_ = {.data = nullptr, .dtype = dtype, .shape = std::move(shape)};
  parameter.changes_ = changes_.get();
  ++*changes_;
  return parameter;
}

Parameter& Params::add(std::string name, Shape shape, Role role, Dtype dtype) {
  if (dtype == Dtype::u8) {
    throw Error(Code::usage,
                {"parameter `" + name + "`", "bytes cannot be optimized", "u8", "f32 or f64", ""});
  }
  const std::size_t bytes = bytes_of(shape, dtype);
  void* value = values_->allocate(bytes);
  void* grad = grads_->allocate(bytes);
  Parameter& parameter = insert(std::move(name), std::move(shape), role, dtype);
  parameter.value_.data = value;
  parameter.grad_.data = grad;
  value_extents_->add(value, bytes, parameter);
  grad_extents_->add(grad, bytes, parameter);
  return parameter;
}

Parameter& Params::adopt(std::string name, Shape shape, float* value, float* grad, Role role) {
  return adopt_any(std::move(name), std::move(shape), value, grad, role, Dtype::f32);
}

Parameter& Params::adopt(std::string name, Shape shape, double* value, double* grad, Role role) {
  return adopt_any(std::move(name), std::move(shape), value, grad, role, Dtype::f64);
}

Parameter& Params::adopt_any(std::string name, Shape shape, void* value, void* grad, Role role, Dtype dtype) {
  const std::size_t bytes = bytes_of(shape, dtype);
  if (!index_.contains(name)) check_memory(name, value, grad, bytes);  // else that is the fault to be told
  Parameter& parameter = insert(std::move(name), std::move(shape), role, dtype);
  parameter.value_.data = value;
  parameter.grad_.data = grad;
  parameter.adopted_ = true;
  parameter.absent_ = grad == nullptr;
  value_extents_->add(value, bytes, parameter);
  grad_extents_->add(grad, bytes, parameter);
  return parameter;
}

void Params::rebind(std::string_view name, float* value, float* grad) {
  rebind_any(name, value, grad, Dtype::f32);
}

void Params::rebind(std::string_view name, double* value, double* grad) {
  rebind_any(name, value, grad, Dtype::f64);
}

void Params::rebind_any(std::string_view name, void* value, void* grad, Dtype dtype) {
  Parameter* parameter = find(name);
  if (parameter == nullptr) {
    std::vector<std::string_view> names;
    for (const Parameter& known : parameters_) names.push_back(known.name());
    throw Error(Code::usage, {"rebind", "no parameter of that name", "`" + std::string(name) + "`",
                              "an adopted parameter", did_you_mean(name, names)});
  }
  parameter->checked(parameter->value_, dtype);
  if (!parameter->adopted_) fail_owned(*parameter);
  const std::size_t bytes = parameter->size_ * size_of(dtype);
  const auto move = [&](const void* from_value, const void* from_grad, const void* to_value,
                        const void* to_grad) {
    value_extents_->remove(from_value);
    grad_extents_->remove(from_grad);
    value_extents_->add(to_value, bytes, *parameter);
    grad_extents_->add(to_grad, bytes, *parameter);
  };
  const void *const old_value = parameter->value_.data, *const old_grad = parameter->grad_.data;
  move(old_value, old_grad, nullptr, nullptr);
  try {
    check_memory(parameter->name_, value, grad, bytes);
  } catch (...) {
    move(nullptr, nullptr, old_value, old_grad);
    throw;
  }
  move(nullptr, nullptr, value, grad);
  parameter->value_.data = value;
  parameter->grad_.data = grad;
  ++*changes_;
  if (grad == nullptr) parameter->absent_ = true;
}

void Params::check_memory(const std::string& name, const void* value, const void* grad,
                          std::size_t bytes) const {
  if (value == nullptr && bytes > 0) {
    throw Error(Code::usage, {"parameter `" + name + "`", "its memory is null", "", "a pointer", ""});
  }
  check_free(name, value, bytes);
  check_free(name, grad, bytes);
  const auto begin = reinterpret_cast<std::uintptr_t>(value);
  const auto grad_begin = reinterpret_cast<std::uintptr_t>(grad);
  if (grad == nullptr || begin >= grad_begin + bytes || grad_begin >= begin + bytes) return;
  fail_overlap(name, name);
}

void Params::check_free(const std::string& name, const void* data, std::size_t bytes) const {
  for (const Extents* extents : {value_extents_.get(), grad_extents_.get()}) {
    if (const Parameter* owner = extents->owner_of(data, bytes)) fail_overlap(name, owner->name());
  }
}

void Params::set_gradients(std::span<void* const> gradients) {
  if (gradients.size() != size()) {
    throw Error(Code::usage, {"set_gradients", "not one pointer a parameter",
                              std::to_string(gradients.size()), std::to_string(size()), ""});
  }
  const bool same = std::ranges::equal(gradients, parameters_, [](const void* data, const Parameter& p) {
    return data == nullptr ? p.absent_ : data == p.grad_.data && !p.absent_;
  });
  if (same) return;
  std::vector<Extents::Extent> extents;
  extents.reserve(size());
  for (std::size_t p = 0; p < size(); ++p) {
    const Parameter& parameter = parameters_[p];
    // Memory of the library stays its own while it is absent.
    const void* data = parameter.adopted_ || gradients[p] != nullptr ? gradients[p] : parameter.grad_.data;
    if (!parameter.adopted_ && data != parameter.grad_.data) fail_owned(parameter);
    if (data == nullptr || parameter.size_ == 0) continue;
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    extents.push_back({begin, begin + parameter.size_ * size_of(parameter.dtype()), &parameter});
  }
  std::ranges::sort(extents, {}, &Extents::Extent::begin);
  check_apart(extents, value_extents_->in_order());
  for (std::size_t p = 0; p < size(); ++p) {
    Parameter& parameter = parameters_[p];
    parameter.absent_ = gradients[p] == nullptr;
    if (parameter.adopted_) parameter.grad_.data = gradients[p];
  }
  grad_extents_->replace(std::move(extents));
  ++*changes_;
}

Parameter* Params::find(std::string_view name) {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &parameters_[found->second];
}

std::uint64_t Params::elements() const {
  std::uint64_t total = 0;
  for (const Parameter& parameter : parameters_) total += parameter.size();
  return total;
}

}  // namespace thalweg
