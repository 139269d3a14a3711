#include "find/rate_text.h"

#include "chain/rate.h"
#include "schedule/schedules.h"
#include "thalweg/chain.h"

namespace thalweg {

RateText::RateText(std::string_view text) : source_{"optimizer", std::string(text)} {
  static_cast<void>(Chain(text));  // says what is wrong with it
  Text parsed = parse(source_);
  const std::vector<Arg*> rates = rates_in(parsed);
  if (rates.empty()) {
    throw source_.error(text.size(),
                        {"", "no learning rate to vary", "", "one `lr`", "write `lr=1e-3` or `| lr(1e-3)`"});
  }
  if (rates.size() > 1) {
    throw source_.error(rates[1]->at, {"", "several learning rates", "", "one, which can be varied",
                                       "factors may be `scale(0.1, on=...)`"});
  }
  peak_ = peak_of(*rates.front(), source_);
  set_peak(*rates.front(), 1, source_);  // says whether it can be scaled
}

std::string RateText::with(double peak) const {
  Text parsed = parse(source_);
  set_peak(*rates_in(parsed).front(), peak, source_);
  return print(parsed);
}

std::string RateText::with(const Schedule& schedule) const {
  Text parsed = parse(source_);
  rates_in(parsed).front()->value = to_value(schedule);
  return print(parsed);
}

}  // namespace thalweg
