// The numbers of a step: options at their value of this update, and everything linear folded into the maps
// around the rules.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/arena.h"
#include "plan/plan.h"
#include "transforms/transform.h"

namespace thalweg {

// Parameters of one group that share all numbers of a step: of one clock and the same kept numbers, or one
// parameter alone where something is gathered over it.
struct Class {
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

// The sums of the gathers that have been formed.
struct Sums {
  const double* all = nullptr;     // gather * kMaxSums
  const double* tensor = nullptr;  // (gather * parameters + parameter) * kMaxSums
  std::size_t parameters = 0;
  const std::size_t* sizes = nullptr;   // elements of each parameter
  const double* size_of_all = nullptr;  // gather -> elements that took part
};

// Nothing is allocated after construction.
class Lowering {
 public:
  Lowering(const Params& params, const Plan& plan);

  // Options at the update after k updates.
  void evaluate(std::uint64_t k);

  // Which classes there are: from the clocks as the update leaves them. `takes_part` for each parameter.
  void classify(std::span<const std::uint64_t> clocks, std::span<const char> takes_part);
  // The same classes, each one update later.
  void advance();

  // Prepares the rules of a phase; those of earlier ones have been.
  void lower(std::size_t phase, const Sums& sums);
  bool keeps_numbers() const { return !numbers_.empty(); }
  // Puts the kept numbers back to the parameters.
  void keep_numbers();

  static constexpr std::uint32_t kNone = 0xffffffff;
  std::uint32_t class_index(std::size_t parameter) const { return class_of_[parameter]; }
  const Class& of(std::size_t parameter) const { return classes_[class_of_[parameter]]; }
  bool takes_part(std::size_t parameter) const { return class_of_[parameter] != kNone; }

  std::span<const double> options_of(std::size_t link) const {
    return {options_.data() + option_begin_[link], options_.data() + option_begin_[link + 1]};
  }
  std::span<double> chain_numbers(std::size_t link) {
    return {chain_numbers_.data() + chain_begin_[link], chain_numbers_.data() + chain_begin_[link + 1]};
  }
  std::span<double> numbers(std::size_t parameter);
  // The factor of a link of the chain that is linear.
  double factor(std::size_t link) const;
  // Sets what link i of the group is prepared from, but for its sums; rates only where it asks for them.
  void turn_to(Moment& now, const Class& c, std::size_t i) const;

  std::uint64_t updates() const { return k_; }  // done before this one
  double rate() const { return rate_; }         // of the first group

 private:
  void add_rates(Moment& now, const Group& group, std::size_t i) const;
  void lower(Class& c, std::size_t phase, const Sums& sums);
  void add_sums(Moment& now, const Class& c, std::size_t gather, const Sums& sums) const;
  Class& class_for(const Group& group, std::size_t parameter, std::uint64_t t);
  Class& fresh_class(const Group& group, std::size_t parameter, std::uint64_t t);
  bool same_numbers(const Class& c, std::size_t parameter) const;
  double first_rate() const;
  double product(const Group& group, std::size_t from, bool (*counts)(const Transform&), bool highest) const;

  const Plan& plan_;
  std::uint64_t k_ = 0;
  double rate_ = 0;
  bool rate_changes_ = false;              // from update to update
  std::vector<std::size_t> option_begin_;  // link -> its first entry of options_; one more for the end
  std::vector<double> options_;            // of all links, for this step
  std::vector<double> highest_;            // of the first option of each link
  struct Scheduled {
    const Schedule* schedule;
    std::size_t option;  // in options_
  };
  std::vector<Scheduled> scheduled_;      // the options that change
  std::vector<std::size_t> chain_begin_;  // link -> its first entry of chain_numbers_; one more for the end
  std::vector<double> chain_numbers_;
  std::vector<std::size_t> number_begin_;  // parameter -> its first entry of numbers_
  std::vector<double> numbers_;

  Arena memory_;  // of the classes; only pages of classes in use are touched
  struct {
    Lowered* rules;
    double* scales;
    Coefs* landings;
    Affine* gathered;
    double* numbers;
  } parts_{};
  Class* classes_ = nullptr;
  std::size_t class_count_ = 0;
  std::size_t rules_ = 0, landings_ = 0, most_numbers_ = 0;
  std::vector<std::uint32_t> class_of_;
};

inline void Lowering::turn_to(Moment& now, const Class& c, std::size_t i) const {
  const Group& group = *c.group;
  const std::size_t link = group.links[i];
  const Transform& transform = *plan_.links[link].transform;
  now.o = options_of(link);
  now.t = c.t;
  now.k = k_;
  if (!transform.chain_numbers.empty()) {
    now.numbers = const_cast<Lowering*>(this)->chain_numbers(link);
  } else {
    now.numbers = {c.numbers + group.numbers_from[i], transform.numbers.size()};
  }
  if (plan_.links[link].needs_rates) add_rates(now, group, i);
}

}  // namespace thalweg
