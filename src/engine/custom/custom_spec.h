// The Spec of what a program has added, with the texts that it refers to.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/spec.h"
#include "thalweg/custom_card.h"

namespace thalweg {

class CustomSpec {
 public:
  // `kind` is the word for it in errors: "layer"; `number` what an option that is a number becomes; `more`
  // are options that everything of its kind has. Throws Error(usage) for a card that cannot be.
  CustomSpec(std::string_view kind, CustomCard card, OptionType number, std::span<const Option> more = {});
  CustomSpec(const CustomSpec&) = delete;
  CustomSpec& operator=(const CustomSpec&) = delete;

  const Spec& spec() const { return spec_; }

 private:
  const CustomCard card_;
  std::vector<Option> options_;
  Spec spec_;
};

// Throws Error(usage) unless `name` is a letter, then letters, digits and _; `what` it is the name of.
void check_custom_name(std::string_view where, std::string_view what, std::string_view name);

}  // namespace thalweg
