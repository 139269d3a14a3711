#include "data/samples/bytes.h"

#include <cmath>

namespace thalweg {
namespace {

// Mean 0 and standard deviation 1 over all bytes; equal bytes become 0.
Scaling standard_scaling(std::span<const std::uint8_t> bytes) {
  const std::array<std::uint64_t, 256> counts = histogram(bytes);
  const double n = static_cast<double>(bytes.size());
  std::uint64_t sum = 0;
  for (std::size_t byte = 0; byte < 256; ++byte) sum += counts[byte] * byte;
  const double mean = static_cast<double>(sum) / n;
  double squares = 0;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const double distance = static_cast<double>(byte) - mean;
    squares += static_cast<double>(counts[byte]) * distance * distance;
  }
  const double deviation = std::sqrt(squares / n);
  return {mean, deviation > 0 ? 1 / deviation : 1.0 / 255};
}

}  // namespace

// Four tables, since runs of one byte would wait for each other in a single one.
std::array<std::uint64_t, 256> histogram(std::span<const std::uint8_t> bytes) {
  std::array<std::array<std::uint64_t, 256>, 4> tables{};
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) ++tables[lane][bytes[i + lane]];
  }
  for (; i < bytes.size(); ++i) ++tables[0][bytes[i]];
  for (std::size_t byte = 0; byte < 256; ++byte) {
    for (std::size_t lane = 1; lane < 4; ++lane) tables[0][byte] += tables[lane][byte];
  }
  return tables[0];
}

Scaling byte_scaling(const std::string& scale, std::span<const std::uint8_t> training) {
  if (scale == "none") return {};
  if (scale == "unit") return {0, 1.0 / 255};
  return standard_scaling(training);
}

}  // namespace thalweg
