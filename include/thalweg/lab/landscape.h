// Loss surfaces over a plane: of a function of two numbers with the ways of optimizers down it, and of a
// trained run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/lab/problem.h"
#include "thalweg/lab/surface.h"

namespace thalweg {

struct FunctionLandscapeOptions {
  DescendOptions descend = {};  // steps, start, noise, seed; its batch is the next line's
  std::vector<std::uint64_t> batches =
      {};  // every chain with each of these, 0 being the full one; none: full
  // None: around start, minima and as much of the paths as fits in about twice that, within the region of the
  // problem.
  std::optional<PlaneRange> range = {};
  std::size_t points = 161;  // of the grid, a side; 2 to 1,000
};

// The function over the range, and the ways of the chains (texts) over it. A way that diverges ends there.
// Throws Error(usage) for a function of other than two numbers, a range that is empty or not finite, and as
// descend() does; Error(diverged) when the function is not finite at the start.
Landscape function_landscape(const Problem& problem, std::span<const std::string> chains,
                             const FunctionLandscapeOptions& options = {});

struct RunLandscapeOptions {
  // random: two directions of normal numbers, each column of a matrix - the weights of one unit - scaled to
  // the norm of that column of the trained weights; biases and norms do not move (Li et al. 2018,
  // arXiv:1712.09913). path: the plane through the last weights and the two principal directions of the
  // checkpoints' differences from them (the same paper, section 7), with the checkpoints and the initial
  // weights projected on it.
  enum class Plane { random, path };

  Plane plane = Plane::random;
  std::uint64_t seed = 1;        // of directions and samples
  double radius = 1;             // random: of the square, in lengths of the directions; above 0
  std::size_t points = 25;       // of the grid, a side; 2 to 1,000
  std::uint64_t samples = 4096;  // of the training set, drawn with the seed; 0, or more than there are: all
  int threads = 1;
};

// The loss of a run's model, its terms on parameters included, around the weights of its newest checkpoint
// (their averages where the chain averages). Reads only. Throws Error(data) when `run` is no run or has no
// whole checkpoint, and for `path` when there are fewer than three different weights; Error(usage) for
// options out of range.
Landscape run_landscape(const std::filesystem::path& run, const RunLandscapeOptions& options = {});

}  // namespace thalweg
