// examples.json: what a finished run gets wrong.
#pragma once

#include <string>

#include "thalweg/dataset.h"
#include "thalweg/loss.h"
#include "thalweg/metrics.h"
#include "thalweg/module.h"

namespace thalweg {

inline constexpr std::size_t kMostExamples = 24;
inline constexpr std::size_t kMostInputs = 4096;  // of a sample that is written out

// Of the held-out samples, by the model as it stands:
//   {"schema": 1, "classes": [names], "confusion": [[count of samples of class row, taken for column]],
//    "features": [names], "image": [channels, height, width] or [],
//    "worst": [{"row", "truth", "prediction", "probability", "inputs"}]}
// The worst are those whose true class is the least likely (of values: the largest errors over all targets,
// `error` then stands for `probability`, in units of the source); at most kMostExamples. `inputs` are as the
// model sees them, those of images to three digits. `confusion` is left out for values and for many classes,
// `inputs` for large samples.
std::string examples_json(Module& model, const Loss& loss, const Dataset& data, int threads);

}  // namespace thalweg
