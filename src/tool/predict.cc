// thalweg predict: what a run's model says of every row of a data source, beside the row where that is
// wanted.
#include <algorithm>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "base/file.h"
#include "base/json.h"
#include "base/threads.h"
#include "thalweg/error.h"
#include "thalweg/run.h"
#include "tool/command.h"
#include "tool/ranks.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string run;
  std::string data;
  std::string part;
  std::string checkpoint;
  std::string format = "csv";
  bool append = false;
  std::string out;
  int threads = 0;  // all that this process may use
};

// A field of a CSV file (RFC 4180).
std::string quoted(const std::string& field, char delimiter) {
  const std::string special = std::string("\"\r\n") + delimiter + (delimiter == ' ' ? "\t" : "");
  const bool plain = field.find_first_of(special) == std::string::npos && !field.empty() &&
                     field.front() != ' ' && field.back() != ' ';
  if (plain) return field;
  std::string out = "\"";
  for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// A name that no other column has: `predicted(price)` beside the price of the table.
std::string free_name(std::string name, std::span<const std::string> taken) {
  while (std::ranges::find(taken, name) != taken.end()) name = "predicted(" + name + ")";
  return name;
}

// The names of what is predicted: the class, then a number each.
std::vector<std::string> headings(const RunPredictions& p, std::span<const std::string> taken) {
  std::vector<std::string> out;
  if (p.classes) out.push_back(free_name("class", taken));
  for (const std::string& name : p.names) {
    out.push_back(free_name(!p.classes ? name : (p.probabilities ? "p(" : "score(") + name + ")", taken));
  }
  return out;
}

std::vector<std::string> fields(const RunPredictions& p, std::size_t row) {
  std::vector<std::string> out;
  if (p.classes) out.push_back(p.names[p.best[row]]);
  for (std::size_t i = 0; i < p.names.size(); ++i)
    out.push_back(fmt::format("{}", p.numbers[row * p.names.size() + i]));
  return out;
}

// Puts a record behind a text: `before`, where it is not empty, as it stands, then the fields.
void add_record(const std::string& before, const std::vector<std::string>& fields, char delimiter,
                std::string& out) {
  out += before;
  bool first = before.empty();
  for (const std::string& field : fields) {
    if (!std::exchange(first, false)) out += delimiter;
    out += quoted(field, delimiter);
  }
  out += "\n";
}

std::string csv(const RunPredictions& p) {
  std::string out;
  const bool ids = !p.id.empty();
  add_record(ids ? quoted(p.id, ',') : "", headings(p, std::span(&p.id, std::size_t{ids})), ',', out);
  for (std::size_t row = 0; row < p.rows; ++row)
    add_record(ids ? quoted(p.ids[row], ',') : "", fields(p, row), ',', out);
  return out;
}

// The table as it stands with columns behind its own. A text without names gets none.
std::string appended(const RunPredictions& p) {
  std::string out;
  const auto& [delimiter, header, columns, rows] = p.table;
  if (header) add_record(*header, headings(p, columns), delimiter, out);
  for (std::size_t row = 0; row < p.rows; ++row) add_record(rows[row], fields(p, row), delimiter, out);
  return out;
}

std::string jsonl(const RunPredictions& p) {
  const std::size_t first = p.classes ? 1 : 0;
  const std::vector<std::string> names = headings(p, std::span(&p.id, std::size_t{!p.id.empty()}));
  std::string out;
  for (std::size_t row = 0; row < p.rows; ++row) {
    JsonObject line, numbers;
    if (!p.id.empty()) line.add(p.id, p.ids[row]);
    JsonObject& into = p.classes ? numbers : line;
    for (std::size_t i = 0; i < p.names.size(); ++i) {
      const double number = p.numbers[row * p.names.size() + i];
      into.raw(p.classes ? p.names[i] : names[i + first],
               number - number == 0 ? fmt::format("{}", number) : "null");
    }
    if (p.classes)
      line.add(names.front(), p.names[p.best[row]])
          .raw(p.probabilities ? "probabilities" : "scores", numbers.text());
    out += line.text() + "\n";
  }
  return out;
}

int predict(const Flags& flags) {
  const auto comm = join_ranks_to_read(&flags.data);
  if (!comm) return kOk;
  if (flags.append && flags.format != "csv")
    throw Error(Code::usage, {"--append", "rows are copied into CSV alone", "--format " + flags.format,
                              "--format csv", ""});
  const RunPredictions predictions =
      predict_run(flags.run, flags.data,
                  {.threads = flags.threads == 0 ? available_threads() : flags.threads,
                   .checkpoint = flags.checkpoint,
                   .part = flags.part,
                   .rows = flags.append,
                   .comm = *comm});
  if (is_another_rank()) return kOk;
  for (const std::string& line : predictions.notes) note(line);
  const std::string text = flags.append            ? appended(predictions)
                           : flags.format == "csv" ? csv(predictions)
                                                   : jsonl(predictions);
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
       Argument("--append", &flags.append,
                "copy the rows of the data, a table in a text, as they stand, and put the predictions behind "
                "them"),
       Argument("--out FILE", &flags.out, "write to this file instead of stdout; -: stdout"),
       threads_argument(flags.threads)},
      [](Given) { return predict(flags); },
      "",
      true};
}

}  // namespace thalweg::tool
