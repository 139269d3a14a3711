#include "plan/values.h"

#include <algorithm>

namespace thalweg {

Values::Values(const Params& params, const Plan& plan) : plan_(plan) {
  for (const Link& link : plan.links) {
    option_begin_.push_back(options_.size());
    for (std::size_t i = 0; i < link.numbers.size(); ++i) {
      if (std::holds_alternative<Value>(link.settings[i])) {
        scheduled_.push_back({&link.numbers[i], options_.size()});
      }
      options_.push_back(link.numbers[i](0));
    }
    highest_.push_back(link.numbers.empty() ? 1.0 : link.numbers[0].highest());
    chain_begin_.push_back(chain_numbers_.size());
    chain_numbers_.resize(chain_numbers_.size() + link.transform->kept.chain_numbers.size());
  }
  option_begin_.push_back(options_.size());
  chain_begin_.push_back(chain_numbers_.size());
  for (std::size_t p = 0; p < params.size(); ++p) {
    const std::size_t group = plan.group_of[p];
    number_begin_.push_back(numbers_.size());
    if (group != Plan::kNoGroup) numbers_.resize(numbers_.size() + plan.groups[group].numbers);
  }
  number_begin_.push_back(numbers_.size());
  for (std::size_t i = 0; i < plan.links.size(); ++i) {
    const auto begin = plan.links[i].transform->kept.begin;
    if (begin != nullptr) begin(options(i), of_chain(i));
  }
}

void Values::evaluate(std::uint64_t k) {
  k_ = k;
  for (const Scheduled& one : scheduled_) {
    options_[one.option] = std::isnan(one.given) ? (*one.schedule)(k) : one.given;
  }
}

void Values::give(std::size_t link, std::size_t option, double value) {
  give_at(option_begin_[link] + option, plan_.links[link].numbers[option], value);
}

void Values::give_at(std::size_t option, const Schedule& schedule, double value) {
  const auto found = std::ranges::find(scheduled_, option, &Scheduled::option);
  if (found != scheduled_.end()) {
    found->given = value;
  } else {
    scheduled_.push_back({&schedule, option, value});
  }
}

void Values::take_given(const Values& other) {
  for (const Scheduled& one : other.scheduled_) give_at(one.option, *one.schedule, one.given);
}

double Values::factor(std::size_t link) {
  Moment now;
  now.o = options(link);
  now.numbers = of_chain(link);
  return plan_.links[link].transform->affine(now).a;
}

}  // namespace thalweg
