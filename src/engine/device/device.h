// What executes the passes of a step, and nothing else: a processor and its threads, or whatever else
// computes.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "device/inspect.h"
#include "device/memory.h"
#include "device/partition.h"
#include "device/statistics.h"
#include "plan/lower.h"
#include "plan/plan.h"
#include "thalweg/params.h"

namespace thalweg {

// What the passes of a step act on, and where they leave what they find.
struct Work {
  std::span<const Piece> spans = {};             // parameters of one cohort that follow each other in memory
  std::span<const std::size_t> span_begin = {};  // span -> its first block among theirs; one more for the end
  std::span<const char> takes_part = {};         // parameter -> whether it does
  bool from_window = false;                      // the gradient is the sum of a window
  double known_norm = std::numeric_limits<double>::quiet_NaN();  // of all: the first phase need not sum it
  std::span<Total> partials = {};                                // block * kMaxSums, of gathers
  std::span<Total> squares = {};  // block -> of the gradient as it entered; empty: not asked for
  Measurer* measurer = nullptr;   // where the step is measured
  bool rehearses = false;         // nothing that stays is written: what would be is only looked at
  const std::function<void()>* meanwhile = nullptr;  // to be called once where others are waited for
  bool apart = false;                                // the spans are a part of a step, of a single phase
};

// What a device is made for, all of which outlives it.
struct Bound {
  Params& params;
  const Plan& plan;
  Memory& memory;
  Lowering& lowering;
  const Portion& portion;  // of the blocks: nothing else is touched
};

struct DeviceOptions {
  int threads = 1;
  std::string simd = {};   // empty: the best
  std::size_t tile = 256;  // elements, a multiple of kLanes up to kBlock
  bool zero_grad = false;  // set gradients to 0 as they are used
};

// The same bits whatever executes: element-wise work depends on the element alone, and sums are of blocks of
// kBlock elements, which one fixed tree adds up. Used by one thread at a time.
class Device {
 public:
  virtual ~Device() = default;

  // The phases of a step, one after the other. Calls before(i) on one thread when phase i - 1 is complete,
  // before phase i begins; not for the first one, whose numbers are there.
  virtual void run(const Work& work, const std::function<void(std::size_t phase)>& before) = 0;

  // After the parts of a step that were run apart.
  virtual void end_apart(const Work&) {}

  // Gradients that were not finite in the last run().
  virtual const Found& found() const = 0;
  // Numbers of parameters and state that the last run() or accumulate() left not finite, or would have.
  virtual const Found& spoiled() const = 0;

  // Looks at the gradients of the parameters that take part; with `zero` sets what is not finite to 0.
  virtual Found inspect(const Work& work, bool zero) = 0;

  // Sums of squares of the gradients, as `work.squares` says; 0 for parameters that do not take part.
  virtual void measure(const Work& work) = 0;

  // window = weight * gradient where `weights` is 0 for the parameter, else window += weight * gradient.
  virtual void accumulate(const Work& work, std::span<const double> weights, double weight) = 0;

  virtual void zero_grads(const Work& work) = 0;

  // Buffers of one type and shape.
  virtual void copy(const Buffer& from, const Buffer& to) = 0;
  virtual void fill(const Buffer& to, double number) = 0;

  virtual int members() const = 0;  // that Measurer::add() may be called for
};

// Who makes the device of an optimizer.
using DeviceMaker = std::unique_ptr<Device> (*)(const Bound& bound, const DeviceOptions& options);

}  // namespace thalweg
