// Registries: what can be named in a text, one line each in a .inc, in the order in which help shows it.
//
//   struct Losses {                                      the registry: a tag
//     static constexpr int kFirst = __COUNTER__ + 1;
//   };
//   #define THALWEG_LOSS(T) THALWEG_ENTRY(Losses, T)     its lines include files that end with
//   THALWEG_LOSS(Mse), #include "losses/losses.inc"                         or name objects:
//   THALWEG_OBJECT(Layers, Layer, dense_layer) constexpr auto kKinds = registry::Entries<Losses,
//   __COUNTER__>::each([]<class T>() { return kind_of<T>(); });
#pragma once

#include <array>
#include <utility>

namespace thalweg::registry {

template <int n>
struct Number {};

template <class T>
struct Entry {
  using Type = T;
};

// An entry that is an object of another file.
template <const auto& object>
struct Object {
  static constexpr const auto& kObject = object;
};

// The entries between the registry and the use of __COUNTER__ that made `end`; nothing else may count there.
template <class Registry, int end>
struct Entries {
  static constexpr int kCount = end - Registry::kFirst;

  template <int n>
  using At = typename decltype(entry_at(Registry(), Number<n>()))::Type;

  // f.operator()<T>() of each entry T, in order.
  template <class F>
  static constexpr auto each(F f) {
    return [f]<int... n>(std::integer_sequence<int, n...>) {
      return std::array{f.template operator()<At<n>>()...};
    }
    (std::make_integer_sequence<int, kCount>());
  }
};

}  // namespace thalweg::registry

// In the namespace of the registry.
#define THALWEG_ENTRY(Registry, ...)                \
  ::thalweg::registry::Entry<__VA_ARGS__> entry_at( \
      Registry, ::thalweg::registry::Number<__COUNTER__ - Registry::kFirst>);
#define THALWEG_OBJECT(Registry, Type, name) \
  extern const Type name;                    \
  THALWEG_ENTRY(Registry, ::thalweg::registry::Object<name>)
