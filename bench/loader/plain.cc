#include "loader/plain.h"

void plain_gather(const std::uint8_t* bytes, std::size_t features, std::span<const std::uint32_t> rows,
                  float offset, float factor, float* to) {
  constexpr std::size_t kAhead = 8, kLine = 64;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint8_t* next = bytes + rows[i + kAhead < rows.size() ? i + kAhead : i] * features;
    for (std::size_t at = 0; at < features; at += kLine) __builtin_prefetch(next + at);
    const std::uint8_t* from = bytes + rows[i] * features;
    for (std::size_t j = 0; j < features; ++j)
      to[i * features + j] = (static_cast<float>(from[j]) - offset) * factor;
  }
}
