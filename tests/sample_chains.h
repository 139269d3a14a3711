// Chains made from the Spec of a transform alone, for laws that every transform must obey.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/spec.h"
#include "transforms/transform.h"

namespace thalweg {

// A number that the option takes, of a size that moves parameters.
inline double sample_number_of(const Option& option) {
  const bool whole = option.type == OptionType::integer || option.type == OptionType::length;
  // A limit that is none when left out: steps of usual size stay below it.
  const bool open = option.type == OptionType::scalar && option.fallback.empty() && !option.required;
  if (open && option.range.contains(100.0)) return 100.0;
  for (const double x : {0.5, 0.05, 1.0, 2.0, 5.0, 100.0}) {
    if (option.range.contains(x) && (!whole || x >= 1.0)) return x;
  }
  return option.range.min;
}

inline std::vector<std::string> choices_of(const Option& option) {
  std::vector<std::string> out(1);
  for (const char c : option.choices) {
    if (c == '|') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

// A value that the option takes, as it stands in a text.
inline std::string sample_value_of(const Option& option) {
  switch (option.type) {
    case OptionType::flag:
      return "true";
    case OptionType::choice:
      return choices_of(option).front();
    case OptionType::name:
      return "x";
    case OptionType::selector:
      return "all";
    case OptionType::lengths:
      return "[3]";
    case OptionType::numbers:
    case OptionType::schedules:
      return "[1, 0.5]";  // on both sides of one boundary
    default:
      return print_number(sample_number_of(option));
  }
}

// "name(required=sample, more)": the shortest use of a Spec, with `more` behind and the option `without` left
// out.
inline std::string use(const Spec& spec, const std::string& more = {}, std::string_view without = {}) {
  std::string args;
  const auto add = [&args](const std::string& arg) { args += (args.empty() ? "" : ", ") + arg; };
  for (const Option& option : spec.options) {
    if (option.required && option.name != without) {
      add(std::string(option.name) + "=" + sample_value_of(option));
    }
  }
  if (!more.empty()) add(more);
  return std::string(spec.name) + (args.empty() ? "" : "(" + args + ")");
}

// Values of one option that differ from its default: a flag set, every choice, numbers that fall.
inline std::vector<std::string> other_values_of(const Option& option) {
  if (option.type == OptionType::flag) return {"true", "false"};
  if (option.type == OptionType::choice) return choices_of(option);
  const double sample = sample_number_of(option);
  if (option.type == OptionType::number) return {print_number(sample)};
  const bool may_fall = option.type == OptionType::scalar && option.range.contains(sample / 2);
  if (!may_fall) return {};
  return {"linear(" + print_number(sample) + ", total=3, floor=50%)"};
}

// Uses that differ from the shortest one by one option.
inline std::vector<std::string> other_uses(const Spec& spec) {
  std::vector<std::string> out;
  for (const Option& option : spec.options) {
    for (const std::string& value : other_values_of(option)) {
      std::string args = std::string(option.name) + "=" + value;
      if (!option.needs.empty()) {
        const Option& needed = spec.options[*spec.find(option.needs)];
        const bool choice = needed.type == OptionType::choice;  // the first one may be the default
        const std::string beside = choice ? choices_of(needed).back() : sample_value_of(needed);
        if (!needed.required) args += ", " + std::string(needed.name) + "=" + beside;
      }
      out.push_back(use(spec, args, option.name));
    }
  }
  return out;
}

// Uses in the positions that a transform may have.
inline std::vector<std::string> positions_of(const Transform& transform, const std::string& x) {
  if (transform.scope == Scope::gate) {  // stands before everything, for all parameters
    return {x + " | lr(0.01)", x + " | decay(0.02) | adam | clip_norm(0.5) | lr(0.01)",
            x + " | momentum(on=matrices) | adam(on=rest) | lr(0.01) | average"};
  }
  if (transform.scope == Scope::landing) {  // stands behind everything that forms the update
    const std::string another = transform.part == Part::former ? "average" : x;
    return {
        x + " | lr(0.01)",
        "decay(0.02) | adam | decay(0.03) | lr(0.01) | " + x,
        "clip_norm(0.5) | momentum | " + x + " | lr(0.01)",
        "adam | clip_norm(0.5) | " + x + " | " + another + " | lr(linear(0.01, total=9, warmup=2))",
        "adam | " + use(transform.spec, "on=[bias, norm]") + " | lr(0.01)",
        "momentum(0.5, on=bias) | clip_norm(0.5, on=rest) | " + use(transform.spec, "on=matrices") +
            " | lr(0.01)",
    };
  }
  return {
      x + " | lr(0.01)",
      "decay(0.02) | " + x + " | decay(0.03) | lr(0.01)",
      "clip_norm(0.5) | " + x + " | lr(0.01)",
      x + " | decay(0.02) | clip_norm(0.5) | lr(0.01)",
      x + " | " + x + " | lr(0.01)",
      x + " | adam | lr(0.01) | decay(0.001)",
      "momentum | " + x + " | lr(linear(0.01, total=9, warmup=2))",
      use(transform.spec, "on=[bias, norm]") + " | adam(on=rest) | lr(0.01)",
      use(transform.spec, "on=matrices") + " | momentum(0.5, on=bias) | clip_norm(0.5, on=rest) | lr(0.01)",
  };
}

// The transform in every position that matters: alone, between decays, beside a gather, next to a rule, and
// on some of the parameters only; and every other use of it.
inline std::vector<std::string> chains_with(const Transform& transform) {
  std::vector<std::string> out = positions_of(transform, use(transform.spec));
  for (const std::string& other : other_uses(transform.spec)) out.push_back(other + " | lr(0.01)");
  return out;
}

}  // namespace thalweg
