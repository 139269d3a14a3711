#include "train/confusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "metrics/score.h"
#include "train/outputs.h"
#include "train/recording.h"

namespace thalweg {
namespace {

constexpr int kDigitsOfImages = 3;  // of inputs that are looked at as a picture; others are read back

struct Judged {
  std::uint32_t sample = 0;
  double badness = 0;  // the larger, the worse
  std::string truth, prediction;
  double told = 0;  // probability of the prediction, or error
};

// Keeps the worst.
class Worst {
 public:
  void add(Judged judged) {
    const auto after =
        std::upper_bound(kept_.begin(), kept_.end(), judged,
                         [](const Judged& a, const Judged& b) { return a.badness > b.badness; });
    kept_.insert(after, std::move(judged));
    if (kept_.size() > kMostExamples) kept_.pop_back();
  }
  bool takes(double badness) const { return kept_.size() < kMostExamples || badness > kept_.back().badness; }
  const std::vector<Judged>& kept() const { return kept_; }

 private:
  std::vector<Judged> kept_;
};

std::vector<double> probabilities_of(const Loss& loss, std::span<const float> scores, std::size_t classes) {
  if (scores.size() > 1 || classes == 1) return probabilities(scores);
  return probabilities(both_scores(loss, scores[0]));
}

struct Findings {
  std::vector<std::string> names;  // of classes
  std::vector<std::vector<std::uint64_t>> confusion = {};
  Worst worst = {};
};

void judge_class(const Loss& loss, const Dataset& data, std::uint32_t sample, std::span<const float> scores,
                 Findings& found) {
  if (data.test.labels[sample] == kNoClass || loss.ignores(data.test.labels[sample])) return;
  const std::vector<double> p = probabilities_of(loss, scores, data.classes);
  const auto truth = static_cast<std::size_t>(data.test.labels[sample]);
  const auto best = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
  if (!found.confusion.empty()) ++found.confusion[truth][best];
  const double badness = 1 - p[truth];
  if (!found.worst.takes(badness)) return;
  found.worst.add({sample, badness, found.names[truth], found.names[best], p[best]});
}

// Digits that show a number and how far a prediction of it is off: four, and more where that is far less.
int digits_for(double number, double error) {
  constexpr double kLeast = 4, kMost = std::numeric_limits<double>::max_digits10;
  const double apart = error == 0 ? 0 : std::floor(std::log10(std::abs(number / error)));
  return static_cast<int>(std::fmin(std::fmax(apart + 3, kLeast), kMost));
}

void judge_values(const Dataset& data, std::uint32_t sample, std::span<const float> outputs,
                  Findings& found) {
  double squares = 0, error = 0;
  std::string truth, prediction;
  for (std::size_t c = 0; c < data.columns; ++c) {
    const Scaling scaling = c < data.target_scaling.size() ? data.target_scaling[c] : Scaling{};
    const double want = data.test.values[sample * data.columns + c];
    const double said = predicted(data, c, outputs[c]), off = said - want;
    squares += off * off;
    error += std::abs(off / scaling.factor) / static_cast<double>(data.columns);
    const char* between = c == 0 ? "" : ", ";
    const double wanted = want / scaling.factor + scaling.offset;
    const int digits = digits_for(wanted, off / scaling.factor);
    truth += fmt::format("{}{:.{}g}", between, wanted, digits);
    prediction += fmt::format("{}{:.{}g}", between, said / scaling.factor + scaling.offset, digits);
  }
  if (found.worst.takes(squares)) found.worst.add({sample, squares, truth, prediction, error});
}

std::string inputs_json(const Dataset& data, std::uint32_t sample) {
  std::vector<float> inputs(data.test.features());
  const std::uint32_t rows[] = {sample};
  data.test.gather(rows, inputs);
  const int digits = data.image.empty() ? std::numeric_limits<float>::max_digits10 : kDigitsOfImages;
  return json_list(inputs,
                   [&](float x) { return std::isfinite(x) ? fmt::format("{:.{}g}", x, digits) : "null"; });
}

std::string worst_json(const Dataset& data, const Judged& judged) {
  JsonObject out;
  const std::uint64_t row =
      judged.sample < data.test.rows.size() ? data.test.rows[judged.sample] : judged.sample;
  out.add("row", row).add("truth", judged.truth).add("prediction", judged.prediction);
  out.add(data.classes > 0 ? "probability" : "error", judged.told);
  if (data.test.features() <= kMostInputs) out.raw("inputs", inputs_json(data, judged.sample));
  return out.text();
}

}  // namespace

std::string examples_json(Module& model, const Loss& loss, const Dataset& data, int threads) {
  const bool classes = data.classes > 0;
  const bool tells = classes ? tells_classes(loss) : tells_values(loss);
  if (!tells || (classes ? data.test.labels.empty() : data.test.values.empty())) return {};
  Findings found{.names = class_names(data.class_names, data.classes)};
  if (classes && data.classes <= kMostConfused)
    found.confusion.assign(data.classes, std::vector<std::uint64_t>(data.classes));
  for_each_output(model, data.test, threads, [&](std::uint32_t sample, std::span<const float> row) {
    classes ? judge_class(loss, data, sample, row, found) : judge_values(data, sample, row, found);
  });
  const auto worst = [&](const Judged& judged) { return worst_json(data, judged); };
  JsonObject out;
  out.add("schema", 1).add("classes", found.names);
  if (!found.confusion.empty()) out.add("confusion", found.confusion);
  out.add("features", data.feature_names).add("image", data.image);
  out.add("probabilities", classes && loss.outputs() == Loss::Outputs::softmax);
  return out.raw("worst", json_list(found.worst.kept(), worst)).text() + "\n";
}

}  // namespace thalweg
