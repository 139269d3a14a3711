// The one learning rate in the text of an optimizer, which stays as it was written otherwise.
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"
#include "thalweg/schedule.h"

namespace thalweg {

// "adamw(lr=cosine(5e-3, warmup=5%), decay=0.01)" has the peak 5e-3, and with(1e-3) is the same text with a
// cosine from 1e-3. Chain::with_rate() does the same to the chain that the text expands to.
class RateText {
 public:
  // Throws Error(usage) for a text that is not an optimizer, and for one without a rate, with several, or
  // with a schedule that is 0 throughout: there is not one number to vary.
  explicit RateText(std::string_view text);

  double peak() const { return peak_; }  // the highest value of the schedule

  // The text with another peak, above 0.
  std::string with(double peak) const;

  // The text with another schedule in the place of the rate.
  std::string with(const Schedule& schedule) const;

 private:
  Source source_;
  double peak_ = 0;
};

}  // namespace thalweg
