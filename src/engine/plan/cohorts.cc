#include "plan/cohorts.h"

#include <algorithm>
#include <cstring>

namespace thalweg {

Cohorts::Cohorts(const Params& params, const Plan& plan, Values& values)
    : plan_(plan), values_(values), cohort_of_(params.size(), kNone) {
  for (const Group& group : plan.groups) {
    rules_ = std::max(rules_, group.rules);
    landings_ = std::max(landings_, group.landings);
    numbers_ = std::max(numbers_, group.numbers);
    per_tensor_.push_back(plan.is_per_tensor(group) ? 1 : 0);
  }
  cohorts_ = static_cast<Cohort*>(memory_.allocate(params.size() * sizeof(Cohort)));
  const auto array = [&]<class T>(T*& out, std::size_t each) {
    out = static_cast<T*>(memory_.allocate(std::max<std::size_t>(params.size() * each, 1) * sizeof(T)));
  };
  array(numbers_of_all_.rules, rules_);
  array(numbers_of_all_.scales, rules_);
  array(numbers_of_all_.landings, landings_);
  array(numbers_of_all_.gathered, plan.cuts.size());
  array(numbers_of_all_.numbers, numbers_);
}

void Cohorts::sort(std::span<const std::uint64_t> clocks, std::span<const char> takes_part) {
  count_ = 0;
  for (std::size_t p = 0; p < cohort_of_.size(); ++p) {
    cohort_of_[p] = kNone;
    if (takes_part[p] == 0) continue;
    const Cohort& cohort = find(plan_.groups[plan_.group_of[p]], p, clocks[p]);
    cohort_of_[p] = static_cast<std::uint32_t>(&cohort - cohorts_);
  }
}

void Cohorts::advance() {
  for (Cohort& cohort : all()) ++cohort.t;
}

bool Cohorts::same_numbers(const Cohort& cohort, std::size_t parameter) {
  const std::size_t bytes = cohort.group->numbers * sizeof(double);
  return bytes == 0 || std::memcmp(values_.of_parameter(cohort.first).data(),
                                   values_.of_parameter(parameter).data(), bytes) == 0;
}

Cohort& Cohorts::find(const Group& group, std::size_t parameter, std::uint64_t t) {
  if (per_tensor_[plan_.group_of[parameter]] != 0) return fresh(group, parameter, t);
  // The newest first: neighbours mostly share their cohort.
  for (std::size_t i = count_; i-- > 0;) {
    Cohort& cohort = cohorts_[i];
    if (cohort.group == &group && cohort.t == t && same_numbers(cohort, parameter)) return cohort;
  }
  return fresh(group, parameter, t);
}

Cohort& Cohorts::fresh(const Group& group, std::size_t parameter, std::uint64_t t) {
  const std::size_t i = count_++;
  Cohort& cohort = cohorts_[i];
  cohort.group = &group;
  cohort.first = parameter;
  cohort.t = t;
  cohort.rules = numbers_of_all_.rules + i * rules_;
  cohort.scales = numbers_of_all_.scales + i * rules_;
  cohort.landings = numbers_of_all_.landings + i * landings_;
  cohort.gathered = numbers_of_all_.gathered + i * plan_.cuts.size();
  cohort.numbers = numbers_of_all_.numbers + i * numbers_;
  return cohort;
}

}  // namespace thalweg
