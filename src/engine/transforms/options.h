// Options of a transform under the names that its rule reads them by.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "transforms/transform.h"

namespace thalweg {

// Place of `word` among "torch|optax"; does not compile where it is none of them.
consteval double place_of(std::string_view word, std::string_view words) {
  for (double place = 0;; place += 1) {
    const std::size_t bar = std::min(words.find('|'), words.size());
    if (words.substr(0, bar) == word) return place;
    if (bar == words.size()) throw "not one of the choices";
    words.remove_prefix(bar + 1);
  }
}

// What option kOption of T chooses: `place == "inside"`, a word that the compiler looks up.
template <class T, std::size_t kOption>
struct Choice {
  struct Word {
    consteval Word(const char* word) : place(place_of(word, T::kOptions[kOption].choices)) {}
    double place;
  };
  friend constexpr bool operator==(Choice choice, Word word) { return choice.place == word.place; }

  double place;
};

// A flag as bool, a choice as Choice, a number as double.
template <class T, std::size_t kOption>
constexpr auto option_at(Numbers o) {
  constexpr OptionType kType = T::kOptions[kOption].type;
  if constexpr (kType == OptionType::flag) {
    return o[kOption] != 0.0;
  } else if constexpr (kType == OptionType::choice) {
    return Choice<T, kOption>{o[kOption]};
  } else {
    return o[kOption];
  }
}

template <class T, std::size_t... kOption>
constexpr auto options_at(Numbers o, std::index_sequence<kOption...>) {
  return std::make_tuple(option_at<T, kOption>(o)...);
}

// All options of T in the order of kOptions:
//   const auto [beta1, beta2, eps] = options_of<Adam>(now);
// Another number of names does not compile; that the names are the options' is a test.
template <class T>
constexpr auto options_of(Numbers o) {
  return options_at<T>(o, std::make_index_sequence<std::size(T::kOptions)>());
}
template <class T, class Now>
requires requires(const Now& now) { now.o; }
constexpr auto options_of(const Now& now) { return options_of<T>(now.o); }

// The text of a template argument.
template <std::size_t kSize>
struct Name {
  consteval Name(const char (&name)[kSize]) { std::copy_n(name, kSize, text); }
  char text[kSize];
};

// One option: option_of<Adam, "amsgrad">(o).
template <class T, Name kName>
constexpr auto option_of(Numbers o) {
  constexpr std::size_t kOption = [] {
    std::size_t i = 0;
    while (T::kOptions[i].name != std::string_view(kName.text)) ++i;
    return i;
  }();
  return option_at<T, kOption>(o);
}

}  // namespace thalweg
