// Parameters: named, shaped, role-tagged memory with gradients. The library owns the memory (add) or the
// caller does (adopt). One thread at a time; reading from several is safe while nobody writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

class Arena;
class Extents;

using Shape = std::vector<std::int64_t>;  // {} is a scalar; a size of 0 is allowed

// Of what elements a stream of memory is. Parameters and gradients are f32 or f64; bytes are for state alone.
enum class Dtype : std::uint8_t { f32, f64, u8 };
constexpr std::size_t size_of(Dtype dtype) {  // bytes of an element
  return dtype == Dtype::f64 ? 8 : dtype == Dtype::f32 ? 4 : 1;
}
std::string_view dtype_name(Dtype dtype);  // "f32", "f64", "u8"

template <class T>
inline constexpr Dtype kDtype = sizeof(T) == 4 ? Dtype::f32 : Dtype::f64;

// A stream of memory - a value, a gradient, a state - that knows what it holds. It does not own it.
struct Buffer {
  enum class Place : std::uint8_t { host };  // whose memory it is

  void* data = nullptr;  // aligned to its elements; null where the stream is absent or has no elements
  Dtype dtype = Dtype::f32;
  Shape shape = {};  // row-major
  Place place = Place::host;

  std::size_t size() const;  // elements
  std::size_t bytes() const { return size() * size_of(dtype); }
};

// What a parameter is, so that `on=` can select it. `none` is only for adopted parameters whose role is not
// given.
enum class Role { none, weight, bias, norm, embedding, other };
std::string_view role_name(Role role);
// Throws Error(usage) with the nearest name.
Role parse_role(std::string_view name);

// "784x256"; "scalar" for {}.
std::string print_shape(const Shape& shape);
// Product of the sizes. Throws Error(usage) for a negative size or a product above 2^62.
std::uint64_t count(const Shape& shape);

class Parameter {
 public:
  const std::string& name() const { return name_; }
  const Shape& shape() const { return value_.shape; }
  Role role() const { return role_; }
  Dtype dtype() const { return value_.dtype; }
  std::size_t size() const { return size_; }  // elements

  // The elements in row-major order. T must be the stream's type: Error(usage) otherwise. A parameter without
  // gradient memory has a span from null.
  template <class T>
  std::span<T> value() {
    return {static_cast<T*>(checked(value_, kDtype<T>)), size_};
  }
  template <class T>
  std::span<const T> value() const {
    return {static_cast<const T*>(checked(value_, kDtype<T>)), size_};
  }
  template <class T>
  std::span<T> grad() {
    return {static_cast<T*>(checked(grad_, kDtype<T>)), size_};
  }
  template <class T>
  std::span<const T> grad() const {
    return {static_cast<const T*>(checked(grad_, kDtype<T>)), size_};
  }

  // The same as buffers; null data where there is no memory.
  const Buffer& value_buffer() const { return value_; }
  const Buffer& grad_buffer() const { return grad_; }

  // Absent: no gradient this step, so that the next step() leaves value, state and clock as they are. Stays
  // until changed. A parameter adopted with a null gradient starts absent.
  bool absent() const { return absent_; }
  void set_absent(bool absent);

  // Frozen: never touched, and without state when an Optimizer is bound. Frozen later, it keeps its state and
  // may be thawed at any time; one that was frozen when the Optimizer was bound, or last replanned, needs
  // Optimizer::replan().
  bool frozen() const { return frozen_; }
  void set_frozen(bool frozen);

  // Whether its memory is the caller's.
  bool adopted() const { return adopted_; }

 private:
  friend class Params;
  void* checked(const Buffer& stream, Dtype asked) const;

  std::string name_;
  Role role_ = Role::none;
  std::size_t size_ = 0;
  Buffer value_;
  Buffer grad_;
  bool adopted_ = false;  // its memory is the caller's
  bool absent_ = false;
  bool frozen_ = false;
  std::uint64_t* changes_ = nullptr;  // of its Params
};

// Addresses of parameters and of their memory are stable. Not copyable: optimizers and tapes point into it.
class Params {
 public:
  Params();
  ~Params();
  Params(Params&&) noexcept;
  Params& operator=(Params&&) noexcept;

  // Memory of the library, value and gradient zero, aligned to 64 bytes and padded to a whole number of them.
  // Throws Error(usage) for an empty or known name, or an invalid shape.
  Parameter& add(std::string name, Shape shape, Role role, Dtype dtype = Dtype::f32);

  // Memory of the caller, which must outlive this object; `grad` may be null (absent). Throws Error(usage)
  // also when the value or gradient overlaps the memory of another parameter, naming both.
  Parameter& adopt(std::string name, Shape shape, float* value, float* grad, Role role = Role::none);
  Parameter& adopt(std::string name, Shape shape, double* value, double* grad, Role role = Role::none);

  // The same parameter in other memory of the caller, whose values it keeps; optimizers that are
  // bound to it continue there with their state. Null `grad` makes it absent. Not for a parameter that is
  // recorded on a tape. Throws Error(usage), with nothing changed, for an unknown name, one that the library
  // owns, another type, or an overlap.
  void rebind(std::string_view name, float* value, float* grad);
  void rebind(std::string_view name, double* value, double* grad);

  // Where the gradients of the next step lie: one pointer a parameter, in order, to elements of the
  // parameter's type; null makes it absent, and any other present. For callers whose gradients are made anew
  // every step; the same pointers as before cost a comparison each. A parameter that the library owns takes
  // its own memory or null. Throws Error(usage), with nothing changed, for another number of pointers, or an
  // overlap.
  void set_gradients(std::span<void* const> gradients);

  std::size_t size() const { return parameters_.size(); }
  Parameter& operator[](std::size_t index) { return parameters_[index]; }
  const Parameter& operator[](std::size_t index) const { return parameters_[index]; }
  auto begin() { return parameters_.begin(); }
  auto end() { return parameters_.end(); }
  auto begin() const { return parameters_.begin(); }
  auto end() const { return parameters_.end(); }

  // The parameter of that name, or null.
  Parameter* find(std::string_view name);

  // Elements of all parameters together.
  std::uint64_t elements() const;

  // Raised by whatever changes what a step does with a parameter: added, rebound, absent, frozen.
  std::uint64_t changes() const { return *changes_; }

 private:
  Parameter& insert(std::string name, Shape shape, Role role, Dtype dtype);
  void rebind_any(std::string_view name, void* value, void* grad, Dtype dtype);
  void check_memory(const std::string& name, const void* value, const void* grad, std::size_t bytes) const;
  Parameter& adopt_any(std::string name, Shape shape, void* value, void* grad, Role role, Dtype dtype);
  void check_free(const std::string& name, const void* data, std::size_t bytes) const;

  std::deque<Parameter> parameters_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::unique_ptr<Arena> values_;
  std::unique_ptr<Arena> grads_;
  std::unique_ptr<Extents> value_extents_;  // every range in use
  std::unique_ptr<Extents> grad_extents_;
  std::unique_ptr<std::uint64_t> changes_;
};

}  // namespace thalweg
