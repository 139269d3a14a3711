// The learning rate in the text of an optimizer.
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"

namespace thalweg {

// "adamw(lr=cosine(5e-3, warmup=5%), decay=0.01)" has the peak 5e-3, and with(1e-3) is the same text with a
// cosine from 1e-3.
class RateText {
 public:
  // Throws Error(usage) for a text that is no optimizer, and for one without a rate, with several, or with a
  // schedule that is 0 throughout: there is not one number to vary.
  explicit RateText(std::string_view text);

  double peak() const { return peak_; }  // the highest value of the schedule

  // The text with another peak, all absolute values of a schedule scaled alike; `peak` is above 0.
  std::string with(double peak) const;

  // The text with another schedule, as text, in the place of the rate.
  std::string with_schedule(const std::string& schedule) const;

 private:
  std::string with_value(const Value& value) const;

  Text text_;
  std::size_t item_ = 0;  // which holds the rate
  std::size_t arg_ = 0;   // of that item
  double peak_ = 0;
};

}  // namespace thalweg
