// What a term is to terms.cc: something that is added to a loss and depends on the parameters alone. A term
// file defines a struct and registers it with THALWEG_TERM; its line in terms.inc is all that lists it.
#pragma once

#include <cstddef>
#include <span>

#include "losses/loss.h"

namespace thalweg {

// The first option of every term.
inline constexpr Option kTermRate =
    required(number_option("rate", "", kNotNegative, "factor of the term; 0: no term"));
// The last one.
inline constexpr Option kTermOn =
    typed_option(OptionType::selector, "on", "all", {},
                 "the parameters it covers: all, matrices, rest, a role, a name pattern or a list of these");

// A term is a struct with
//   static constexpr Spec kSpec;               with its formula; options: kTermRate, other numbers, kTermOn
//   explicit Name(std::span<const double> o);  from the numbers in Spec order
//   template <class T> double value(T w) const;   of one element
//   template <class T> T gradient(T w) const;     d(value)/dw, in T with one rounding an operation

// The terms in the order of terms.inc.
std::span<const Spec* const> term_specs();

}  // namespace thalweg
