// What the picture of a stop shows with other seeds.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "thalweg/chain.h"
#include "thalweg/lab/problem.h"
#include "thalweg/quantiles.h"
#include "tour/stops.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kSeeds = 100;  // 1 ... kSeeds

// One path, seed by seed.
std::vector<Descent> over_seeds(const Stop& stop, const std::string& chain) {
  std::vector<Descent> out;
  DescendOptions options = stop.options.descend;
  for (options.seed = 1; options.seed <= kSeeds; ++options.seed)
    out.push_back(descend(Problem(stop.problem), Chain(chain), options));
  return out;
}

std::vector<double> ends(const std::vector<Descent>& descents) {
  std::vector<double> out;
  for (const Descent& one : descents) out.push_back(one.losses.back());
  return out;
}

std::string said(const std::string& text) { return fmt::format("over seeds 1 to {}: {}", kSeeds, text); }

}  // namespace

std::string count_losses(const Stop& stop) {
  std::vector<std::vector<double>> losses;
  for (const std::string& path : stop.paths) losses.push_back(ends(over_seeds(stop, path)));
  std::vector<std::size_t> lowest(losses.size());
  for (std::size_t seed = 0; seed < kSeeds; ++seed) {
    const auto of_seed = [&](const std::vector<double>& path) { return path[seed]; };
    ++lowest[static_cast<std::size_t>(std::ranges::min_element(losses, {}, of_seed) - losses.begin())];
  }
  std::string out;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    out += fmt::format("{}{} ends lowest in {}, median loss {:.2g}", i == 0 ? "" : "; ", stop.paths[i],
                       lowest[i], median(losses[i]));
  }
  return said(out);
}

// The hollows of styblinski_tang lie at depths that are 14.1 apart; one that is a hollow lower is lower by
// half of that.
std::string count_hollows(const Stop& stop) {
  constexpr double kHalf = 7;
  constexpr std::size_t kCycles = 3;
  const std::vector<double> single = ends(over_seeds(stop, stop.paths[0]));
  std::size_t apart = 0, last_lower = 0, last_higher = 0, best_lower = 0, best_higher = 0;
  const std::vector<Descent> cyclic = over_seeds(stop, stop.paths[1]);
  for (std::size_t seed = 0; seed < kSeeds; ++seed) {
    std::vector<double> settled;
    for (std::size_t i = 1; i <= kCycles; ++i)
      settled.push_back(cyclic[seed].losses[i * stop.options.descend.updates / kCycles]);
    const auto [best, worst] = std::ranges::minmax(settled);
    apart += worst - best > kHalf;
    last_lower += settled.back() < single[seed] - kHalf;
    last_higher += settled.back() > single[seed] + kHalf;
    best_lower += best < single[seed] - kHalf;
    best_higher += best > single[seed] + kHalf;
  }
  return said(fmt::format(
      "the ends of the three cycles lie in more than one hollow in {}; the last one is a hollow deeper than "
      "that of one cosine in {} and shallower in {}, the best one deeper in {} and shallower in {}",
      apart, last_lower, last_higher, best_lower, best_higher));
}

}  // namespace thalweg
