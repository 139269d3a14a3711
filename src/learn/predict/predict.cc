// What a run's model says of data, with or without targets.
#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/parts/parts.h"
#include "losses/class_weights.h"
#include "metrics/score.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/together.h"
#include "run/weights/load_weights.h"
#include "thalweg/error.h"
#include "thalweg/run.h"
#include "train/outputs.h"
#include "train/recording.h"

namespace thalweg {
namespace {

// One row of scores as people read it; `scores` are those of the model.
void finish_row(const Dataset& data, std::span<const Scaling> scaling, std::span<const double> scores,
                std::span<double> row, RunPredictions& out) {
  if (out.classes)
    out.best.push_back(static_cast<std::uint32_t>(std::ranges::max_element(row) - row.begin()));
  if (out.probabilities) std::ranges::copy(probabilities(scores), row.begin());
  if (out.classes) return;
  for (std::size_t i = 0; i < row.size() && i < scaling.size(); ++i)
    row[i] = predicted(data, i, row[i]) / scaling[i].factor + scaling[i].offset;
}

// "-": stdin, read as the run's own file was.
std::string source_of(const std::string& own, const std::string& data) {
  if (data.empty()) return own;
  if (data != "-") return data;
  Text text = parse({"data", own});
  Item& item = text.front();
  constexpr std::string_view kOneFile[] = {"csv", "libsvm", "npy", "npz", "safetensors"};
  if (std::ranges::find(kOneFile, item.name) == std::end(kOneFile)) {
    throw Error(Code::usage, {"data", "stdin cannot be read as `" + item.name + "`", "`-`",
                              "a run on `csv`, `libsvm`, `npy`, `npz` or `safetensors`",
                              "name the source, such as \"csv(-)\""});
  }
  for (Arg& arg : item.args) {
    const bool file = arg.name == "file" || (arg.name.empty() && &arg == item.args.data());
    if (file) arg.value = {.kind = Value::Kind::string, .word = "-", .text = {}, .list = {}};
  }
  std::erase_if(item.args, [](const Arg& arg) {  // other files
    return arg.name == "test" || arg.name == "targets" || arg.name == "weights" ||
           arg.name == "id" ||  // which the encoding knows, and need not be there
           arg.name.starts_with("test_");
  });
  return print(text);
}

// What the source has beside numbers.
void carry(RowTexts&& texts, RunPredictions& out) {
  out.id = std::move(texts.id);
  out.ids = std::move(texts.ids);
  out.table = {texts.delimiter, std::move(texts.header), std::move(texts.names), std::move(texts.records)};
}

// Of the texts those of these rows.
void keep(std::span<const std::uint32_t> rows, std::vector<std::string>& texts) {
  if (texts.empty()) return;
  std::vector<std::string> kept;
  for (const std::uint32_t row : rows) kept.push_back(std::move(texts[row]));
  texts = std::move(kept);
}

// What is predicted, as `test`.
Dataset load_rows(const RunConfig& config, const std::string& data, const std::string& encoding,
                  const std::string& part, RowTexts& texts) {
  if (part.empty()) return load_all(source_of(config.data, data), encoding, texts);
  if (!data.empty())
    throw Error(Code::usage,
                {"part", "only the run's own data have parts", "`" + data + "`", "no --data", ""});
  RowTexts test_texts{.whole = texts.whole};
  Dataset own = load_dataset(config.data, config.seed, encoding, config.rows.parts, texts, test_texts);
  const std::string reported = own.apart ? "test" : "held out";  // what a file `test` is
  const bool of_test_file = choose_part(own, part) == reported && test_texts.rows > 0;
  if (of_test_file) texts = std::move(test_texts);
  keep(own.test.rows, texts.ids);
  keep(own.test.rows, texts.records);
  return own;
}

}  // namespace

RunPredictions predict_run(const std::filesystem::path& directory, const std::string& data,
                           const PredictOptions& options) {
  check_run(directory);
  const RunConfig config = read_config(directory / "config.toml");
  RowTexts texts{.whole = options.rows};
  const Dataset dataset =
      load_rows(config, data, read_text_file(directory / "encoding.json"), options.part, texts);
  if (options.rows && texts.delimiter == '\0') {
    throw Error(Code::usage, {"append", "the source is no table in a text, whose rows could be copied",
                              "`" + dataset.text + "`", "csv(FILE)", ""});
  }
  RunPredictions out;
  carry(std::move(texts), out);
  out.data = dataset.text;
  out.rows = dataset.test.size();
  out.notes = dataset.notes;
  Module model(config.model, inputs_of(dataset, config.model));
  out.weights = which_weights(directory, options.checkpoint, config);
  const LoadedWeights weights =
      load_weights(directory, out.weights, model, out.notes, {.threads = options.threads});
  out.updates = weights.updates();
  out.epoch = weights.epoch();
  const Loss loss(config.loss);
  const Outputs outputs = outputs_of(dataset, model, loss);
  out.names = outputs.names;
  out.classes = outputs.classes;
  out.probabilities = outputs.probabilities;
  if (out.probabilities && config.rows.class_weights != kNoClassWeights) {
    out.notes.push_back("the training weighed the classes (class-weights " + config.rows.class_weights +
                        "), which shifts these probabilities towards those that weigh more");
  }
  const std::size_t columns = out.names.size();
  const std::vector<Scaling> scaling = scaling_of_outputs(dataset, columns);
  RunConfig here = config;
  here.threads = options.threads;
  Together(options.comm).check_same(here, dataset, options.checkpoint + " " + options.part);
  const auto use = [&](std::uint32_t, std::span<const float> row) {
    const std::array<double, 2> both = both_scores(loss, row[0]);
    const std::vector<double> scores = outputs.one ? std::vector<double>(both.begin(), both.end())
                                                   : std::vector<double>(row.begin(), row.end());
    out.numbers.insert(out.numbers.end(), scores.begin(), scores.end());
    finish_row(dataset, scaling, scores, std::span(out.numbers).last(columns), out);
  };
  for_each_output(model, dataset.test, options.threads, use, options.comm);
  return out;
}

RunPredictions predict_run(const std::filesystem::path& directory, const std::string& data, int threads,
                           const std::string& checkpoint) {
  return predict_run(directory, data, PredictOptions{threads, checkpoint});
}

}  // namespace thalweg
