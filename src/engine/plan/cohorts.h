// Cohorts: parameters that share all numbers of a step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/arena.h"
#include "plan/plan.h"
#include "plan/values.h"
#include "transforms/transform.h"

namespace thalweg {

// Parameters of one group of one clock and the same kept numbers, or one parameter alone where something is
// gathered over it.
struct Cohort {
  const Group* group;
  std::size_t first;  // its first parameter
  std::uint64_t t;    // updates of its parameters, this one included
  Lowered* rules;     // of all phases
  double* scales;     // factors of the rules' updates
  Coefs* landings;
  Affine* gathered;  // what each gather of the group made of its sums
  double* numbers;   // kept, as this update leaves them
  Affine start;      // before the units of the current phase are mapped
  Affine end;        // at the end of the current phase
};

// Nothing is allocated after construction.
class Cohorts {
 public:
  Cohorts(const Params& params, const Plan& plan, Values& values);

  // Sorts the parameters that take part, from the clocks as the update leaves them.
  void sort(std::span<const std::uint64_t> clocks, std::span<const char> takes_part);
  // The same cohorts, each one update later.
  void advance();

  std::span<Cohort> all() { return {cohorts_, count_}; }
  const Cohort& of(std::size_t parameter) const { return cohorts_[cohort_of_[parameter]]; }
  bool same(std::size_t p, std::size_t q) const { return cohort_of_[p] == cohort_of_[q]; }
  bool takes_part(std::size_t parameter) const { return cohort_of_[parameter] != kNone; }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  Cohort& find(const Group& group, std::size_t parameter, std::uint64_t t);
  Cohort& fresh(const Group& group, std::size_t parameter, std::uint64_t t);
  bool same_numbers(const Cohort& cohort, std::size_t parameter);

  const Plan& plan_;
  Values& values_;
  std::size_t rules_ = 0, landings_ = 0, numbers_ = 0;  // at most, a parameter
  std::vector<char> per_tensor_;                        // group -> whether each parameter is a cohort
  Arena memory_;             // of the cohorts; only pages of those in use are touched
  Cohort numbers_of_all_{};  // where the numbers of the first cohort begin
  Cohort* cohorts_ = nullptr;
  std::size_t count_ = 0;
  std::vector<std::uint32_t> cohort_of_;  // parameter -> its cohort
};

}  // namespace thalweg
