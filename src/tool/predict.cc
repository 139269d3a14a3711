// thalweg predict: what a run's model says of every row of a data source.
#include <fmt/core.h>

#include "base/file.h"
#include "base/json.h"
#include "base/threads.h"
#include "thalweg/run.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string run;
  std::string data;
  std::string part;
  std::string checkpoint;
  std::string format = "csv";
  std::string out;
  int threads = available_threads();
};

// A field of a CSV file (RFC 4180).
std::string quoted(const std::string& field) {
  const bool plain = field.find_first_of(",\"\r\n") == std::string::npos && !field.empty() &&
                     field.front() != ' ' && field.back() != ' ';
  if (plain) return field;
  std::string out = "\"";
  for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string heading(const RunPredictions& p, const std::string& name) {
  return !p.classes ? name : p.probabilities ? "p(" + name + ")" : "score(" + name + ")";
}

std::string csv(const RunPredictions& p) {
  std::string out = p.classes ? "class" : "";
  for (const std::string& name : p.names) out += (out.empty() ? "" : ",") + quoted(heading(p, name));
  out += "\n";
  for (std::size_t row = 0; row < p.rows; ++row) {
    std::string line = p.classes ? quoted(p.names[p.best[row]]) : "";
    for (std::size_t i = 0; i < p.names.size(); ++i) {
      line += fmt::format("{}{}", line.empty() ? "" : ",", p.numbers[row * p.names.size() + i]);
    }
    out += line + "\n";
  }
  return out;
}

std::string jsonl(const RunPredictions& p) {
  std::string out;
  for (std::size_t row = 0; row < p.rows; ++row) {
    JsonObject numbers;
    for (std::size_t i = 0; i < p.names.size(); ++i) {
      const double number = p.numbers[row * p.names.size() + i];
      numbers.raw(p.names[i], number - number == 0 ? fmt::format("{}", number) : "null");
    }
    out += !p.classes ? numbers.text()
                      : JsonObject()
                            .add("class", p.names[p.best[row]])
                            .raw(p.probabilities ? "probabilities" : "scores", numbers.text())
                            .text();
    out += "\n";
  }
  return out;
}

int predict(const Flags& flags) {
  const RunPredictions predictions =
      predict_run(flags.run, flags.data, flags.threads, flags.checkpoint, flags.part);
  for (const std::string& line : predictions.notes) note(line);
  const std::string text = flags.format == "csv" ? csv(predictions) : jsonl(predictions);
  if (flags.out.empty() || flags.out == "-") {
    print_exactly(text);
  } else {
    write_output(flags.out, text);
  }
  note("predicted by " + weights_text(predictions.weights, predictions.epoch, predictions.updates));
  return kOk;
}

}  // namespace

Command predict_command() {
  static Flags flags;
  return {
      "predict",
      "Print the predictions of a run's model for every row of the data",
      {Argument("run RUN", &flags.run, "run directory", {.required = true}),
       Argument(
           "--data DATA", &flags.data,
           "data source, whose targets may be missing; -: stdin, read as the run's own file; by default all "
           "rows of the run's own"),
       Argument("--part", &flags.part, "of the run's own data only the rows of this part, in their order",
                {.choices = "train|held-out|test", .excludes = {"--data"}}),
       Argument("--checkpoint NAME", &flags.checkpoint,
                "last, best or a number of updates; by default best if the training restores it, else last",
                {.offers = "last|best"}),
       Argument("--format", &flags.format, "CSV, or one JSON object per line", {.choices = "csv|jsonl"}),
       Argument("--out FILE", &flags.out, "write to this file instead of stdout; -: stdout"),
       threads_argument(flags.threads)},
      [](Given) { return predict(flags); }};
}

}  // namespace thalweg::tool
