// For tests of readers: files to read, what is read, and what an error says.
#pragma once

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "files/test_gzip.h"
#include "thalweg/dataset.h"

namespace thalweg {

// The encoded inputs of a part, row after row.
inline std::vector<float> inputs_of(const Samples& samples) {
  std::vector<std::uint32_t> rows(samples.size());
  std::iota(rows.begin(), rows.end(), 0u);
  std::vector<float> out(samples.size() * samples.features());
  samples.gather(rows, out);
  return out;
}

// The rows of a source, in the order of its file and as their text says: every row once, without scaling.
inline std::vector<float> plain_inputs(const std::string& text) { return inputs_of(load_all(text, "").test); }

}  // namespace thalweg
