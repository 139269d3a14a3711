// The picture of a stop, and the command that draws the same.
#include "base/spec.h"
#include "base/text.h"
#include "thalweg/lab/landscape.h"
#include "tour/stops.h"

namespace thalweg {
namespace {

std::string batch_text(std::uint64_t batch) { return batch == 0 ? "full" : std::to_string(batch); }

}  // namespace

Landscape landscape_of(const Stop& stop) {
  return function_landscape(Problem(stop.problem), stop.paths, stop.options);
}

std::string command_of(const Stop& stop) {
  const FunctionLandscapeOptions& options = stop.options;
  const DescendOptions& descend = options.descend;
  std::string out = "thalweg landscape " + shell_word(stop.problem);
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) out += std::string(" ") + flag + " " + shell_word(value);
  };
  add("--paths", join(stop.paths, "; "));
  add("--batch", join(options.batches, ",", batch_text));
  add(options.epochs > 0 ? "--epochs" : "--steps",
      std::to_string(options.epochs > 0 ? options.epochs : descend.updates));
  add("--start", join(descend.start, " ", print_number));
  add("--noise", join(descend.noise, " ", print_number));
  if (descend.seed != DescendOptions{}.seed) add("--seed", std::to_string(descend.seed));
  if (const std::optional<PlaneRange>& range = options.range) {
    add("--range",
        join(std::vector{range->x_low, range->x_high, range->y_low, range->y_high}, " ", print_number));
  }
  return out + " --html " + std::string(stop.id) + ".html";
}

}  // namespace thalweg
