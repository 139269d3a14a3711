#include "base/random.h"

#include <numeric>
#include <tuple>
#include <utility>

namespace thalweg {
namespace {

__extension__ typedef unsigned __int128 Wide;

std::pair<std::uint64_t, std::uint64_t> multiply(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return {static_cast<std::uint64_t>(product >> 64), static_cast<std::uint64_t>(product)};
}

}  // namespace

std::array<std::uint64_t, 4> philox4x64(std::array<std::uint64_t, 4> c, std::array<std::uint64_t, 2> key) {
  constexpr std::uint64_t kMultiplier0 = 0xD2E7470EE14C6C93, kMultiplier1 = 0xCA5A826395121157;
  constexpr std::uint64_t kWeyl0 = 0x9E3779B97F4A7C15, kWeyl1 = 0xBB67AE8584CAA73B;
  for (int round = 0; round < 10; ++round) {
    const auto [high0, low0] = multiply(kMultiplier0, c[0]);
    const auto [high1, low1] = multiply(kMultiplier1, c[2]);
    c = {high1 ^ c[1] ^ key[0], low1, high0 ^ c[3] ^ key[1], low0};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return c;
}

Random::Random(std::uint64_t seed, Purpose purpose, std::uint64_t step)
    : key_{seed, static_cast<std::uint64_t>(purpose)}, step_(step) {}

std::uint64_t Random::bits(std::uint64_t index) const {
  return philox4x64({index / 4, step_, 0, 0}, key_)[index % 4];
}

double Random::uniform(std::uint64_t index) const { return static_cast<double>(bits(index) >> 11) * 0x1p-53; }

std::uint64_t Random::below(std::uint64_t bound, std::uint64_t index) const {
  return below(bound, index, bits(index));
}

std::uint64_t Random::below(std::uint64_t bound, std::uint64_t index, std::uint64_t bits) const {
  // Lemire 2019, Fast Random Integer Generation in an Interval: values below the threshold are drawn again,
  // from counters that no plain index reaches. The threshold, a division, is below the bound.
  auto [high, low] = multiply(bits, bound);
  if (low >= bound) return high;
  const std::uint64_t threshold = (0 - bound) % bound;
  for (std::uint64_t again = 1; low < threshold; ++again) {
    std::tie(high, low) = multiply(philox4x64({index, step_, again, 1}, key_)[0], bound);
  }
  return high;
}

std::vector<std::uint32_t> Random::permutation(std::size_t n) const {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::array<std::uint64_t, 4> block{};  // as bits() gives them, four at a time
  for (std::size_t i = n; i > 1; --i) {
    const std::uint64_t index = n - i;
    if (index % 4 == 0) block = philox4x64({index / 4, step_, 0, 0}, key_);
    std::swap(order[i - 1], order[below(i, index, block[index % 4])]);
  }
  return order;
}

}  // namespace thalweg
