// The ranks that one optimizer steps on: what each holds, and what goes between them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "device/device.h"
#include "ranks/exchange.h"
#include "ranks/gradient_sum.h"
#include "thalweg/comm.h"
#include "thalweg/optimizer.h"

namespace thalweg {

class Ranks {
 public:
  // Of options.comm. Throws Error(usage) where the ranks were not given the same. The values of rank 0 become
  // those of all.
  Ranks(Params& params, const Plan& plan, const OptimizerOptions& options);

  const Portion& portion() const { return portion_; }
  // The device of this rank over the blocks that it holds, made by `make`.
  std::unique_ptr<Device> make_device(const Bound& bound, const DeviceOptions& options, DeviceMaker make);

  // The gradients of all ranks have come: this one has theirs together for what it holds, their mean, or
  // where input.sum has parts of a batch the sum of these. `count` is of gradients. Throws Error(usage) where
  // the ranks are not at the same, or say other things about it.
  void receive(std::uint64_t count, const StepInput& input);
  // Parameters for which some rank has a gradient.
  std::span<const char> present() const { return present_; }

  // What every rank holds of the values, of a stream that is like them, on every rank.
  void all_gather_values(std::span<const char> which);
  // The same of other streams that are like the values, on `root` alone.
  void gather(int root, StreamOf streams, std::span<const char> which);
  // A stream of a parameter that is whole on one rank.
  void gather_whole(int root, std::size_t parameter, const Buffer& stream);

  Comm& comm() { return comm_; }
  // The first block of every rank, and the end of the last one.
  std::span<const std::size_t> first_blocks() const { return exchange_.first_blocks(); }
  bool sharded() const { return !whole_; }

 private:
  void find_present();
  void zero_what_others_hold();

  Comm& comm_;
  Params& params_;
  const bool whole_, zero_grad_;
  Exchange exchange_;
  const Portion portion_;
  std::vector<char> moved_;     // parameter -> whether any rule moves it
  std::vector<char> presence_;  // of all ranks, one after the other
  std::vector<char> present_;
  std::vector<std::byte*> values_, gradients_;
};

}  // namespace thalweg
