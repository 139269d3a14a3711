// thalweg predict: what a run's model says of every row of a data source.
#include <memory>

#include <fmt/core.h>

#include "base/file.h"
#include "base/json.h"
#include "thalweg/error.h"
#include "thalweg/run.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string run;
  std::string data;
  std::string checkpoint;
  std::string format = "csv";
  std::string out;
  std::string threads;
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
      const float number = p.numbers[row * p.names.size() + i];
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
  if (flags.format != "csv" && flags.format != "jsonl") {
    throw Error(Code::usage, {"--format", "unknown", "`" + flags.format + "`", "csv or jsonl", ""});
  }
  const RunPredictions predictions =
      predict_run(flags.run, flags.data, thread_count(flags.threads), flags.checkpoint);
  for (const std::string& line : predictions.notes) note(line);
  const std::string text = flags.format == "csv" ? csv(predictions) : jsonl(predictions);
  if (flags.out.empty()) {
    print(text);
  } else {
    replace_file(flags.out, text);
  }
  return kOk;
}

}  // namespace

Action add_predict(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      tool.add_subcommand("predict", "Print what the model of a run says of every row of the data");
  command->add_option("run", flags->run, "run directory")->required();
  command->add_option("--data", flags->data,
                      "data source, targets may be missing; the run's own when left out");
  command->add_option("--checkpoint", flags->checkpoint,
                      "last, best or a number of updates; the best when left out");
  command->add_option("--format", flags->format, "csv or jsonl")->capture_default_str();
  command->add_option("--out", flags->out, "file to write instead of stdout");
  command->add_option("--threads", flags->threads, "threads; all that the process may use when left out");
  return [flags] { return predict(*flags); };
}

}  // namespace thalweg::cli
