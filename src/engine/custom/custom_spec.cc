#include "custom/custom_spec.h"

#include <algorithm>
#include <string>

#include "thalweg/error.h"

namespace thalweg {
namespace {

using Type = CustomOption::Type;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool may_follow(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

// As a text has it without quotes.
bool is_word(std::string_view word) { return !word.empty() && print_word(word) == word; }

// "mean|sum", or nothing.
bool are_words(std::string_view choices) {
  while (true) {
    const std::size_t bar = choices.find('|');
    if (bar == choices.npos) return choices.empty() || is_word(choices);
    if (!is_word(choices.substr(0, bar))) return false;
    choices.remove_prefix(bar + 1);
    if (choices.empty()) return false;
  }
}

std::string where_of(std::string_view kind, const CustomCard& card) {
  return std::string(kind) + " `" + card.name + "`";
}

void check_option(const std::string& where, const CustomOption& option) {
  check_custom_name(where, "an option", option.name);
  const std::string name = "`" + option.name + "`";
  const auto fail = [&](const char* what, const std::string& got, const char* want) {
    throw Error(Code::usage, {where, what + (" of " + name), got, want, ""});
  };
  if (option.required && !option.fallback.empty())
    fail("the default", "`" + option.fallback + "` of a required option",
         "none, or an option that may be left out");
  if ((option.type == Type::choice) == option.choices.empty() || !are_words(option.choices))
    fail("the choices", "`" + option.choices + "`",
         "words such as mean|sum for a choice, none for other options");
  if (!(option.min <= option.max))
    fail("the range", print_number(option.min) + " to " + print_number(option.max),
         "min below max, or equal");
  if (!option.fallback.empty() && !is_word(option.fallback))
    fail("the default", "`" + option.fallback + "`", "one word");
}

OptionType type_of(const CustomOption& option, OptionType number) {
  constexpr OptionType kTypes[] = {OptionType::number, OptionType::integer, OptionType::flag,
                                   OptionType::choice};
  return option.type == Type::number ? number : kTypes[static_cast<std::size_t>(option.type)];
}

// Each default must be one of the values that its option takes: reading it throws otherwise.
void check_default(const Spec& spec, const Option& option) {
  if (option.required) return;
  const Spec alone{.name = spec.name, .doc = spec.doc, .options = {&option, 1}};
  bind(alone, Item{std::string(spec.name), {}, 0}, {std::string(spec.name), std::string(spec.name)});
}

}  // namespace

void check_custom_name(std::string_view where, std::string_view what, std::string_view name) {
  if (!name.empty() && is_letter(name[0]) && std::ranges::all_of(name, may_follow)) return;
  throw Error(Code::usage, {std::string(where), "the name of " + std::string(what) + " cannot be used",
                            "`" + std::string(name) + "`", "a letter, then letters, digits and _", ""});
}

CustomSpec::CustomSpec(std::string_view kind, CustomCard card, OptionType number,
                       std::span<const Option> more)
    : card_(std::move(card)) {
  check_custom_name(kind, "what is registered", card_.name);
  const std::string where = where_of(kind, card_);
  for (const CustomOption& option : card_.options) {
    check_option(where, option);
    options_.push_back({.name = option.name,
                        .type = type_of(option, number),
                        .fallback = option.fallback,
                        .range = {option.min, option.max},
                        .unit = option.unit,
                        .doc = option.doc,
                        .choices = option.choices,
                        .required = option.required});
  }
  options_.insert(options_.end(), more.begin(), more.end());
  spec_ = {.name = card_.name,
           .doc = card_.doc,
           .source = card_.source,
           .options = options_,
           .formula = card_.formula};
  for (std::size_t i = 0; i < options_.size(); ++i) {
    if (*spec_.find(options_[i].name) != i) {
      throw Error(Code::usage,
                  {where, "two options have the same name", "`" + std::string(options_[i].name) + "`",
                   "names that differ from each other and from the kind's own", ""});
    }
    check_default(spec_, options_[i]);
  }
}

}  // namespace thalweg
