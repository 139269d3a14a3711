// The terms after a loss in its text.
#pragma once

#include <vector>

#include "base/spec.h"
#include "params/selector.h"
#include "thalweg/params.h"

namespace thalweg {

struct TermKind;

class Terms {
 public:
  // A name of term_specs(), with its options.
  void add(const Item& item, const Source& source);

  bool empty() const { return placed_.empty(); }
  Text text(bool every) const;

  // The sum of all terms over the parameters, by fixed blocks.
  double value(const Params& params) const;
  // Adds their gradients to those of the parameters.
  void add_gradient(Params& params) const;
  // Throws Error(usage) when a name pattern matches nothing; value() and add_gradient() do too.
  void check(const Params& params) const;

 private:
  struct Placed {
    const TermKind* kind;
    Settings settings;
    std::vector<double> numbers;
    Selector on;
  };
  // Calls f(term, parameter) wherever a term is about a parameter.
  template <class P, class F>
  void for_each(P& params, F&& f) const;
  bool selects(const Placed& term, const Parameter& parameter) const;

  std::vector<Placed> placed_;
};

}  // namespace thalweg
