// A step on synthetic numbers against the memory limit of its own traffic.
#include <algorithm>

#include <fmt/format.h>

#include "analyze/traffic.h"
#include "base/json.h"
#include "device/limit.h"
#include "thalweg/error.h"
#include "thalweg/lab/analyze.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

// Numbers of one size, of either sign: nothing fades, nothing grows out of range.
template <class T>
void fill(std::span<T> out, std::uint64_t seed, double scale) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint64_t x = (i + seed) * 0x9e3779b97f4a7c15u;
    const double size = scale * (1.0 + static_cast<double>(x >> 40) * 0x1p-24);
    out[i] = static_cast<T>((x >> 32 & 1) != 0 ? size : -size);
  }
}

template <class T>
void fill_parameter(Parameter& parameter, std::uint64_t seed) {
  fill(parameter.value<T>(), 2 * seed, 0.02);
  if (!parameter.absent()) fill(parameter.grad<T>(), 2 * seed + 1, 0.01);
}

void fill_all(Params& params) {
  std::uint64_t seed = 0;
  for (Parameter& parameter : params) {
    if (parameter.dtype() == Dtype::f32) {
      fill_parameter<float>(parameter, seed++);
    } else {
      fill_parameter<double>(parameter, seed++);
    }
  }
}

std::string json_of(const Median& median) {
  return JsonObject().add("median", median.value).add("low", median.low).add("high", median.high).text();
}

constexpr int kWarmUps = 2;

}  // namespace

Analysis analyze(const Chain& chain, Params& params, const AnalyzeOptions& options) {
  if (options.rounds < 1) {
    throw Error(Code::usage, {"analyze", "no rounds", std::to_string(options.rounds), "at least 1", ""});
  }
  Optimizer optimizer(params, chain, {.threads = options.threads, .seconds = true});
  Traffic traffic = traffic_of(chain.explain(params));
  if (traffic.passes.empty()) {
    throw Error(Code::usage, {"analyze", "nothing to move", "", "a parameter with elements", ""});
  }
  MemoryLimit limit(traffic.passes, options.threads);
  limit.calibrate();
  fill_all(params);

  std::vector<std::vector<double>> costs(traffic.phases.size());
  std::vector<double> limits, steps, shares;
  for (int round = -kWarmUps; round < options.rounds; ++round) {
    const double step = optimizer.step().seconds;
    const std::span<const double> passes = limit.run();
    if (round < 0) continue;
    double sum = 0;
    for (std::size_t i = 0; i < passes.size(); ++i) {
      costs[i].push_back(passes[i]);
      sum += passes[i];
    }
    limits.push_back(sum);
    steps.push_back(step);
    shares.push_back(sum / step);
  }
  for (std::size_t i = 0; i < costs.size(); ++i) traffic.phases[i].limit_seconds = median_of(costs[i]).value;
  return {.chain = chain.text(),
          .elements = params.elements(),
          .bytes = limit.bytes(),
          .threads = options.threads,
          .rounds = options.rounds,
          .phases = std::move(traffic.phases),
          .limit_seconds = median_of(std::move(limits)),
          .step_seconds = median_of(std::move(steps)),
          .share = median_of(std::move(shares))};
}

std::string Analysis::text() const {
  const auto rate = [](double moved, double seconds) { return moved / seconds / 1e9; };
  std::string out = fmt::format("\nmeasured  {} elements, {} thread{}, {} pairs of step and limit\n",
                                elements, threads, threads == 1 ? "" : "s", rounds);
  std::size_t widest = 0;
  for (const PhaseCost& phase : phases)
    widest = std::max(widest, phase.kind.size() + phase.engine.size() + 2);
  out += fmt::format("  phase  group  {:<{}}  bytes/elem   predicted ms   limit GB/s\n", "what", widest);
  for (const PhaseCost& phase : phases) {
    const double moved = static_cast<double>(phase.elements * phase.bytes_per_element);
    out += fmt::format("  {:<5}  {:<5}  {:<{}}  {:>10}   {:>12.4f}   {:>10.1f}\n", phase.phase, phase.group,
                       phase.kind + ", " + phase.engine, widest, phase.bytes_per_element,
                       phase.limit_seconds * 1e3, rate(moved, phase.limit_seconds));
  }
  const double moved = static_cast<double>(bytes);
  out +=
      fmt::format("  step: predicted {:.4f} ms, measured {:.4f} ms, {:.3f} ns per element, {:.1f} GB/s\n",
                  limit_seconds.value * 1e3, step_seconds.value * 1e3,
                  step_seconds.value / static_cast<double>(elements) * 1e9, rate(moved, step_seconds.value));
  return out + fmt::format("  share of the memory limit: {:.3f} [{:.3f}, {:.3f}]\n", share.value, share.low,
                           share.high);
}

std::string Analysis::json() const {
  const auto cost = [](const PhaseCost& phase) {
    return JsonObject()
        .add("phase", phase.phase)
        .add("group", phase.group)
        .add("kind", phase.kind)
        .add("engine", phase.engine)
        .add("elements", phase.elements)
        .add("bytes_per_element", phase.bytes_per_element)
        .add("limit_seconds", phase.limit_seconds)
        .text();
  };
  return JsonObject()
      .add("schema", 1)
      .add("chain", chain)
      .add("elements", elements)
      .add("bytes", bytes)
      .add("threads", threads)
      .add("rounds", rounds)
      .raw("phases", json_list(phases, cost))
      .raw("limit_seconds", json_of(limit_seconds))
      .raw("step_seconds", json_of(step_seconds))
      .raw("share", json_of(share))
      .text();
}

}  // namespace thalweg
