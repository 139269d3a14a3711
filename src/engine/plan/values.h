// The numbers of a chain in one step: its options at their value of this update, and what its transforms
// keep.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "plan/plan.h"

namespace thalweg {

// Nothing is allocated after construction.
class Values {
 public:
  Values(const Params& params, const Plan& plan);

  // Options at the update after k updates.
  void evaluate(std::uint64_t k);
  std::uint64_t updates() const { return k_; }                                    // done before this one
  bool change() const { return !scheduled_.empty() || !chain_numbers_.empty(); }  // from update to update

  std::span<const double> options(std::size_t link) const {
    return {options_.data() + option_begin_[link], options_.data() + option_begin_[link + 1]};
  }
  // From now on an option is this number, whatever its schedule says; NaN: its schedule again. Allocates when
  // an option that stands fast is given for the first time.
  void give(std::size_t link, std::size_t option, double value);

  // The same numbers as those of another bound copy of the chain.
  void take_given(const Values& other);

  // The highest value that the first option of a link ever has.
  double highest(std::size_t link) const { return highest_[link]; }
  // The factor of a link that is linear.
  double factor(std::size_t link);

  // What a link keeps for the whole chain, and all that is kept for a parameter.
  std::span<double> of_chain(std::size_t link) {
    return {chain_numbers_.data() + chain_begin_[link], chain_numbers_.data() + chain_begin_[link + 1]};
  }
  std::span<double> of_parameter(std::size_t parameter) {
    return {numbers_.data() + number_begin_[parameter], numbers_.data() + number_begin_[parameter + 1]};
  }
  std::span<double> of_chains() { return chain_numbers_; }  // of all links
  bool keep_numbers() const { return !numbers_.empty(); }   // for parameters

 private:
  struct Scheduled {
    const Schedule* schedule;
    std::size_t option;  // in options_
    double given = NAN;  // in place of the schedule
  };

  void give_at(std::size_t option, const Schedule& schedule, double value);

  const Plan& plan_;
  std::uint64_t k_ = 0;
  std::vector<std::size_t> option_begin_;  // link -> its first entry of options_; one more for the end
  std::vector<double> options_;            // of all links, for this step
  std::vector<double> highest_;            // of the first option of each link
  std::vector<Scheduled> scheduled_;       // the options that change
  std::vector<std::size_t> chain_begin_;   // link -> its first entry of chain_numbers_; one more for the end
  std::vector<double> chain_numbers_;
  std::vector<std::size_t> number_begin_;  // parameter -> its first entry of numbers_; one more for the end
  std::vector<double> numbers_;
};

}  // namespace thalweg
