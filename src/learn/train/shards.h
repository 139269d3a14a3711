// The samples of an update in equal parts, which ranks compute and which are added in one fixed tree, so that
// no bit depends on who computed what.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/threads.h"
#include "ranks/gradient_sum.h"
#include "thalweg/comm.h"
#include "thalweg/module.h"

namespace thalweg {

class Shards {
 public:
  // `comm` is null without ranks.
  Shards(Module& model, std::size_t shards, Comm* comm, int threads);

  // Whether an update is one part of one rank: then nothing has to be added.
  bool single() const { return wanted_ == 1 && comm_ == nullptr; }

  // The parts of an update of so many samples that this rank computes: at least one sample each.
  Slice begin(std::size_t samples);
  Slice samples_of(std::size_t shard) const { return slice(samples_, static_cast<int>(shard), count_); }

  // Of an update of so many samples, those of the first part that this rank computes; none where it has no
  // part.
  Slice first_samples(std::size_t samples) const;

  // Before and after the passes of a part: its gradient is in the parameters - of the last one of this rank
  // it may yet come -, its part of the loss is given.
  void begin_part();
  void end_part(std::size_t shard, double loss);

  // When all ranks have the losses of their parts: that of all. What batch_norm keeps is the mean over the
  // parts.
  double finish();
  // Without ranks: the gradient of all parts is left in the parameters, where that of the last one is.
  void add_up() { sum_.add_all(); }
  // For Optimizer::step(), with ranks.
  GradientSum* sum() { return comm_ == nullptr ? nullptr : &sum_; }

 private:
  Slice mine_of(std::size_t parts) const;
  std::span<double> told_by(std::size_t shard) {
    return std::span(told_).subspan(shard * (1 + kept_.size()), 1 + kept_.size());
  }

  const std::vector<Parameter*> statistics_;
  const std::size_t wanted_;
  Comm* const comm_;
  Team team_;
  GradientSum sum_;
  std::size_t samples_ = 0;
  int count_ = 1;             // of parts of this update
  std::vector<float> kept_;   // the statistics before it
  std::vector<double> told_;  // by each part: its loss, and the statistics after it
};

}  // namespace thalweg
