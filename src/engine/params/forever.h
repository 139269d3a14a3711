// Objects that outlive every static one: a library that other threads, or destructors of others, still call
// while the process ends.
#pragma once

#include <cstddef>
#include <new>

namespace thalweg {

// The one T of its kind, made at the first call and never destroyed. It lies in memory of the library, so
// that nothing stays of it when that is unloaded.
template <class T>
T& forever() {
  alignas(T) static std::byte place[sizeof(T)];
  static T* const made = new (place) T;
  return *made;
}

}  // namespace thalweg
