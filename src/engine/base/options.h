// Options by name. A name is looked up in the table of a Spec when the program is compiled: one that is not
// in the table does not compile, nor do more or fewer variables than names, and the order of a table is its
// own affair.
//
//   const auto [peak, gamma] = options<kOptions, "peak", "gamma">(numbers);
//   const Setting& file = option<kOptions, "file">(settings);
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/spec.h"

namespace thalweg {

// A literal as an argument of a template.
template <std::size_t n>
struct Literal {
  char text[n];

  consteval Literal(const char (&from)[n]) {  // NOLINT: a literal is one
    for (std::size_t i = 0; i < n; ++i) text[i] = from[i];
  }
  constexpr std::string_view view() const { return {text, n - 1}; }
};

template <const auto& kOptions, Literal name>
consteval std::size_t option_index() {
  std::size_t i = 0;
  while (kOptions[i].name != name.view()) ++i;  // beyond the end of the table: does not compile
  return i;
}

// What stands for the option in a list in the order of the table: a setting, a number, a list of numbers.
template <const auto& kOptions, Literal name, class List>
const auto& option(const List& list) {
  return list[option_index<kOptions, name>()];
}

// The numbers of some options.
template <const auto& kOptions, Literal... names>
std::array<double, sizeof...(names)> options(std::span<const double> numbers) {
  return {numbers[option_index<kOptions, names>()]...};
}

// Options by type; required(), needing() and in_unit() say more of one.
constexpr Option typed_option(OptionType type, std::string_view name, std::string_view fallback, Range range,
                              std::string_view doc) {
  return {.name = name, .type = type, .fallback = fallback, .range = range, .doc = doc};
}
constexpr Option number_option(std::string_view name, std::string_view fallback, Range range,
                               std::string_view doc) {
  return typed_option(OptionType::number, name, fallback, range, doc);
}
constexpr Option scalar_option(std::string_view name, std::string_view fallback, Range range,
                               std::string_view doc) {
  return typed_option(OptionType::scalar, name, fallback, range, doc);
}
constexpr Option count_option(std::string_view name, std::string_view fallback, Range range,
                              std::string_view doc) {
  return typed_option(OptionType::integer, name, fallback, range, doc);
}
constexpr Option flag_option(std::string_view name, std::string_view fallback, std::string_view doc) {
  return typed_option(OptionType::flag, name, fallback, {}, doc);
}
constexpr Option choice_option(std::string_view name, std::string_view choices, std::string_view fallback,
                               std::string_view doc) {
  Option option = typed_option(OptionType::choice, name, fallback, {}, doc);
  option.choices = choices;
  return option;
}
constexpr Option name_option(std::string_view name, std::string_view doc, std::string_view fallback = {}) {
  return typed_option(OptionType::name, name, fallback, {}, doc);
}
constexpr Option names_option(std::string_view name, std::string_view doc) {
  return typed_option(OptionType::names, name, {}, {}, doc);
}
// `words`: what may stand in the place of numbers, "same|valid".
constexpr Option sizes_option(std::string_view name, std::string_view fallback, Range range,
                              std::string_view doc, std::string_view words = {}) {
  Option option = typed_option(OptionType::sizes, name, fallback, range, doc);
  option.choices = words;
  return option;
}
constexpr Option required(Option option) {
  option.required = true;
  return option;
}
// That means something only where another option of the table differs from its default.
constexpr Option needing(std::string_view other, Option option) {
  option.needs = other;
  return option;
}
constexpr Option in_unit(std::string_view unit, Option option) {
  option.unit = unit;
  return option;
}

inline bool given(const Setting& setting) { return !std::holds_alternative<std::monostate>(setting); }

}  // namespace thalweg
