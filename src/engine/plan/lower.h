// The numbers of a step: everything linear folded into the maps around the rules.
#pragma once

#include <cstdint>
#include <span>

#include "plan/cohorts.h"
#include "plan/plan.h"
#include "plan/values.h"
#include "transforms/transform.h"

namespace thalweg {

// The sums of the gathers that have been formed.
struct Sums {
  const Total* all = nullptr;     // cut * kMaxSums
  const Total* tensor = nullptr;  // (cut * parameters + parameter) * kMaxSums
  std::size_t parameters = 0;
  const std::size_t* sizes = nullptr;   // elements of each parameter
  const double* size_of_all = nullptr;  // cut -> elements that took part
};

// Nothing is allocated after construction.
class Lowering {
 public:
  Lowering(const Params& params, const Plan& plan);

  Values& values() { return values_; }
  Cohorts& cohorts() { return cohorts_; }

  // Prepares the rules of a phase; those of earlier ones have been.
  void lower(std::size_t phase, const Sums& sums);
  // Puts the kept numbers back to the parameters, after a step.
  void keep_numbers();

  // What link i of the group is prepared from, but for its sums; rates only where it asks for them.
  Moment moment(const Cohort& cohort, std::size_t i);

  double rate() const { return rate_; }  // of the first group

 private:
  void lower(Cohort& cohort, std::size_t phase, const Sums& sums);
  void add_rates(Moment& now, const Group& group, std::size_t i);
  void add_sums(Moment& now, const Cohort& cohort, std::size_t cut, const Sums& sums) const;
  double product(const Group& group, std::size_t from, bool (*counts)(const Transform&), bool highest);
  double first_rate();

  const Plan& plan_;
  Values values_;
  Cohorts cohorts_;
  double rate_;
};

inline Moment Lowering::moment(const Cohort& cohort, std::size_t i) {  // of every link in every step
  const Group& group = *cohort.group;
  const std::size_t link = group.links[i];
  const Transform& transform = *plan_.links[link].transform;
  Moment now;
  now.o = values_.options(link);
  now.t = cohort.t;
  now.k = values_.updates();
  now.numbers = !transform.kept.chain_numbers.empty()
                    ? values_.of_chain(link)
                    : std::span(cohort.numbers + group.numbers_from[i], transform.kept.numbers.size());
  if (plan_.links[link].needs_rates) add_rates(now, group, i);
  return now;
}

}  // namespace thalweg
