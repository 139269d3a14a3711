// One transform of a chain with its options.
#pragma once

#include <vector>

#include "params/selector.h"
#include "thalweg/chain.h"
#include "thalweg/schedule.h"
#include "transforms/transform.h"

namespace thalweg {

class Chain;

struct Link {
  const Transform* transform;
  Settings settings;              // one for each option of the Spec, `on` the last
  std::vector<Schedule> numbers;  // the same as numbers: a flag is 0 or 1, a choice its index; `on` left out
  Selector on;
  std::size_t variant = 0;         // of the transform
  bool rate_inside = false;        // the rates to the right of it are inside
  bool needs_rates = false;        // it is prepared from them
  std::vector<double> fixed = {};  // numbers that stand fast, which decide on kernels; NaN for schedules

  Names state() const { return transform->kept.variants[variant]; }
  // What its state stream i looks like for a parameter.
  Form form(std::size_t i, const Form& parameter) const {
    return transform->kept.form != nullptr ? transform->kept.form(i, parameter) : parameter;
  }
  Over over() const;  // of one that ends a phase

  // Reads one item of a chain. Throws Error(usage).
  static Link read(const Item& item, const Source& source);

  // The item that read() reads back.
  Item item(bool every) const;

  Link resolve(const Lengths& lengths) const;
};

// A chain of these.
Chain chain_of_links(std::vector<Link> links);

// The transforms of a chain, from left to right; they live as long as it does.
const std::vector<Link>& links_of(const Chain& chain);

// The transform of that name, or null.
const Transform* find_transform(std::string_view name);

}  // namespace thalweg
