// Several checkpoints of one run as one model, whose prediction is the mean of theirs: a snapshot ensemble
// (Huang et al. 2017, arXiv:1704.00109).
#include <cmath>
#include <numeric>

#include "base/file.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/loaded_weights.h"
#include "thalweg/error.h"
#include "thalweg/run.h"
#include "train/recording.h"
#include "train/score.h"

namespace thalweg {
namespace {

// What of the scores of a row is averaged, and how the mean is turned into scores again: probabilities where
// the loss makes them, else the scores themselves.
enum class Mean { softmax, logistic, scores };

Mean mean_of(const Loss& loss) {
  if (loss.classifies()) return Mean::softmax;
  return loss.text().starts_with("bce") ? Mean::logistic : Mean::scores;
}

// Adds what one checkpoint says of a row.
void add_row(Mean mean, std::span<const float> scores, std::span<double> sum) {
  double most = scores[0];
  for (const double score : scores) most = std::max(most, score);
  double all = 0;
  for (const double score : scores) all += std::exp(score - most);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double score = scores[i];
    if (mean == Mean::softmax) sum[i] += std::exp(score - most) / all;
    if (mean == Mean::logistic) sum[i] += 1 / (1 + std::exp(-score));
    if (mean == Mean::scores) sum[i] += score;
  }
}

double to_score(Mean mean, double average) {
  if (mean == Mean::softmax) return std::log(average);
  return mean == Mean::logistic ? std::log(average) - std::log1p(-average) : average;
}

// A probability of 0 or 1 has no finite score; this one is as sure as a float can be.
constexpr double kMostSure = 100;

std::vector<float> to_scores(Mean mean, std::span<const double> sums, std::size_t members) {
  std::vector<float> scores(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double score = to_score(mean, sums[i] / static_cast<double>(members));
    scores[i] =
        static_cast<float>(mean == Mean::scores ? score : std::max(-kMostSure, std::min(kMostSure, score)));
  }
  return scores;
}

Targets targets_of(const Samples& samples) { return {.labels = samples.labels, .values = samples.values}; }

Evaluation evaluate_scores(const Loss& loss, const Dataset& data, std::span<const float> scores,
                           std::size_t columns) {
  const Samples& samples = data.test;
  Evaluation out{.samples = samples.size()};
  const double n = static_cast<double>(samples.size());
  out.loss = loss.evaluate(scores, columns, targets_of(samples), 0, {}) / n;
  if (data.classes > 0) {
    out.accuracy = static_cast<double>(correct(scores, columns, samples.labels)) / n;
    return out;
  }
  RegressionScore score(data.columns, data.target_scaling);
  score.add(scores, samples.values);
  out.r2 = score.r2();
  out.mae = score.mae();
  return out;
}

}  // namespace

RunEvaluation evaluate_run(const std::filesystem::path& directory, std::span<const std::string> members,
                           const std::string& source, int threads) {
  if (members.empty()) {
    throw Error(Code::usage, {"checkpoints", "there are none", "", "one or more, such as 46,92", ""});
  }
  check_run(directory);
  const RunConfig config = read_config(directory / "config.toml");
  const Dataset data = load_dataset(source.empty() ? config.data : source, config.seed,
                                    read_text_file(directory / "encoding.json"));
  const Samples& samples = data.test;
  RunEvaluation out;
  out.data = data.text;
  if (samples.size() == 0 || (data.classes > 0 ? samples.labels.empty() : samples.values.empty())) {
    throw Error(Code::data, {out.data, "there are no held-out samples with targets", "", "at least one", ""});
  }
  const Loss loss(config.loss);
  const Mean mean = mean_of(loss);
  Module model(config.model, data.sample);
  const std::size_t columns = count(model.outputs());
  std::vector<double> sums(samples.size() * columns);
  std::vector<std::uint32_t> rows(samples.size());
  std::iota(rows.begin(), rows.end(), 0u);
  Recordings recordings(model, config.seed, threads);
  for (const std::string& which : members) {
    const LoadedWeights weights = load_weights(directory, which, model.params(), out.notes);
    out.members.push_back(weights.updates());
    for_chunks(rows, Trainer::kChunk, [&](std::span<const std::uint32_t> chunk) {
      Recording& recording = recordings.forward(samples, chunk);
      const std::span<const float> scores = recording.tape.value<float>(recording.y);
      for (std::size_t i = 0; i < chunk.size(); ++i) {
        add_row(mean, scores.subspan(i * columns, columns),
                std::span(sums).subspan(chunk[i] * columns, columns));
      }
    });
  }
  out.updates = out.members.back();
  out.test = evaluate_scores(loss, data, to_scores(mean, sums, members.size()), columns);
  return out;
}

}  // namespace thalweg
