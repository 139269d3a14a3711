// Weights of a run on held-out data. Several checkpoints are one model, whose prediction is the mean of
// theirs: a snapshot ensemble (Huang et al. 2017, arXiv:1704.00109).
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "data/dataset.h"
#include "data/subset.h"
#include "metrics/json.h"
#include "metrics/regression.h"
#include "metrics/score.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/result.h"
#include "run/together.h"
#include "run/weights/load_weights.h"
#include "thalweg/error.h"
#include "thalweg/run.h"
#include "train/evaluate_classes.h"
#include "train/recording.h"
#include "train/trial.h"

namespace thalweg {
namespace {

// What of the scores of a row is averaged, and how the mean is turned into scores again: probabilities where
// the loss makes them, else the scores themselves.
enum class Mean { softmax, logistic, scores };

Mean mean_of(const Loss& loss) {
  if (loss.outputs() == Loss::Outputs::softmax) return Mean::softmax;
  return loss.outputs() == Loss::Outputs::logistic ? Mean::logistic : Mean::scores;
}

// Adds what one checkpoint says of a row.
void add_row(Mean mean, std::span<const float> scores, std::span<double> sum) {
  const std::vector<double> p = mean == Mean::softmax ? probabilities(scores) : std::vector<double>();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double score = scores[i];
    sum[i] += mean == Mean::softmax ? p[i] : mean == Mean::logistic ? 1 / (1 + std::exp(-score)) : score;
  }
}

double to_score(Mean mean, double average) {
  if (mean == Mean::softmax) return std::log(average);
  return mean == Mean::logistic ? std::log(average) - std::log1p(-average) : average;
}

// A probability of 0 or 1 has no finite score; this one is as sure as a float can be.
constexpr double kMostSure = 100;

std::vector<double> to_scores(Mean mean, std::span<const double> sums, std::size_t members) {
  std::vector<double> scores(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double score = to_score(mean, sums[i] / static_cast<double>(members));
    scores[i] = mean == Mean::scores ? score : std::max(-kMostSure, std::min(kMostSure, score));
  }
  return scores;
}

// What those scores come to; rows of them are turned into floats as they are needed.
Evaluation evaluate_scores(const Loss& loss, const Dataset& data, std::span<const double> exact,
                           std::size_t columns) {
  const Samples& samples = data.test;
  std::vector<float> outputs, values;  // of the rows at hand
  std::vector<std::int32_t> labels;
  std::vector<double> weights;
  const auto said_of = [&](std::span<const std::uint32_t> rows) {
    outputs.clear(), labels.clear(), weights.clear();
    for (const std::uint32_t row : rows) {
      const std::span<const double> of = exact.subspan(row * columns, columns);
      outputs.insert(outputs.end(), of.begin(), of.end());
    }
    append_rows(samples.labels, rows, 1, labels);
    append_rows(samples.weights, rows, 1, weights);
    return PredictedRows{outputs, labels, weights};
  };
  std::vector<std::uint32_t> all(samples.size());
  std::iota(all.begin(), all.end(), 0u);
  Evaluation out{.samples = samples.size()};
  if (data.classes > 0) {
    out = evaluate_classes(
        loss, data, samples, all, columns, Trainer::kChunk, Metrics::all,
        [&](std::span<const std::uint32_t>, std::span<const std::uint32_t> rows) { return said_of(rows); });
  } else {
    for_chunks(all, Trainer::kChunk, [&](std::span<const std::uint32_t> rows) {
      said_of(rows);
      values.clear();
      append_rows(samples.values, rows, data.columns, values);  // as in training
      const Targets targets{.labels = {}, .values = values, .exact = {}, .weights = weights};
      out.loss += loss.evaluate(outputs, columns, targets, 0, {});
      out.mass += loss.mass(targets, rows.size());
    });
    RegressionScore score(data.columns, data.target_scaling, data.target_range);
    if (tells_values(loss)) {
      score.add(exact, samples.values, samples.weights, columns);
      score.fill(out);
    }
  }
  out.loss = out.has_no_loss() ? Evaluation::kNone : out.loss / out.mass;
  return out;
}

RunConfig config_of(const std::filesystem::path& directory) {
  check_run(directory);
  return read_config(directory / "config.toml");
}

// What is judged is `test`: a part of the run's own data, or others encoded like them.
Dataset data_of(const std::filesystem::path& directory, const RunConfig& config, const std::string& source,
                const std::string& part, RunEvaluation& out) {
  const std::string encoding = read_text_file(directory / "encoding.json");
  const bool own = source.empty() || same_samples(source, config.data);
  if (!own && !part.empty())
    throw Error(Code::usage, {"part", "only the run's own data have parts", shown(source), "no --part", ""});
  Dataset data =
      own ? load_dataset(source.empty() ? config.data : source, config.seed, encoding, config.rows.parts)
          : load_to_judge(source, encoding);
  out.run = std::filesystem::absolute(directory).lexically_normal();
  out.name = run_name(config, out.run);
  out.data = data.text;
  out.all = data.train.size() == 0;
  out.part = own ? choose_part(data, part) : out.all ? "all rows" : "held out";
  if (!source.empty()) out.notes = data.notes;  // those of the run's own were told in training
  const bool values = data.classes == 0;
  if (data.test.size() > 0 && !(values ? data.test.values.empty() : data.test.labels.empty())) return data;
  throw Error(Code::data, {out.data, "there are no held-out samples with targets", "", "at least one",
                           "name others with --data, or --part train"});
}

void check_same(Comm* comm, RunConfig config, int threads, const Dataset& data, const std::string& more) {
  config.threads = threads;
  Together(comm).check_same(config, data, more);
}

}  // namespace

std::string RunEvaluation::json() const {
  JsonObject object;
  add_run(object.add("schema", 1), run, name)
      .add("data", data)
      .add("judged", part)
      .add("weights", weights)
      .add("epoch", epoch)
      .add("updates", updates);
  add_evaluation(object, test);
  if (!members.empty()) object.add("members", members);
  return object.text();
}

RunEvaluation evaluate_run(const std::filesystem::path& directory, const std::string& source, int threads,
                           const std::string& checkpoint, const std::string& part, Comm* comm) {
  const RunConfig config = config_of(directory);
  RunEvaluation out;
  Dataset data = data_of(directory, config, source, part, out);
  check_same(comm, config, threads, data, checkpoint + " " + part);
  if (out.all) std::swap(data.train, data.test);  // no trainer is made without samples to train on
  Trial trial(Module(config.model, inputs_of(data, config.model)), Loss(config.loss), Chain("lr(0)"), data,
              {.batch = static_cast<std::size_t>(config.batch.value_or(0)),
               .accumulate = static_cast<std::size_t>(config.accumulate),
               .seed = config.seed,
               .threads = threads,
               .shards = comm == nullptr ? 1 : static_cast<std::size_t>(comm->size()),  // of no batch
               .comm = comm});
  out.weights = which_weights(directory, checkpoint, config);
  const LoadedWeights weights = load_weights(directory, out.weights, trial.model(), out.notes,
                                             {source.empty() ? &data : nullptr, threads});
  out.updates = weights.updates();
  out.epoch = weights.epoch();
  out.test = trial.trainer().evaluate(out.all ? data.train : data.test, Metrics::all);
  return out;
}

RunEvaluation evaluate_run(const std::filesystem::path& directory, std::span<const std::string> members,
                           const std::string& source, int threads, const std::string& part, Comm* comm) {
  if (members.empty()) {
    throw Error(Code::usage, {"checkpoints", "there are none", "", "one or more, such as 46,92", ""});
  }
  const RunConfig config = config_of(directory);
  RunEvaluation out;
  const Dataset data = data_of(directory, config, source, part, out);
  check_same(comm, config, threads, data, part);
  const Samples& samples = data.test;
  const Loss loss = Loss(config.loss).resolve(out.all ? samples.labels : data.train.labels, data.classes);
  const Mean mean = mean_of(loss);
  Module model(config.model, inputs_of(data, config.model));
  const std::size_t columns = count(model.outputs());
  std::vector<double> sums(samples.size() * columns);
  for (const std::string& which : members) {
    const LoadedWeights weights =
        load_weights(directory, which, model, out.notes, {source.empty() ? &data : nullptr, threads});
    out.members.push_back(weights.updates());
    out.epoch = weights.epoch();
    const auto use = [&](std::uint32_t row, std::span<const float> scores) {
      add_row(mean, scores, std::span(sums).subspan(row * columns, columns));
    };
    for_each_output(model, samples, threads, use, comm);
  }
  out.weights = "mean";
  out.updates = out.members.back();
  out.test = evaluate_scores(loss, data, to_scores(mean, sums, members.size()), columns);
  return out;
}

}  // namespace thalweg
