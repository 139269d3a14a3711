#include "experiments/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "draw/number.h"
#include "experiments/claims.h"
#include "experiments/section.h"
#include "thalweg/error.h"

namespace thalweg::experiments {
namespace {

namespace fs = std::filesystem;

// FNV-1a, 64 bits.
std::string fingerprint(const std::string& text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return fmt::format("{:016x}", hash);
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

// The kind of machine, without what is its own: "2 cores of an AMD EPYC".
std::string machine() {
  std::ifstream cpus("/proc/cpuinfo");
  std::string kind = "processor";
  for (std::string line; std::getline(cpus, line);) {
    if (!line.starts_with("model name")) continue;
    kind = line.substr(line.find(':') + 2);
    for (const char* const mark : {"(R)", "(TM)"}) {
      for (std::size_t at = kind.find(mark); at != std::string::npos; at = kind.find(mark)) kind.erase(at, 3);
    }
    std::size_t end = 0;  // maker and family
    for (int words = 0; words < 2 && end != std::string::npos; ++words) end = kind.find(' ', end + 1);
    kind = kind.substr(0, end);
    break;
  }
  return fmt::format("{} cores of an {}", std::thread::hardware_concurrency(), kind);
}

bool wanted(const Options& options, const fs::path& path) {
  const std::string name = path.stem().string();
  return options.only.empty() ||
         std::ranges::any_of(options.only, [&](const std::string& begin) { return name.starts_with(begin); });
}

std::vector<fs::path> files_of(const Options& options) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(options.folder)) {
    if (entry.path().extension() == ".toml") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  if (std::ranges::none_of(found, [&](const fs::path& path) { return wanted(options, path); })) {
    throw Error(Code::data, {options.folder.string(), "no such experiment", "",
                             "the beginning of the name of a TOML file", ""});
  }
  return found;
}

std::string missing_data(const Options& options, const Experiment& experiment) {
  for (const std::string& need : experiment.needs) {
    if (!fs::exists(options.data / need)) return need;
  }
  return "";
}

Result measure(const Options& options, const Experiment& experiment, const fs::path& work) {
  const auto start = std::chrono::steady_clock::now();
  const Lab lab{experiment.setup, options.data.string(), (work / "runs").string(), options.threads};
  Result result;
  result.findings = find_measurement(experiment.kind)(lab);
  for (const Rule& rule : experiment.rules) result.decisions.push_back(decide(rule, result.findings));
  result.verdict = verdict(result.decisions);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.date = today();
  result.machine = machine();
  return result;
}

bool finished(const fs::path& work, const std::string& key) {
  return fs::exists(work / "key") && read_text_file(work / "key") == key;
}

// The key comes last: without it nothing is finished.
void finish(const Experiment& experiment, const Result& result, const fs::path& work,
            const std::string& key) {
  replace_file(work / "result.toml", result_toml(result));
  replace_file(work / "section.html", result_section(experiment, result));
  replace_file(work / "verdict", result.verdict);
  replace_file(work / "summary", summary(result.decisions));
  replace_file(work / "key", key);
}

Entry run_one(const Options& options, const fs::path& path) {
  const Experiment experiment = read_experiment(path);
  find_measurement(experiment.kind);
  Entry entry{experiment.name, experiment.claim, "", "", ""};
  if (const std::string missing = missing_data(options, experiment); !missing.empty()) {
    entry.summary = "skipped: no folder " + missing + " in the folder of data";
    options.tell(experiment.name + ": " + entry.summary);
    return entry;
  }
  const fs::path work = options.work / experiment.name;
  const std::string key = fingerprint(experiment.text + options.program);
  if (!wanted(options, path)) {
    if (!fs::exists(work / "key")) {
      entry.summary = "not measured yet";
      return entry;
    }
  } else if (!finished(work, key)) {
    make_folder(work / "runs");
    options.tell(experiment.name + ": running");
    const Result result = measure(options, experiment, work);
    finish(experiment, result, work, key);
    options.tell(fmt::format("{}: {} ({})", experiment.name, result.verdict, page::duration(result.seconds)));
  } else {
    options.tell(experiment.name + ": unchanged, " + read_text_file(work / "verdict"));
  }
  if (options.write && wanted(options, path)) write_result(path, read_text_file(work / "result.toml"));
  entry.verdict = read_text_file(work / "verdict");
  entry.summary = read_text_file(work / "summary");
  entry.section = read_text_file(work / "section.html");
  return entry;
}

}  // namespace

void run_experiments(const Options& options) {
  std::vector<Entry> entries;
  for (const fs::path& path : files_of(options)) entries.push_back(run_one(options, path));
  write_output(options.page, experiments_page(entries));
}

}  // namespace thalweg::experiments
