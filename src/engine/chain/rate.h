// The learning rate in the text of an optimizer, and how it is changed.
#pragma once

#include <vector>

#include "base/text.h"

namespace thalweg {

// The learning rates, from left to right: what is given to `lr`, and `lr=` of a rule or a recipe.
std::vector<Arg*> rates_in(Text& text);

// The highest value of one. Throws Error(usage) with a caret for what is not a schedule.
double peak_of(const Arg& rate, const Source& source);

// Makes `peak`, above 0, the highest value: of a plain number it takes the place, a schedule is scaled.
// Throws Error(usage) with a caret for a schedule that has no finite highest value above 0.
void set_peak(Arg& rate, double peak, const Source& source);

// Multiplies it at every update: its absolute values where that is the same, else in a product().
void scale_rate(Arg& rate, double factor, const Source& source);

}  // namespace thalweg
