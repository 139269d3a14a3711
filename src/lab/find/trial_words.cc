#include "find/trial_words.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"

namespace thalweg {

std::string trial_text(const RateTrial& trial) {
  if (trial.diverged) return fmt::format("{:>10.3g}  {:>10}\n", trial.rate, "diverged");
  std::string out = fmt::format("{:>10.3g}  {:>10.4g}", trial.rate, trial.loss);
  if (!std::isnan(trial.accuracy)) out += fmt::format("  {:>9.2f} %", 100 * trial.accuracy);
  return out + "\n";
}

std::string trial_json(const RateTrial& trial) {
  return JsonObject()
      .add("rate", trial.rate)
      .add("diverged", trial.diverged)
      .add("loss", trial.loss)
      .add("accuracy", trial.accuracy)
      .text();
}

page::Chart trials_chart(std::string id, std::string title, const std::vector<RateTrial>& trials) {
  page::Series series{
      .name = "loss on samples set aside", .look = "s0", .marker = page::Marker::circle, .points = {}};
  for (const RateTrial& trial : trials) {
    series.points.push_back({trial.rate, trial.loss});
    series.notes.push_back(
        std::isnan(trial.accuracy) ? "" : fmt::format("{:.2f} % correct", 100 * trial.accuracy));
  }
  return {.id = std::move(id),
          .title = std::move(title),
          .x_name = "learning rate",
          .y_name = series.name,
          .across = page::Across::log,
          .scale = page::Scale::log,
          .series = {series}};
}

}  // namespace thalweg
