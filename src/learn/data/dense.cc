#include "data/dense.h"

#include <algorithm>

#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostFeatures = std::size_t{1} << 18;
constexpr std::uint64_t kFree = std::uint64_t{48} << 20;  // bytes of memory that the smallest file may take
constexpr std::uint64_t kEachFeature = 500;               // of them: its name, its encoding and their texts

}  // namespace

void check_dense(const std::string& name, std::size_t rows, std::size_t features, std::uint64_t bytes) {
  const std::uint64_t most = kFree + 3 * bytes, taken = features * kEachFeature;
  std::uint64_t numbers = 0;
  const bool fits = !__builtin_mul_overflow(rows, features, &numbers) && features <= kMostFeatures;
  // A dense source has a byte for each number.
  if (fits && taken <= most && numbers <= std::max(bytes, (most - taken) / sizeof(float))) return;
  throw Error(Code::data,
              {name, "the inputs are too large as dense rows",
               std::to_string(rows) + " rows of " + std::to_string(features) + " features",
               "at most " + std::to_string(kMostFeatures) + " features, and " + std::to_string(most) +
                   " bytes of memory for a file of " + std::to_string(bytes) + ", " +
                   std::to_string(kEachFeature) + " for each feature and 4 for each number",
               "fewer features: leave out columns of many words, or prepare the table"});
}

}  // namespace thalweg
