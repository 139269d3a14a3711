// The objects behind handles of the optimizer's functions.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "thalweg/c.h"
#include "thalweg/checkpoint_writer.h"
#include "thalweg/comm.h"
#include "thalweg/optimizer.h"

namespace thalweg::c {

// Behind thalweg_params stands Params itself.
Parameter& parameter_at(Params& params, std::size_t index);

struct BoundOptimizer {
  std::atomic<bool> in_use = false;  // by a call
  std::shared_ptr<Params> params;
  std::shared_ptr<Comm> comm;            // null without ranks
  std::shared_ptr<Optimizer> optimizer;  // a trainer's, or its own
  Report last = {};
  std::vector<StateTensor> state = {};  // as last asked for
  std::vector<StateNumber> numbers = {};
  std::vector<Optimizer> replaced = {};  // by replanning: what state() told of lies there
  std::optional<CheckpointWriter> writer = {};
  std::optional<Averaged> averaged = {};  // while the parameters hold it
  std::function<Averaged()> lend = {};    // a trainer's way to it: its model keeps more than is trained

  // For whatever moves parameters or state: Error(usage) while the parameters hold averages.
  Optimizer& at_work() const;
};

// An optimizer for as long as a call lasts. Error(usage) while another thread's call uses it.
class Use {
 public:
  explicit Use(BoundOptimizer& optimizer);
  explicit Use(const thalweg_optimizer* handle);
  ~Use() { optimizer_.in_use.store(false, std::memory_order_release); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  BoundOptimizer* operator->() const { return &optimizer_; }
  BoundOptimizer& operator*() const { return optimizer_; }

 private:
  BoundOptimizer& optimizer_;
};

Shape read_shape(std::size_t rank, const std::int64_t* shape);
Nonfinite read_nonfinite(const char* policy);
int read_threads(int threads);  // 0: all that the process may use
thalweg_report report_of(const Report& report, Params& params);
thalweg_tensor tensor_of(const std::string& name, const Buffer& buffer);

}  // namespace thalweg::c
