// The ranks that one optimizer steps on: what each holds, and what goes between them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "device/device.h"
#include "ranks/gathering.h"
#include "ranks/gradient_sum.h"
#include "ranks/held.h"
#include "ranks/reduction.h"
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

  // What all ranks know of the gradients, `count` of them with this one, before they travel. Throws
  // Error(usage) where the ranks are not at the same, or say other things about it.
  void agree(std::uint64_t count, const StepInput& input);
  // Parameters for which some rank has a gradient.
  std::span<const char> present() const { return present_; }

  // This rank has the gradients of all for what it holds, their mean, or where input.sum has parts of a batch
  // the sum of these; where it holds everything, of everything. `arrived` is called with pieces of it as they
  // come. Where input.backward forms the gradients, they leave meanwhile.
  void reduce(const StepInput& input, const Reduction::Arrived& arrived = {});

  // What every rank holds of the values, on every rank; calls meanwhile() once, if at all, while they travel.
  void all_gather_values(std::span<const char> which, const std::function<void()>* meanwhile = nullptr);
  // What each holds of streams that are like the values, on `root` alone; what that has, on those who
  // hold it.
  void gather(int root, StreamOf streams, std::span<const char> which);
  void scatter(int root, StreamOf streams, std::span<const char> which);
  // A stream of a parameter that is whole on one rank.
  void gather_whole(int root, std::size_t parameter, const Buffer& stream);
  void scatter_whole(int root, std::size_t parameter, const Buffer& stream);

  Comm& comm() { return comm_; }
  // The first block of every rank, and the end of the last one.
  std::span<const std::size_t> first_blocks() const { return held_.first_blocks(); }
  bool sharded() const { return !whole_; }
  bool steps_pieces() const { return steps_pieces_; }  // Overlap::steps

 private:
  void write_presence(std::span<char> presence) const;
  void find_present(std::span<const char> presence);
  void form(const StepInput& input);
  void zero_what_others_hold();
  void move_whole(int from, int to, const Buffer& stream);

  Comm& comm_;
  Params& params_;
  const bool whole_, zero_grad_, steps_pieces_;
  const Held held_;
  const Portion portion_;
  Reduction reduction_;
  Gathering gathering_;
  std::unordered_map<const Parameter*, std::size_t> numbers_;
  std::vector<char> moved_;  // parameter -> whether any rule moves it
  std::vector<char> present_;
  std::vector<std::byte*> values_, gradients_;
};

}  // namespace thalweg
