// What a step did to each parameter, block by block.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "device/partition.h"
#include "thalweg/report.h"
#include "transforms/transform.h"

namespace thalweg {

// Everything is allocated at construction. Blocks may be added from several threads; sums are formed in a
// fixed order and counts are whole numbers, so that nothing depends on the threads.
class Measurer {
 public:
  // `members` threads may add at once.
  Measurer(const Params& params, const Blocks& blocks, const Statistics& wanted, int members);

  // Before a step whose gradient is worth `grad_scale` of what is added.
  void clear(double grad_scale);
  // One block of a parameter: n elements of the gradient, and of the value before and after the update.
  void add(const CoreKernels& core, int member, std::size_t parameter, std::size_t block, const void* grad,
           const void* before, const void* after, std::size_t n);
  // Fills the reports; parameters that no block was added of are left NaN.
  void finish();

  // What is known of blocks so far: f(memory, bytes of each block).
  template <class F>
  void for_each_of_blocks(const F& f) {
    for (std::vector<Total>* totals : {&grads_, &values_, &updates_})
      f(std::as_writable_bytes(std::span(*totals)), sizeof(Total));
    f(std::as_writable_bytes(std::span(seen_)), sizeof(char));
  }
  // And of elements: what all threads have counted, which may be written.
  std::span<std::uint64_t> counts();

  std::span<const ParameterReport> reports() const { return reports_; }
  double update_ratio() const { return update_ratio_; }
  double seconds() const { return seconds_; }  // that measuring has taken the first member since clear()
  const Statistics& wanted() const { return wanted_; }

 private:
  struct Counts {
    Histogram grads{}, values{}, updates{};
  };
  template <class T>
  void count(Counts& counts, const T* grad, const T* before, const T* after, std::size_t n) const;

  const Blocks blocks_;
  Statistics wanted_;
  double grad_scale_ = 1.0;
  std::vector<Total> grads_, values_, updates_;  // block -> sum of squares
  std::vector<char> seen_;                       // block -> whether it was added
  std::vector<Counts> counts_;                   // member * parameters + parameter
  std::vector<ParameterReport> reports_;
  double update_ratio_;
  double seconds_ = 0;
};

}  // namespace thalweg
