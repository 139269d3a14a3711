#include "thalweg/lab/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/utf8.h"
#include "draw/html.h"
#include "draw/number.h"
#include "page/parts.h"
#include "page/render.h"
#include "page/run_data.h"
#include "thalweg/error.h"

namespace thalweg {
namespace page {

extern const Asset kLiveJs;

namespace {

constexpr std::size_t kMostRows = 16;  // of the table of epochs
constexpr int kDigits = 4;

// How the run went, in the few numbers that the page speaks of.
struct Outcome {
  Score test;
  double train_loss = kMissing;
  double updates = 0;
  double epochs = 0;
  const Epoch* given = nullptr;  // whose weights the training gives, so far
  bool of_best = false;          // they are the best ones, not the last
  double not_finite = 0;         // updates without a finite loss
  double first_not_finite = 0;
  bool diverged = false;
};

// The first epoch with the highest number, or the lowest; null where there is none.
template <class Read>
const Epoch* extreme_epoch(const std::vector<Epoch>& epochs, bool highest, const Read& read) {
  const Epoch* found = nullptr;
  for (const Epoch& epoch : epochs) {
    const double number = read(epoch);
    if (!known(number)) continue;
    if (found == nullptr || (highest ? number > read(*found) : number < read(*found))) found = &epoch;
  }
  return found;
}

// The epoch that `best-` checkpoints are of: the best monitored metric or the lowest held-out loss, or
// training loss without held-out samples. Of a long run the file of metrics may lack it.
const Epoch* best_epoch(const RunData& data) {
  const double told = data.weights.best_epoch;
  const auto found = std::ranges::find(data.epochs, told, &Epoch::epoch);
  if (known(told)) return found == data.epochs.end() ? nullptr : &*found;
  if (data.asked.monitor != "loss")
    return extreme_epoch(data.epochs, is_higher_better(data.asked.monitor),
                         [](const Epoch& e) { return e.test.monitored; });
  return extreme_epoch(data.epochs, false,
                       [](const Epoch& e) { return known(e.test.loss) ? e.test.loss : e.train_loss; });
}

Outcome outcome(const RunData& data) {
  Outcome out;
  if (!data.updates.empty()) out.updates = data.updates.back().update;
  if (!data.epochs.empty()) {
    const Epoch& last = data.epochs.back();
    out.test = last.test;
    out.train_loss = last.train_loss;
    out.updates = std::max(out.updates, last.update);
    out.epochs = last.epoch;
  }
  if (data.result.there) {
    out.test = data.result.test;
    out.train_loss = data.result.train.loss;
    if (known(data.result.updates)) out.updates = data.result.updates;
    if (known(data.result.epochs)) out.epochs = data.result.epochs;
  }
  out.of_best = data.result.there ? data.weights.name == "best" : data.asked.restores_best;
  out.given = out.of_best ? best_epoch(data) : data.epochs.empty() ? nullptr : &data.epochs.back();
  for (const Update& update : data.updates) {
    if (known(update.loss)) continue;
    if (out.not_finite == 0) out.first_not_finite = update.update;
    ++out.not_finite;
  }
  out.diverged = !data.updates.empty() && !known(data.updates.back().loss) &&
                 !(data.result.there && known(out.test.loss));
  return out;
}

std::string plural(double number, const std::string& one) {
  return count(number) + " " + one + (number == 1 ? "" : "s");
}

// What the scores of the outcome are of.
std::string part(const RunData& data) {
  return data.result.there && data.reported.by_test_part ? "Test" : "Held-out";
}

std::string headline(const RunData& data, const Outcome& out) {
  const std::string so_far = data.result.there ? "" : " after " + plural(out.epochs, "epoch");
  if (out.diverged) return "Diverged: the loss is not finite";
  // What is monitored, and the balanced accuracy where one class has most samples, come first.
  const std::string monitored = known(out.test.monitored)
                                    ? part(data) + " " + metric_label(data.asked.monitor) + " " +
                                          significant(out.test.monitored, kDigits)
                                    : "";
  if (known(out.test.accuracy)) {
    const bool balanced = monitored.empty() && out.test.is_dominated();
    const std::string first =
        balanced ? "Balanced accuracy " + percent(out.test.balanced_accuracy) : monitored;
    return first + (first.empty() ? "" : ": ") + percent(out.test.accuracy) +
           (part(data) == "Test" ? " of test" : " of held-out") + " examples classified correctly" + so_far +
           beside_accuracy(out.test.baseline);
  }
  if (!monitored.empty()) return monitored + so_far;
  if (known(out.test.r2)) return part(data) + " R\u00b2 " + significant(out.test.r2, kDigits) + so_far;
  if (known(out.test.loss)) return part(data) + " loss " + significant(out.test.loss, kDigits) + so_far;
  if (known(out.train_loss)) {
    return "Training loss " + significant(out.train_loss, kDigits) + so_far + ", nothing held out";
  }
  if (data.updates.empty()) return "No updates yet";
  return "Training loss " + significant(data.updates.back().loss, kDigits) + " after " +
         plural(out.updates, "update");
}

std::string code(const std::string& text) { return "<code>" + escape(text) + "</code>"; }

// "model on data, trained by optimizer." and how it was run; HTML.
std::string lead(const RunData& data) {
  const Result& result = data.result;
  if (!result.there) {
    const std::string state = diverged(data)       ? "diverged"
                              : data.state.empty() ? "in progress or interrupted"
                                                   : data.state;
    return page::lead(static_cast<char>(std::toupper(state[0])) + state.substr(1) +
                      ": there is no result yet.");
  }
  std::string text = result.model.empty() ? "A model" : code(result.model);
  if (!result.data.empty()) text += " on " + code(result.data);
  if (!result.optimizer.empty()) text += ", trained by " + code(result.optimizer);
  text += ".";
  std::string how;
  if (known(result.batch)) how += ", batches of " + count(result.batch);
  if (!result.seed.empty()) how += ", seed " + result.seed;
  if (known(result.threads)) how += ", " + plural(result.threads, "thread");
  if (!how.empty())
    text += " " + escape(std::string(1, static_cast<char>(std::toupper(how[2]))) + how.substr(3)) + ".";
  return "<p class=\"lead\">" + text + "</p>\n";
}

std::string notice(const RunData& data, const Outcome& out) {
  if (out.not_finite == 0) return "";
  return fmt::format(
      "<p class=\"notice\">The loss was not finite at {} of {}, first at update {}. The curves have gaps "
      "there.</p>\n",
      count(out.not_finite), plural(static_cast<double>(data.updates.size()), "recorded update"),
      count(out.first_not_finite));
}

std::string best_note(const RunData& data, const Outcome& out, double Score::*member, bool higher_is_better) {
  if (part(data) == "Test") {
    const double chose = data.reported.held_out.*member;
    return !known(chose) ? ""
                         : "held out: " + (higher_is_better ? percent(chose) : significant(chose, kDigits));
  }
  const Epoch* const found =
      extreme_epoch(data.epochs, higher_is_better, [&](const Epoch& e) { return e.test.*member; });
  if (found == nullptr || !known(out.test.*member)) return "";
  const double best = found->test.*member;
  if (best == out.test.*member) return higher_is_better ? "highest of all epochs" : "lowest of all epochs";
  return (higher_is_better ? "highest " + percent(best) : "lowest " + significant(best, kDigits)) +
         " at epoch " + count(found->epoch);
}

std::string shown(double number, std::string text) { return known(number) ? std::move(text) : std::string(); }

std::string summary(const RunData& data, const Outcome& out) {
  const Result& result = data.result;
  const Score& test = out.test;
  const bool by_loss = !known(test.accuracy), no_r2 = known(test.mae) && !known(test.r2);
  const std::vector<Tile> results = {
      {part(data) + " accuracy", shown(test.accuracy, percent(test.accuracy)),
       best_note(data, out, &Score::accuracy, true), "held-out"},
      {"Balanced accuracy", shown(test.balanced_accuracy, percent(test.balanced_accuracy)),
       "mean recall of the classes", "held-out"},
      {"Commonest class", known(test.accuracy) ? shown(test.baseline, percent(test.baseline)) : "",
       "the accuracy of always naming it", ""},
      {part(data) + " R\u00b2", no_r2 ? "undefined" : shown(test.r2, significant(test.r2, kDigits)),
       (no_r2 ? "the targets do not vary; " : "") +
           shown(test.mae, "mean absolute error " + significant(test.mae, kDigits)),
       "held-out"},
      {part(data) + " RMSE", shown(test.rmse, significant(test.rmse, kDigits)),
       shown(test.baseline, "always the mean: " + significant(test.baseline, kDigits)), "held-out"},
      {part(data) + " loss", shown(test.loss, significant(test.loss, kDigits)),
       by_loss ? best_note(data, out, &Score::loss, false) : "", "held-out"},
      {"Training loss", shown(out.train_loss, significant(out.train_loss, kDigits)),
       shown(result.train.accuracy, percent(result.train.accuracy) + " correct"), "train"}};
  const std::vector<Tile> facts = {
      {"Updates", count(out.updates), "", ""},
      {"Epochs", count(out.epochs), "", ""},
      {"Weights", out.given == nullptr ? "" : "epoch " + count(out.given->epoch),
       out.of_best ? "the best" : "the last", ""},
      {"Time", shown(result.seconds, duration(result.seconds)), "", ""},
      {"Samples per second", shown(result.samples_per_second, count(result.samples_per_second)), "", ""},
      {"Parameters", shown(result.parameters, count(result.parameters)), "", ""},
      {"Optimizer state", shown(result.state_bytes, bytes(result.state_bytes)), "", ""}};
  return section("summary", "Summary", tiles(results, "results") + tiles(facts, "facts"));
}

// Rows at even distances, with the first, the last and the one whose weights the training gives.
std::vector<const Epoch*> chosen_epochs(const RunData& data, const Outcome& out) {
  const std::size_t n = data.epochs.size();
  std::set<const Epoch*> chosen;
  for (std::size_t i = 0; i < std::min(n, kMostRows); ++i) {
    chosen.insert(&data.epochs[n <= kMostRows ? i : i * (n - 1) / (kMostRows - 1)]);
  }
  if (out.given != nullptr) chosen.insert(out.given);
  return {chosen.begin(), chosen.end()};
}

struct Column {
  std::string head;
  double (*read)(const Epoch& epoch);
};

// Adds columns of one kind, with the same decimals, unless they are empty from top to bottom.
void add_columns(Table& table, const std::vector<const Epoch*>& epochs, int digits,
                 const std::vector<Column>& columns) {
  std::vector<double> numbers;
  for (const Column& column : columns) {
    for (const Epoch* epoch : epochs) numbers.push_back(column.read(*epoch));
  }
  const std::vector<std::string> texts = aligned(numbers, digits);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(c * epochs.size());
    if (std::none_of(first, first + static_cast<std::ptrdiff_t>(epochs.size()), known)) continue;
    table.head.push_back(columns[c].head);
    for (std::size_t i = 0; i < epochs.size(); ++i) table.rows[i].push_back(texts[c * epochs.size() + i]);
  }
}

std::string epochs_table(const RunData& data, const Outcome& out) {
  if (data.epochs.empty()) return "";
  const std::vector<const Epoch*> epochs = chosen_epochs(data, out);
  Table made;
  made.head = {"Epoch", "Updates"};
  for (const Epoch* epoch : epochs) {
    if (epoch == out.given) made.marked = made.rows.size();
    made.rows.push_back({count(epoch->epoch), count(epoch->update)});
  }
  add_columns(made, epochs, 3,
              {{"Training loss", [](const Epoch& e) { return e.train_loss; }},
               {"Held-out loss", [](const Epoch& e) { return e.test.loss; }}});
  add_columns(made, epochs, 4,
              {{"Held-out accuracy,\u00a0%", [](const Epoch& e) { return e.test.accuracy * 100; }}});
  if (data.asked.monitor != "accuracy")
    add_columns(
        made, epochs, 4,
        {{"Held-out " + metric_label(data.asked.monitor), [](const Epoch& e) { return e.test.monitored; }}});
  add_columns(made, epochs, 2, {{"Seconds", [](const Epoch& e) { return e.seconds; }}});
  const std::size_t all = data.epochs.size();
  made.caption = epochs.size() == all ? "Every epoch" : fmt::format("{} of {} epochs", epochs.size(), all);
  if (out.given != nullptr)
    made.caption += fmt::format("; in bold the one whose weights the training gives, the {}",
                                out.of_best ? "best" : "last");
  made.caption += ".";
  return section("epochs", "Epochs", table(made));
}

}  // namespace

std::string live_document(Page page) {
  page.scripts.push_back(kLiveJs);
  page.reach = Reach::own_server;
  return document(page);
}

std::string Judged::text(double of) const { return share ? percent(of) : significant(of, kDigits); }

Judged judged(const RunData& data) {
  const Outcome out = outcome(data);
  if (out.diverged) return {};
  const Score& test = out.test;
  if (test.is_dominated()) return {"balanced accuracy", test.balanced_accuracy, true, true, test.baseline};
  if (known(test.accuracy)) return {"accuracy", test.accuracy, true, true, test.baseline};
  if (known(test.r2)) return {"R\u00b2", test.r2};
  return {"loss", known(test.loss) ? test.loss : out.train_loss, false, false};
}

std::string outcome_words(const RunData& data) {
  if (diverged(data)) return "diverged";
  const Judged by = judged(data);
  if (!known(by.number)) return kNone;
  return (by.name == "accuracy" ? "" : by.name + " ") + by.text(by.number);
}

std::string beside_accuracy(double baseline) {
  return known(baseline) ? "; the commonest class has " + percent(baseline) : "";
}

bool diverged(const RunData& data) { return outcome(data).diverged; }

double outcome_number(const RunData& data) {
  const Judged by = judged(data);
  return by.higher_is_better ? by.number : -by.number;
}

std::string render(const RunData& data, bool live) {
  const Outcome out = outcome(data);
  const std::string title = headline(data, out);
  const std::string name = thalweg::shown(data.asked.label.empty() ? data.name : data.asked.label);
  const Page page{.title = title + " \u2013 " + name,
                  .subject = "training run " + name,
                  .heading = title,
                  .lead = lead(data) + notice(data, out),
                  .body = summary(data, out) + curves_section(data, out.updates) + epochs_table(data, out) +
                          classes_section(data) + examples_section(data) + layers_section(data) +
                          time_section(data) +
                          section("plan", "Optimizer plan", verbatim("Optimizer plan", data.plan)) +
                          section("configuration", "Configuration", verbatim("Configuration", data.config)) +
                          environment_section(data)};
  return live ? live_document(page) : document(page);
}

}  // namespace page

void write_page(const std::filesystem::path& run, const std::filesystem::path& out) {
  const std::string text = page::render(page::read_run(run));
  out.empty() ? replace_file(run / "report.html", text) : write_output(out, text);
}

void write_page(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& out) {
  if (runs.size() < 2) {
    throw Error(Code::usage,
                {"page", "nothing to compare", std::to_string(runs.size()) + " run", "two runs or more", ""});
  }
  std::vector<page::RunData> data;
  for (const std::filesystem::path& run : runs) data.push_back(page::read_run(run));
  write_output(out, page::render(data));
}

}  // namespace thalweg
