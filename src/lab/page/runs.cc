#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <ranges>
#include <set>

#include "draw/chart.h"
#include "draw/html.h"
#include "draw/labels.h"
#include "draw/number.h"
#include "page/parts.h"
#include "page/render.h"

namespace thalweg::page {
namespace {

constexpr std::size_t kMostSettings = 6;      // columns of what differs
constexpr std::size_t kLongestSetting = 110;  // characters, in a table
constexpr std::size_t kLongest = 60;          // characters of a name
constexpr int kColumns = 120;                 // that a curve of updates is thinned to

constexpr std::size_t kLooks = 8;  // beyond them markers tell the rounds of looks apart

Series series_of(std::size_t run, const std::string& name, std::vector<Point> points = {}) {
  const Marker marker = run < kLooks ? Marker::none : marker_of(run / kLooks - 1);
  return {.name = name, .look = look_of(run), .marker = marker, .points = std::move(points)};
}

// What the runs are called, or the last parts of their paths, as many as tell them from each other.
std::vector<std::string> short_names(const std::vector<RunData>& runs) {
  const auto tail = [](const std::string& path, int parts) {
    std::size_t at = path.size();
    for (int i = 0; i < parts && at != std::string::npos && at > 0; ++i) at = path.rfind('/', at - 1);
    return at == std::string::npos || at == 0 ? path : path.substr(at + 1);
  };
  std::vector<std::string> names;
  for (int parts = 1; parts < 8; ++parts) {
    names.clear();
    for (const RunData& run : runs) {
      const std::string path = tail(run.name, parts);
      const bool twice =
          std::ranges::count(runs, run.asked.label, [](const RunData& one) { return one.asked.label; }) > 1;
      names.push_back(run.asked.label.empty() ? path : run.asked.label + (twice ? " (" + path + ")" : ""));
    }
    if (std::set<std::string>(names.begin(), names.end()).size() == runs.size()) break;
  }
  return told_apart(names, kLongest);
}

// What the curves of a run stand over: its epochs, samples, seconds or updates.
struct Over {
  const char* name;
  const char* x_name;
  Across kind;
  double (*at)(const RunData& run, double update);
};

// Updates of an epoch; missing where none has ended.
double per_epoch(const RunData& run) {
  for (const Epoch& epoch : std::views::reverse(run.epochs)) {
    if (epoch.epoch > 0) return epoch.update / epoch.epoch;
  }
  return kMissing;
}

// Samples of an update, of a run that has ended: the last batch of an epoch may be smaller.
double per_update(const RunData& run) {
  return run.result.updates > 0 ? run.samples_seen / run.result.updates : kMissing;
}

// On the line between the ends of epochs, and on past the last one.
double seconds_at(const RunData& run, double update) {
  double before = 0, seconds = 0, slope = kMissing;
  for (const Epoch& epoch : run.epochs) {
    if (!known(epoch.seconds) || epoch.update <= before) continue;
    slope = (epoch.seconds - seconds) / (epoch.update - before);
    if (epoch.update >= update) break;
    before = epoch.update, seconds = epoch.seconds;
  }
  return seconds + (update - before) * slope;
}

constexpr Over kOver[] = {
    {"epochs", "epoch", Across::linear,
     [](const RunData& run, double update) { return update / per_epoch(run); }},
    {"samples", "samples seen", Across::whole,
     [](const RunData& run, double update) { return update * per_update(run); }},
    {"seconds", "seconds of training", Across::linear, seconds_at},
    {"updates", "update", Across::whole, [](const RunData&, double update) { return update; }}};

double last_update(const RunData& run) {
  const double last = run.updates.empty() ? 0 : run.updates.back().update;
  return run.epochs.empty() ? last : std::max(last, run.epochs.back().update);
}

// Of all runs; missing where one of them does not say.
double last_of(const Over& over, const std::vector<RunData>& runs) {
  double last = 0;
  for (const RunData& run : runs) {
    const double own = last_update(run) > 0 ? over.at(run, last_update(run)) : 0;
    if (!known(own)) return kMissing;
    last = std::max(last, own);
  }
  return last;
}

// A chart of all runs: of what was tested, or of epochs, or, in thin lines, of updates.
struct Compared {
  const char* id;
  const char* title;
  const char* y_name;
  const char* caption;
  Scale scale;
  double Score::*tested = nullptr;
  double Epoch::*of_epochs = nullptr;
  double Update::*of_updates = nullptr;
  bool percent = false;

  std::vector<Point> points(const RunData& run) const {
    std::vector<Point> out;
    for (const Epoch& e : run.epochs) {
      if (tested != nullptr) out.push_back({e.update, e.test.*tested * (percent ? 100 : 1)});
      if (of_epochs != nullptr) out.push_back({e.update, e.*of_epochs});
    }
    if (of_updates == nullptr) return out;
    for (const Update& u : run.updates) out.push_back({u.update, u.*of_updates});
    // The same picture is drawn over every axis: fewer points keep the page small.
    return thin(out, linear_axis(0, std::max(1.0, last_update(run)), 2, Fit::data), kColumns);
  }
};

constexpr Compared kCompared[] = {
    {"held-out-loss", "Held-out loss", "loss", "Once an epoch, on held-out data.", Scale::automatic,
     &Score::loss},
    {"accuracy", "Held-out accuracy", "classified correctly", "Once an epoch, on held-out data.",
     Scale::linear, &Score::accuracy, nullptr, nullptr, true},
    {"train-loss", "Training loss", "loss", "Mean over each epoch.", Scale::automatic, nullptr,
     &Epoch::train_loss},
    {"rate", "Learning rate", "learning rate", "As used in each update.", Scale::linear, nullptr, nullptr,
     &Update::lr},
    {"gradient", "Gradient norm", "gradient norm", "Norm of the whole gradient, over all parameters.",
     Scale::log, nullptr, nullptr, &Update::grad_norm}};

std::string compared(const Compared& what, const Over& over, const std::vector<RunData>& runs,
                     const std::vector<std::string>& names) {
  Chart chart{.id = std::string(what.id) + "-by-" + over.name,
              .title = what.title,
              .x_name = over.x_name,
              .y_name = what.y_name,
              .y_unit = what.percent ? "%" : "",
              .across = over.kind,
              .x_least = {0, last_of(over, runs)},
              .scale = what.scale,
              .legend = false};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Series series = series_of(i, names[i], what.points(runs[i]));
    for (Point& point : series.points) point.x = over.at(runs[i], point.x);
    if (what.of_updates != nullptr) series.look += " fine";
    if (has_points(series)) chart.series.push_back(std::move(series));
  }
  return figure(chart, what.caption);
}

// The same curves over every axis that all runs know, epochs first: there runs of different batches are as
// long as each other.
std::string curves(const std::vector<RunData>& runs, const std::vector<std::string>& names) {
  std::vector<Choice> axes;
  for (const Over& over : kOver) {
    if (!known(last_of(over, runs))) continue;
    std::string figures;
    for (const Compared& what : kCompared) figures += compared(what, over, runs, names);
    if (!figures.empty()) axes.push_back({over.name, charts(figures)});
  }
  if (axes.empty()) return "";
  std::vector<Series> all;
  for (std::size_t i = 0; i < runs.size(); ++i) all.push_back(series_of(i, names[i]));
  return section("curves", "Curves", legend(all) + choices("across", "By", axes));
}

std::size_t best_of(const std::vector<RunData>& runs) {
  std::size_t best = SIZE_MAX;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double number = outcome_number(runs[i]);
    if (std::isfinite(number) && (best == SIZE_MAX || number > outcome_number(runs[best]))) best = i;
  }
  return best;
}

// Behind a result that is not the last one.
std::string standing(const RunData& run) {
  if (run.result.there || diverged(run)) return "";
  return run.state.empty() ? " so far" : " so far, " + run.state;
}

// What the results of all of them are of.
std::string part_of_all(const std::vector<RunData>& runs) {
  const auto tested = std::ranges::count_if(runs, [](const RunData& run) { return part_of(run) == "test"; });
  return tested == 0 ? "held-out" : tested == std::ssize(runs) ? "test" : "held-out or test";
}

std::string results(const std::vector<RunData>& runs, const std::vector<std::string>& names) {
  Table made;
  made.id = "results";
  made.marked = best_of(runs);
  std::string part = part_of_all(runs);
  made.caption =
      "Final results, or the latest of runs without one; the best on " + part + " data is in bold.";
  part.front() = static_cast<char>(std::toupper(part.front()));
  made.head = {"Run", "Result", part + " loss", "Training loss", "Updates", "Time", "Samples per second"};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RunData& run = runs[i];
    const Epoch last = run.epochs.empty() ? Epoch{} : run.epochs.back();
    const bool ended = run.result.there;
    made.rows.push_back({names[i], outcome_words(run) + standing(run),
                         significant(ended ? run.result.test.loss : last.test.loss, 4),
                         significant(ended ? run.result.train.loss : last.train_loss, 4),
                         count(last_update(run)), duration(ended ? run.result.seconds : last.seconds),
                         count(run.result.samples_per_second)});
  }
  return section("results", "Results", table(made));
}

// Lines `key = value` of a config.toml, without comments.
std::map<std::string, std::string> settings(const std::string& toml) {
  std::map<std::string, std::string> out;
  for (std::size_t begin = 0; begin < toml.size();) {
    const std::size_t end = std::min(toml.find('\n', begin), toml.size());
    const std::string line = toml.substr(begin, end - begin);
    const std::size_t equals = line.find(" = ");
    if (equals != std::string::npos && line.front() != '#')
      out[line.substr(0, equals)] = line.substr(equals + 3);
    begin = end + 1;
  }
  return out;
}

// A setting without its quotes; of a run that has ended, texts without the options that have their default.
std::string readable(const RunData& run, const std::string& key, const std::string& value) {
  if (run.result.there && key == "optimizer" && !run.result.optimizer.empty()) return run.result.optimizer;
  if (run.result.there && key == "model" && !run.result.model.empty()) return run.result.model;
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

using Settings = std::map<std::string, std::string>;

std::vector<Settings> settings_of(const std::vector<RunData>& runs) {
  std::vector<Settings> out;
  for (const RunData& run : runs) out.push_back(settings(run.config));
  return out;
}

std::set<std::string> differing_settings(std::vector<Settings> all) {
  std::set<std::string> keys, differing;
  for (const Settings& one : all) {
    for (const auto& [key, value] : one) keys.insert(key);
  }
  for (const std::string& key : keys) {
    if (std::ranges::any_of(all, [&](Settings& one) { return one[key] != all.front()[key]; }))
      differing.insert(key);
  }
  return differing;
}

// "3 seeds: accuracy 94.4% \u00b1 0.3%" of finished runs that differ in nothing else: which of them does best
// is chance. Empty for others.
std::string over_seeds(const std::vector<RunData>& runs) {
  std::set<std::string> differing = differing_settings(settings_of(runs));
  differing.erase("name");
  if (differing != std::set<std::string>{"seed"}) return "";
  const Judged first = judged(runs.front());
  double sum = 0, squares = 0;
  for (const RunData& run : runs) {
    const Judged one = judged(run);
    if (!run.result.there || one.name != first.name || !known(one.number)) return "";
    sum += one.number;
  }
  const auto n = static_cast<double>(runs.size());
  for (const RunData& run : runs) squares += std::pow(judged(run).number - sum / n, 2);
  return fmt::format("{} seeds: {} {} \u00b1 {}{}", runs.size(), first.name, first.text(sum / n),
                     first.text(std::sqrt(squares / (n - 1))), beside_accuracy(first.baseline));
}

std::string title_of(const std::vector<RunData>& runs, const std::vector<std::string>& names) {
  const std::size_t best = best_of(runs);
  if (best == SIZE_MAX) return fmt::format("{} runs, no result yet", runs.size());
  const std::string seeds = over_seeds(runs);
  return !seeds.empty() ? seeds
                        : fmt::format("{} does best: {}{}", names[best], outcome_words(runs[best]),
                                      beside_accuracy(judged(runs[best]).baseline));
}

std::string differences(const std::vector<RunData>& runs, const std::vector<std::string>& names) {
  std::vector<Settings> all = settings_of(runs);
  const std::set<std::string> differing = differing_settings(all);
  if (differing.empty()) return "";
  Table made;
  made.id = "settings";
  made.caption = "Settings that differ between the runs; all others are the same.";
  made.head = {"Run"};
  for (const std::string& key : differing)
    if (made.head.size() <= kMostSettings) made.head.push_back(key);
  for (const std::string& name : names) made.rows.push_back({name});
  for (std::size_t k = 1; k < made.head.size(); ++k) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < runs.size(); ++i)
      values.push_back(readable(runs[i], made.head[k], all[i][made.head[k]]));
    values = told_apart(values, kLongestSetting);
    for (std::size_t i = 0; i < values.size(); ++i) made.rows[i].push_back(values[i]);
  }
  return section("settings", "Settings that differ", table(made));
}

}  // namespace

std::string render_below(Page above, const std::vector<RunData>& runs) {
  const std::vector<std::string> names = short_names(runs);
  above.body += results(runs, names) + curves(runs, names);
  return document(above);
}

std::string render(const std::vector<RunData>& runs, bool live, const std::string& left_out) {
  const std::vector<std::string> names = short_names(runs);
  const Page page{.title = title_of(runs, names),
                  .subject = fmt::format("{} training runs", runs.size()),
                  .lead = lead(left_out),
                  .body = results(runs, names) + curves(runs, names) + differences(runs, names)};
  return live ? live_document(page) : document(page);
}

}  // namespace thalweg::page
