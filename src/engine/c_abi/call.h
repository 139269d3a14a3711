// How every function of the C ABI begins and ends: what it was given is checked, and no exception leaves it.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "c_abi/handles.h"
#include "thalweg/c.h"
#include "thalweg/error.h"

namespace thalweg::c {

// The status of the exception at hand, whose message the thread keeps.
thalweg_status keep_error() noexcept;

// Runs f, and gives what came of it.
template <class F>
thalweg_status call(const F& f) noexcept {
  try {
    f();
    return THALWEG_OK;
  } catch (...) {
    return keep_error();
  }
}

[[noreturn]] void fail_null(const char* name);

// A pointer that must not be NULL.
template <class T>
T& need(T* pointer, const char* name) {
  if (pointer == nullptr) fail_null(name);
  return *pointer;
}
inline std::string_view need_text(const char* text, const char* name) { return &need(text, name); }
inline std::string text_or(const char* text, std::string_view otherwise) {
  return std::string(text == nullptr ? otherwise : std::string_view(text));
}

// Text that the thread keeps until its next call that gives one.
void give_text(const char** out, std::string text);

template <class T>
T& object_of(Kind kind, const void* handle) {
  return *static_cast<T*>(Handles::all().get(kind, handle));
}
template <class T>
std::shared_ptr<T> shared_object(Kind kind, const void* handle) {
  return std::static_pointer_cast<T>(Handles::all().share(kind, handle));
}
template <class Handle>
void give_handle(Handle** out, Kind kind, std::shared_ptr<void> object) {
  need(out, "the handle to be made") = static_cast<Handle*>(Handles::all().add(kind, std::move(object)));
}
thalweg_status destroy(Kind kind, void* handle) noexcept;

void check_struct_size(std::size_t size);

// What a structure says, as far as the caller knows it; `otherwise` for the rest, and for NULL.
template <class T>
T read_struct(const T* given, const T& otherwise) {
  static_assert(std::is_trivially_copyable_v<T>);
  T out = otherwise;
  if (given == nullptr) return out;
  check_struct_size(given->struct_size);
  std::memcpy(&out, given, std::min(given->struct_size, sizeof(T)));
  return out;
}
// Writes as much of a structure as the caller knows.
template <class T>
void write_struct(T* out, T value) {
  value.struct_size = need(out, "the structure to be filled").struct_size;
  check_struct_size(value.struct_size);
  std::memcpy(out, &value, std::min(value.struct_size, sizeof(T)));
}

}  // namespace thalweg::c
