// Reduce on plateau: a rate that is cut when a metric has stopped to improve.
//
// PyTorch's ReduceLROnPlateau, Keras's callback and optax's reduce_on_plateau differ in three choices only,
// each an option here; the defaults are PyTorch's but for the relative threshold.
#pragma once

#include <cstdint>
#include <limits>

namespace thalweg {

struct PlateauOptions {
  enum class Mode { min, max };

  // By how much a metric must be better than the best one: a share of the best one's size; as it is; or the
  // best one times (1 - threshold) (PyTorch), which lies on the wrong side of a negative one.
  enum class Threshold { relative, absolute, torch };

  double factor = 0.1;          // of each cut
  std::uint64_t patience = 10;  // evaluations without improvement
  std::uint64_t cooldown = 0;   // evaluations after a cut during which none counts as bad
  double threshold = 1e-4;
  Threshold threshold_mode = Threshold::relative;
  Mode mode = Mode::min;
  double floor = 0;      // lowest rate
  double eps = 1e-8;     // a cut by no more than this is left out
  bool reached = false;  // a cut comes with the evaluation that reaches the patience (Keras, optax), else
                         // with the one after it (PyTorch)
  bool cooling_ends = false;  // the last evaluation of a cooldown counts again (Keras)
};

// The state is plain numbers: saved and loaded, it continues where it was.
struct Plateau {
  PlateauOptions options;
  double rate = 1.0;                                       // cut step by step; a factor where it starts at 1
  double best = std::numeric_limits<double>::quiet_NaN();  // none yet
  std::uint64_t bad = 0;                                   // evaluations without improvement
  std::uint64_t cooling = 0;                               // evaluations of the cooldown that are left

  // Takes the metric of one evaluation; whether the rate was cut. The first one is an improvement, and NaN
  // never is one.
  bool observe(double metric);
};

}  // namespace thalweg
