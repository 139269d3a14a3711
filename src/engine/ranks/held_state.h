// The memory of an optimizer, of whose streams this process holds a part: all, or that of its rank.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "device/device.h"
#include "ranks/ranks.h"

namespace thalweg {

class HeldState {
 public:
  HeldState(Params& params, const Plan& plan, const OptimizerOptions& options);

  Memory& memory() { return memory_; }
  const Portion& portion() const { return portion_; }
  Ranks* ranks() { return ranks_.get(); }  // null where there are none

  // What is held of a stream of a parameter: of one that is not like the value all or nothing.
  Buffer of(std::size_t parameter, const Buffer& stream) const;
  std::uint64_t bytes() const;

  // Brings what the other ranks hold to one of them.
  void gather(int root);
  // Brings to each rank what it holds, from one that has all.
  void scatter(int root);
  // Whether everything is here; it was written, where others hold a part.
  bool is_whole() const { return portion_.whole() || gathered_; }
  void has_all() { gathered_ = true; }
  // Gives back the memory of what is not held, where it has any.
  void drop_gathered();

 private:
  enum class Way { gather, scatter };
  void move(int root, Way way);
  // One stream of every parameter that has it.
  void move(int root, Way way, const std::function<Stream(std::size_t parameter)>& stream);

  const Params& params_;
  const Plan& plan_;
  std::unique_ptr<Ranks> ranks_;
  const Portion portion_;
  Memory
      memory_;  // of which the system gives the pages that are used: addresses of all, memory of what is held
  bool gathered_ = false;
};

}  // namespace thalweg
