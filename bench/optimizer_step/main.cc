// Checks that all competitors compute the same, then times them in turns and prints and writes what came out.
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "base/threads.h"
#include "task.h"
#include "thalweg/lab/analyze.h"

namespace optimizer_step {
namespace {

using thalweg::Median;

struct Flags {
  std::vector<std::string> rules;
  std::size_t size = 100'000'000;
  int threads = thalweg::available_threads();
  int rounds = 15;
  std::string json;
  bool processor_time = false;
};

constexpr int kCheckedSteps = 3;
constexpr int kMostUlps = 4;

int ulps(float a, float b) {
  std::int32_t x, y;
  std::memcpy(&x, &a, sizeof x);
  std::memcpy(&y, &b, sizeof y);
  if ((x < 0) != (y < 0)) return a == b ? 0 : INT32_MAX;
  return std::abs(x - y);
}

int worst_ulps(std::span<const float> a, std::span<const float> b) {
  int worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, ulps(a[i], b[i]));
  return worst;
}

enum { kThalweg, kLimit, kFused, kCompetitors };
constexpr const char* kNames[] = {"thalweg", "limit kernel", "fused loop"};
using Competitors = std::array<std::unique_ptr<Competitor>, kCompetitors>;
using Times = std::array<std::vector<double>, kCompetitors>;

// Wall time, or the processor time of all threads divided by their number: on a machine that others use too,
// the latter leaves out the time in which these do.
double now(bool processor, int threads) {
  timespec time{};
  clock_gettime(processor ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  const double seconds = static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  return processor ? seconds / threads : seconds;
}

double seconds_of(Competitor& competitor, const Flags& flags) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the others' threads go to sleep
  const double start = now(flags.processor_time, flags.threads);
  competitor.step();
  return now(flags.processor_time, flags.threads) - start;
}

// Every round times each once, beginning with another.
Times interleave(Competitors& competitors, const Flags& flags) {
  Times times;
  for (int round = 0; round < flags.rounds; ++round) {
    for (int i = 0; i < kCompetitors; ++i) {
      const auto which = static_cast<std::size_t>((round + i) % kCompetitors);
      times[which].push_back(seconds_of(*competitors[which], flags));
    }
  }
  return times;
}

// other / thalweg, round by round: above 1 the library is the faster.
Median ratio(const Times& times, std::size_t other) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < times[kThalweg].size(); ++i) {
    ratios.push_back(times[other][i] / times[kThalweg][i]);
  }
  return thalweg::median_of(std::move(ratios));
}

std::string json_of(const Median& median) {
  return thalweg::JsonObject()
      .add("median", median.value)
      .add("low", median.low)
      .add("high", median.high)
      .text();
}

std::string report(const Task& task, const Competitors& competitors, const Times& times, int ulps_apart) {
  std::uint64_t bytes = 0;
  for (const thalweg::Pass& pass : task.passes())
    bytes += static_cast<std::uint64_t>(pass.reads + pass.writes) * pass.bytes;
  thalweg::JsonObject seconds;
  std::array<Median, kCompetitors> medians;
  for (std::size_t i = 0; i < kCompetitors; ++i) {
    medians[i] = thalweg::median_of(times[i]);
    seconds.raw(kNames[i], json_of(medians[i]));
  }
  // The limit of the same run is whoever was faster of the two that know nothing of chains, each asking for
  // memory at the distance that suits it best.
  const std::size_t best = medians[kLimit].value <= medians[kFused].value ? kLimit : kFused;
  const Median share = ratio(times, best);
  const auto fastest = [&](std::size_t i) { return *std::min_element(times[i].begin(), times[i].end()); };
  const double fastest_share = std::min(fastest(kLimit), fastest(kFused)) / fastest(kThalweg);
  const auto ns = [&](std::size_t i) { return medians[i].value / static_cast<double>(task.size) * 1e9; };
  std::printf(
      "%-23s %3.0f B  %7.4f %6.1f GB/s  %7.4f (%4zu)  %7.4f (%4zu)   %.3f [%.3f, %.3f] of the %s; fastest "
      "%.3f; "
      "%d ulp\n",
      std::string(task.rule.name).c_str(), static_cast<double>(bytes) / static_cast<double>(task.size),
      ns(kThalweg), static_cast<double>(bytes) / medians[kThalweg].value / 1e9, ns(kLimit),
      competitors[kLimit]->distance(), ns(kFused), competitors[kFused]->distance(), share.value, share.low,
      share.high, kNames[best], fastest_share, ulps_apart);
  std::fflush(stdout);
  return thalweg::JsonObject()
      .add("rule", task.rule.name)
      .add("chain", task.rule.chain)
      .add("bytes", bytes)
      .add("worst_ulps", ulps_apart)
      .raw("seconds", seconds.text())
      .add("limit", kNames[best])
      .add("prefetch_of_kernel", std::uint64_t{competitors[kLimit]->distance()})  // floats ahead
      .add("prefetch_of_fused", std::uint64_t{competitors[kFused]->distance()})
      .raw("share", json_of(share))
      .add("share_of_fastest", fastest_share)  // of the fastest round of each: what disturbs only slows down
      .raw("to_limit_kernel", json_of(ratio(times, kLimit)))
      .raw("to_fused_loop", json_of(ratio(times, kFused)))
      .text();
}

// The result of one rule as JSON; empty where the library does not know it.
std::string measure(const Task& task, const Flags& flags) {
  Competitors competitors{make_thalweg(task), nullptr, nullptr};
  if (competitors[kThalweg] == nullptr) return {};
  competitors[kLimit] = make_limit(task);
  competitors[kFused] = make_fused(task);
  for (int step = 0; step < kCheckedSteps; ++step) {
    for (const auto& competitor : competitors) competitor->step();
  }
  const int apart = worst_ulps(competitors[kThalweg]->values(), competitors[kFused]->values());
  if (apart > kMostUlps) {
    throw CLI::Error(std::string(task.rule.name),
                     "the fused loop computes something else: " + std::to_string(apart) + " ulp apart");
  }
  for (const auto& competitor : competitors) competitor->calibrate();
  return report(task, competitors, interleave(competitors, flags), apart);
}

// The value of `key` in a file of "key: value" lines, or the file's first line for no key.
std::string line_of(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key))
      return key.empty() ? line : line.substr(std::min(line.find(':') + 2, line.size()));
  }
  return {};
}

std::string machine() {
  utsname system{};
  uname(&system);
  std::array<double, 3> load{};
  getloadavg(load.data(), 3);
  return thalweg::JsonObject()
      .add("processor", line_of("/proc/cpuinfo", "model name"))
      .add("family", line_of("/proc/cpuinfo", "cpu family"))
      .add("model", line_of("/proc/cpuinfo", "model\t"))
      .add("cores", static_cast<int>(std::thread::hardware_concurrency()))
      .add("kernel", system.release)
      .add("huge_pages", line_of("/sys/kernel/mm/transparent_hugepage/enabled", ""))
      .add("compiler", __VERSION__)
      .add("load", load[0])
      .text();
}

std::string date() {
  const std::time_t time = std::time(nullptr);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&time));
  return text.data();
}

void run(const Flags& flags) {
  std::printf("%zu parameters, f32, %d threads, %d rounds; %s\n", flags.size, flags.threads, flags.rounds,
              machine().c_str());
  std::printf(
      "rule                    bytes  thalweg ns       GB/s   kernel (prefetch)  fused (prefetch)   limit / "
      "thalweg\n");
  thalweg::JsonArray results;
  for (const Rule& rule : kRules) {
    const bool wanted =
        flags.rules.empty() || std::count(flags.rules.begin(), flags.rules.end(), rule.name) > 0;
    if (!wanted) continue;
    const std::string result = measure({rule, flags.size, flags.threads}, flags);
    if (!result.empty()) results.raw(result);
  }
  if (flags.json.empty()) return;
  std::ofstream(flags.json) << thalweg::JsonObject()
                                   .add("schema", 1)
                                   .add("question", "optimizer_step")
                                   .add("date", date())
                                   .raw("machine", machine())
                                   .add("parameters", std::uint64_t{flags.size})
                                   .add("threads", flags.threads)
                                   .add("rounds", flags.rounds)
                                   .add("clock", flags.processor_time ? "processor" : "wall")
                                   .raw("results", results.text())
                                   .text()
                            << "\n";
}

}  // namespace
}  // namespace optimizer_step

int main(int argc, char** argv) {
  optimizer_step::Flags flags;
  CLI::App app("How near is an optimizer step to the speed of memory?");
  app.add_option("--rules", flags.rules, "some of the rules, separated by commas; otherwise all")
      ->delimiter(',');
  app.add_option("--size", flags.size, "parameters")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--threads", flags.threads, "threads of every competitor")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--rounds", flags.rounds, "times that each is timed, in turns")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--processor-time", flags.processor_time,
               "time the processor, not the wall: for a machine that others use too");
  app.add_option("--json", flags.json, "file to write the results to");
  try {
    app.parse(argc, argv);
    optimizer_step::run(flags);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
