// The doctor: what is wrong with a run, with evidence and what to do. Several threads may call it at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/lab/find.h"

namespace thalweg {

struct Finding {
  std::string fault;     // one of fault_names()
  std::string evidence;  // one line, with the numbers that show it
  std::string advice;    // one line
};

// "not-finite"          a loss or tensor is NaN or infinite: the first one, and when
// "rate-too-large"      a rate 10, 100 or 1,000 times smaller learns far better, measured
// "rate-too-small"      a rate 10, 100 or 1,000 times larger learns far better, measured
// "exploding-norms"     gradients or weights grow without bound
// "dead-units"          units of a relu that fire for no training sample
// "overfitting"         the held-out loss has climbed while the training loss fell
// "schedule-unfinished" the rate did not come down to the floor of its schedule
// "decay-on-biases"     weight decay acts on biases or norms
// "not-normalised"      inputs are large, or of very different scales
// "one-class"           nearly all labels are the same
// "sorted-order"        samples come in the order of their labels
// "squashed-output"     the model ends in a layer that the loss applies itself
// "learns-nothing"      the training loss is no better than that of a constant; only when nothing else is
const std::vector<std::string_view>& fault_names();

struct Diagnosis {
  std::string run;                 // its directory
  std::uint64_t updates = 0;       // done
  std::vector<Finding> findings;   // in the order above
  std::vector<std::string> notes;  // what could not be examined, a line each
  double rate = 0;                 // peak of the run's own
  std::vector<RateTrial> trials;   // at its rate and at others, by rate; empty where none were made

  std::string text() const;  // for people
  std::string json() const;  // one object
  // A page with the curves of the run, which is read again. Throws Error(data) when it is gone.
  std::string html() const;
};

// Reads the run directory - configuration, metrics, the newest complete checkpoint, the data itself - and
// repeats the training that must be seen again: where the loss stopped being finite, and short trials at
// other rates. Changes nothing. Throws Error(data) when `directory` is not a run or its data is gone,
// Error(usage) for an invalid configuration.
Diagnosis diagnose(const std::filesystem::path& directory, int threads = 1);

}  // namespace thalweg
