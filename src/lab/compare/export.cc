// The curves of the runs of a comparison as a table.
#include <algorithm>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/spec.h"
#include "base/text.h"
#include "compare/cells.h"
#include "compare/folder.h"
#include "compare/rates.h"
#include "thalweg/error.h"
#include "thalweg/lab/compare_tables.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What settings.json has of a comparison that its lines have not.
struct Kept {
  std::string data, fold, schedule;
};

Kept read_kept(const fs::path& directory) {
  const fs::path path = directory / "settings.json";
  const Json json = Json::parse(read_text_file(path), nullptr, false);
  const auto word = [&](const char* name) {
    return json.is_object() && json.contains(name) && json[name].is_string() ? json[name].get<std::string>()
                                                                             : "";
  };
  Kept out{word("data"), word("held-out"), word("schedule")};
  if (out.data.empty() || out.schedule.empty())
    throw Error(Code::data,
                {path.string(), "not the settings of a comparison", "", "`data` and `schedule`", ""});
  const std::size_t slash = out.fold.find('/');
  out.fold = slash == std::string::npos ? "" : out.fold.substr(0, slash);
  return out;
}

// The rate of a run; empty for a chain that only the program that compared it knows.
std::string rate_of(const ComparedTrial& trial, const std::string& schedule) {
  try {
    const std::vector<Contender> of =
        contenders({.optimizers = {trial.optimizer}, .rates = 1, .schedule = schedule});
    const std::optional<double> rate = times(of.front().chain, trial.factor).rate();
    return rate ? print_number(*rate) : "";
  } catch (const Error&) {
    return "";
  }
}

std::string rows_of(const fs::path& directory) {
  const Kept kept = read_kept(directory);
  std::string out;
  for (const ComparedTrial& trial : read_trials(directory)) {
    std::vector<std::string> head = {kept.data,
                                     kept.fold,
                                     trial.name.empty() ? trial.optimizer : trial.name,
                                     trial.optimizer,
                                     trial.tuning ? "true" : "false",
                                     rate_of(trial, kept.schedule),
                                     std::to_string(trial.seed),
                                     trial.diverged ? "true" : "false"};
    const auto row = [&](const std::vector<std::string>& cells) {
      std::vector<std::string> all = head;
      all.insert(all.end(), cells.begin(), cells.end());
      out += csv_line(all);
    };
    for (std::size_t i = 0; i < trial.epochs.size(); ++i) {
      const ComparedEpoch& epoch = trial.epochs[i];
      row({std::to_string(i + 1), std::to_string(epoch.update), print_number(epoch.seconds),
           print_number(epoch.loss), epoch.score == epoch.score ? print_number(epoch.score) : ""});
    }
    if (trial.epochs.empty()) row(std::vector<std::string>(5));
  }
  return out;
}

// 1 and 2 of data-1-fold-2.
std::vector<std::uint64_t> numbers_of(const fs::path& part) {
  std::vector<std::uint64_t> out;
  const std::string name = part.filename().string();
  for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos;) {
    const std::size_t end = std::min(name.find('-', ++at), name.size());
    if (const auto number = read_exactly<std::uint64_t>(std::string_view(name).substr(at, end - at)))
      out.push_back(*number);
  }
  return out;
}

// Those of a study, in their order, or the folder itself.
std::vector<fs::path> comparisons_in(const fs::path& directory) {
  if (fs::exists(trials_path(directory))) return {directory};
  std::vector<fs::path> out;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, none)) {
    const bool part = entry.path().filename().string().starts_with("data-");
    if (part && fs::exists(trials_path(entry.path()))) out.push_back(entry.path());
  }
  std::ranges::sort(out, {}, numbers_of);
  return out;
}

// The first word of a source that is a file, without folders and ending; else its name.
std::string short_name(const std::string& source) {
  try {
    const Item item = parse({"data", source}).front();
    for (const Arg& arg : item.args) {
      const std::string stem = fs::path(arg.value.word).stem().string();
      if (arg.name.empty() && !stem.empty()) return stem;
    }
    return item.name;
  } catch (const Error&) {
    return source;
  }
}

}  // namespace

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) {
    std::string written = cell;
    if (cell.find_first_of(",\"\r\n") != std::string::npos) {
      written = "\"";
      for (const char c : cell) written += c == '"' ? "\"\"" : std::string(1, c);
      written += '"';
    }
    out += (&cell == cells.data() ? "" : ",") + written;
  }
  return out + "\n";
}

std::vector<std::string> short_data_names(const std::vector<std::string>& sources) {
  std::vector<std::string> out;
  for (const std::string& source : sources) out.push_back(short_name(source));
  return std::set(out.begin(), out.end()).size() == out.size() ? out : sources;
}

bool is_comparison(const fs::path& directory) { return !comparisons_in(directory).empty(); }

std::string export_comparison(const fs::path& directory) {
  const std::vector<fs::path> all = comparisons_in(directory);
  if (all.empty()) {
    throw Error(Code::data, {directory.string(), "not the folder of a comparison", "no runs.jsonl",
                             "what `thalweg compare --out` made", ""});
  }
  std::string out = csv_line({"data", "fold", "name", "optimizer", "tuning", "rate", "seed", "diverged",
                              "epoch", "update", "seconds", "loss", "score"});
  for (const fs::path& one : all) out += rows_of(one);
  return out;
}

}  // namespace thalweg
