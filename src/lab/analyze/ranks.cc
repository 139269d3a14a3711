// A step on ranks, predicted from its bytes, the link between them and the speed of memory here.
#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "analyze/traffic.h"
#include "base/json.h"
#include "ranks/cost.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kMeasured = std::uint64_t{1} << 28;  // bytes of each stream at most
constexpr double kEach = 1e-6;  // seconds that a message takes its sender and its receiver, about

void check(const RankOptions& o) {
  const auto refuse = [](const char* what, const std::string& got, const char* want) {
    throw Error(Code::usage, {"ranks", what, got, want, ""});
  };
  if (o.ranks < 1) refuse("too few", std::to_string(o.ranks), "1 or more");
  if (o.rounds < 1) refuse("no rounds", std::to_string(o.rounds), "1 or more");
  if (o.per_host < 1 || o.per_host > o.ranks)
    refuse("not so many on a machine", std::to_string(o.per_host), "1 up to the ranks");
  if (!(o.link.bytes_per_second > 0) || !(o.link.seconds >= 0) || !std::isfinite(o.link.seconds))
    refuse("not a link", fmt::format("{} B/s, {} s", o.link.bytes_per_second, o.link.seconds),
           "a rate above 0 and a time");
}

// Seconds of a share of the passes of a step, at the speed of memory. Of long streams a part is measured.
double pass_seconds(std::vector<Pass> passes, double share, int threads, int rounds) {
  std::uint64_t longest = 0;
  for (const Pass& pass : passes) longest = std::max(longest, pass.bytes);
  const double part = std::min(1.0, static_cast<double>(kMeasured) / (share * static_cast<double>(longest)));
  for (Pass& pass : passes) {
    const double bytes = static_cast<double>(pass.bytes) * share * part;
    pass.bytes = std::max<std::uint64_t>(64, static_cast<std::uint64_t>(bytes) / 64 * 64);
  }
  MemoryLimit limit(passes, threads);
  limit.calibrate();
  std::vector<double> sums;
  for (int round = 0; round < rounds; ++round) {
    double sum = 0;
    for (const double seconds : limit.run()) sum += seconds;
    sums.push_back(sum);
  }
  return median_of(std::move(sums)).value / part;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr double kMebibyte = 1 << 20;
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMebibyte);
}

}  // namespace

RankPrediction predict_ranks(const Chain& chain, const Params& params, const RankOptions& options) {
  check(options);
  const auto ranks = static_cast<unsigned>(options.ranks);
  const Plan plan(chain, params);
  const RankCost cost = rank_cost(params, plan, options.ranks, std::bit_ceil(ranks));
  const Explanation explained = chain.explain(params);
  const std::vector<Pass> passes = traffic_of(explained).passes;
  if (passes.empty())
    throw Error(Code::usage, {"ranks", "nothing to move", "", "a parameter with elements", ""});
  std::uint64_t moved = 0;
  for (const Pass& pass : passes) moved += static_cast<std::uint64_t>(pass.reads + pass.writes) * pass.bytes;

  RankPrediction out{.chain = chain.text(), .elements = params.elements(), .options = options};
  const double of_host = cost.share * options.per_host;  // ranks of a machine move these together
  out.step = pass_seconds(passes, of_host, options.threads * options.per_host, options.rounds);
  out.alone = options.ranks == 1 ? out.step : pass_seconds(passes, 1, options.threads, options.rounds);
  out.memory_rate = of_host * static_cast<double>(moved) / out.step;
  for (const Parameter& parameter : params) out.whole += 2 * parameter.size() * size_of(parameter.dtype());
  out.state = cost.state;
  out.state_alone = plan.state_bytes(params);
  if (options.ranks == 1) return out;
  const auto wire = [&](std::uint64_t sent, std::uint64_t received) {
    return options.link.seconds +
           static_cast<double>(std::max(sent, received)) / options.link.bytes_per_second;
  };
  const double adding = options.per_host * static_cast<double>(cost.summed) / out.memory_rate;
  out.gradients = wire(cost.gradients_out, cost.gradients_in) + adding;
  out.values = wire(cost.values_out, cost.values_in);
  const auto sums = static_cast<double>(explained.phases - 1);  // of norms, one more for each
  out.small = (kSmallMessages + sums) * (options.link.seconds + kEach * (options.ranks - 1));
  out.out = cost.gradients_out + cost.values_out;
  out.in = cost.gradients_in + cost.values_in;
  out.rooms = cost.rooms;
  return out;
}

std::string RankPrediction::text() const {
  const auto milliseconds = [](const char* what, double seconds) {
    return fmt::format("  {:<30} {:>10.4f} ms\n", what, 1e3 * seconds);
  };
  std::string lines = fmt::format(
      "\npredicted  {} rank{} of {} thread{}, {} on a machine: links of {:.4g} GB/s and {:.4g} us; memory, "
      "measured "
      "here, {:.1f} GB/s\n",
      options.ranks, options.ranks == 1 ? "" : "s", options.threads, options.threads == 1 ? "" : "s",
      options.per_host, options.link.bytes_per_second / 1e9, options.link.seconds * 1e6, memory_rate / 1e9);
  lines += milliseconds("gradients to their ranks", gradients) + milliseconds("step of its part", step) +
           milliseconds("parameters to all", values) + milliseconds("small messages", small) +
           milliseconds("together", seconds()) + milliseconds("one process", alone);
  lines += fmt::format("  on the wire a step: {} out, {} in\n", bytes_text(out), bytes_text(in));
  lines +=
      fmt::format("  memory: {} of parameters and gradients, {} of state (one process {}), {} of messages\n",
                  bytes_text(whole), bytes_text(state), bytes_text(state_alone), bytes_text(rooms));
  return lines + "  a prediction: nothing was sent, and what overlaps is not taken off\n";
}

std::string RankPrediction::json() const {
  return JsonObject()
      .add("schema", 1)
      .add("ranks", options.ranks)
      .add("per_host", options.per_host)
      .add("threads", options.threads)
      .add("link_bytes_per_second", options.link.bytes_per_second)
      .add("link_seconds", options.link.seconds)
      .add("memory_bytes_per_second", memory_rate)
      .add("gradients_seconds", gradients)
      .add("step_seconds", step)
      .add("values_seconds", values)
      .add("small_seconds", small)
      .add("seconds", seconds())
      .add("alone_seconds", alone)
      .add("bytes_out", out)
      .add("bytes_in", in)
      .add("whole_bytes", whole)
      .add("state_bytes", state)
      .add("state_alone_bytes", state_alone)
      .add("message_bytes", rooms)
      .text();
}

}  // namespace thalweg
