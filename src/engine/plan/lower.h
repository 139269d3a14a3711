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
  const double* all = nullptr;     // cut * kMaxSums
  const double* tensor = nullptr;  // (cut * parameters + parameter) * kMaxSums
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

}  // namespace thalweg
