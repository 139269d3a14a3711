// The ranks of a run: the first one has its directory, all have its training.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "run/outline.h"
#include "thalweg/checkpoint.h"
#include "thalweg/comm.h"
#include "thalweg/dataset.h"
#include "thalweg/settings.h"

namespace thalweg {

// Without ranks a process is the first of one. Every rank calls the same functions in the same order.
class Together {
 public:
  explicit Together(Comm* comm = nullptr) : comm_(comm) {}

  bool any() const { return comm_ != nullptr; }
  bool first() const { return comm_ == nullptr || comm_->rank() == 0; }

  // What f returns on the first rank, on all. Throws on all what it throws, on others as an Error. The others
  // wait as long as it takes.
  std::string from_first(const std::function<std::string()>& f);
  void on_first(const std::function<void()>& f);
  // What the first rank says; whether any rank says so.
  bool as_first(bool here);
  bool any_says(bool here);
  int most(int here);
  std::uint64_t sum(std::uint64_t here);

  // As of the first rank: what is chosen by memory is by that of a process.
  RunConfig fit_to_memory(const RunConfig& config, const Loaded& loaded);

  // Throws Error(usage) on all where the ranks have other settings, data, versions or SIMD targets, or
  // something else under `more`.
  void check_same(const RunConfig& config, const Dataset& data, const std::string& more = {});

  // Brings the training of the first rank to all, with the metadata of its checkpoint.
  Metadata spread(Params& params, Optimizer& optimizer, const Metadata& metadata);
  // The values of parameters of the first rank to all.
  void spread(Params& params);

 private:
  Comm* comm_;
};

}  // namespace thalweg
