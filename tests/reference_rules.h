// How the families of scalar references make their tables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reference.h"

namespace thalweg::reference {

using Rules = std::vector<Rule>;

// A row: the chain's text, and what of R its options set.
template <class R, class F>
Rule rule(const std::string& text, const F& set) {
  return {text.substr(0, text.find('(')), text, [set] {
            auto element = std::make_unique<R>();
            set(*element);
            return element;
          }};
}
template <class R>
Rule rule(const std::string& text) {
  return rule<R>(text, [](R&) {});
}

inline double sign(double x) { return (x > 0) - (x < 0); }

Rules rules_of_adam_family();
Rules rules_of_parameters();
Rules rules_of_signs();
Rules rules_of_sums();

}  // namespace thalweg::reference
