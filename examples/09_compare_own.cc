// A transform of your own in a comparison: Adam's direction with its size bent by tanh, beside AdamW and SGD
// with momentum, a rate for each found within the same budget. A folder that is given keeps the runs, and a
// second run continues there; `thalweg export FOLDER --format csv` has the curves.
#include <cmath>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <type_traits>

#include "thalweg/lab/compare.h"
#include "thalweg/lab/compare_tables.h"
#include "thalweg/thalweg.h"

using namespace thalweg;

int main(int argc, char** argv) {
  register_transform({.card = {.name = "bent_adam",
                               .doc = "tanh of an average of the gradients over one of their sizes",
                               .options = {{.name = "beta", .fallback = "0.9", .min = 0, .max = 0.9999}},
                               .formula = "m <- beta m + (1 - beta) g\n"
                                          "a <- beta a + (1 - beta) abs(g)\n"
                                          "u  = tanh(m / (a + 1e-12))"},
                      .state = {"m", "a"},
                      .rule = true},
                     [](const auto& block) {
                       using T = std::remove_cvref_t<decltype(block.update[0])>;
                       const T beta = static_cast<T>(block.options[0]);
                       for (std::size_t i = 0; i < block.update.size(); ++i) {
                         T &m = block.state[0][i], &a = block.state[1][i], &u = block.update[i];
                         m = beta * m + (1 - beta) * u;
                         a = beta * a + (1 - beta) * std::abs(u);
                         u = std::tanh(m / (a + T{1e-12f}));
                       }
                     });

  RunConfig config;
  config.data = "digits";
  config.model = "dense(10)";
  config.epochs = 3;
  CompareOptions options;
  options.optimizers = {"mine = bent_adam(decay=0.01)", "adamw", "sgd(momentum=0.9)"};
  options.seeds = 3;
  options.rates = 3;
  options.decades = 2;
  options.tuning_seeds = 1;

  namespace fs = std::filesystem;
  const bool kept = argc > 1;
  const fs::path folder =
      kept ? fs::path(argv[1])
           : fs::temp_directory_path() / ("compare_own_" + std::to_string(std::random_device()()));
  Comparison comparison = Comparison::open(config, options, folder);
  for (ComparedTrial trial; comparison.next(trial);)
    std::cerr << comparison.done() << " of " << comparison.total() << "\r";
  const ComparisonResult result = comparison.result();
  std::cout << result.text() << "\n" << comparison_table(result, TableFormat::markdown);
  if (!kept) fs::remove_all(folder);
  return result.optimizers.size() == 3 ? 0 : 1;
}
