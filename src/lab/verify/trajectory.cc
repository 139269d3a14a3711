// Trajectories and single updates: the engine steps, the numbers of the case are compared.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/spec.h"
#include "thalweg/chain.h"
#include "thalweg/error.h"
#include "thalweg/optimizer.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

constexpr double kMostUpdates = 1e6;
constexpr double kMostWork = 2e9;  // numbers that all updates together read and write

std::uint64_t read_step(const Json& entry) {
  const double step = read_number(member(entry, "after_step"), "after_step");
  if (step >= 1 && step == std::floor(step) && step <= kMostUpdates) return static_cast<std::uint64_t>(step);
  throw Malformed("`after_step` is no number of updates from 1 to " + print_number(kMostUpdates));
}

std::vector<Tensor> read_tensors(const Json& test) {
  std::vector<Tensor> tensors;
  std::set<std::string> names;
  for (const Json& entry : read_array(member(test, "params"), "params")) {
    Tensor tensor = read_tensor(entry, "init");
    if (!names.insert(tensor.name).second) throw Malformed("two parameters are called `" + tensor.name + "`");
    tensors.push_back(std::move(tensor));
  }
  if (tensors.empty()) throw Malformed("`params` is empty");
  return tensors;
}

Params make_params(const std::vector<Tensor>& tensors) {
  Params params;
  for (std::size_t p = 0; p < tensors.size(); ++p) {
    Parameter& parameter = params.add(engine_name(p), tensors[p].shape, Role::other, Dtype::f64);
    std::ranges::copy(tensors[p].init, parameter.value<double>().begin());
  }
  return params;
}

// What the engine is compared in after a step.
struct State {
  Optimizer& optimizer;
  const Params& params;
  const std::vector<Tensor>& tensors;
  const Report& report;
};

void compare_params(const Json& want, const State& state, Comparison& comparison) {
  if (!want.is_array() || want.size() != state.tensors.size()) {
    throw Malformed("`expected` has another number of parameters than `params`");
  }
  for (std::size_t p = 0; p < want.size(); ++p) {
    const std::string& name = state.tensors[p].name;
    const std::vector<double> numbers = read_numbers(want[p], "expected params");
    const std::span<const double> got = state.params[p].value<double>();
    if (numbers.size() != got.size()) throw Malformed("`expected` has another size than `" + name + "`");
    for (std::size_t i = 0; i < got.size(); ++i) {
      comparison.add(state.report.update, name, i, got[i], numbers[i]);
    }
  }
}

// What is to be evaluated in place of the parameters, by the names that libraries give it: of ASGD,
// schedule-free, lookahead and Keras.
constexpr std::string_view kAveraged[] = {"averaged", "eval_params", "slow_params", "weight_ema"};

bool is_averaged(std::string_view field) {
  return std::ranges::find(kAveraged, field) != std::end(kAveraged);
}

void compare_entry(const Json& entry, const State& state, Comparison& comparison) {
  for (const auto& [key, want] : entry.items()) {
    if (key == "params") compare_params(want, state, comparison);
    if (key == "gradient_norm") {
      comparison.add(state.report.update, key, 0, state.report.grad_norm, read_number(want, key));
    }
    if (!is_averaged(key)) continue;
    if (!state.optimizer.averages()) throw Skip("field " + key);
    const Averaged held = state.optimizer.averaged();
    compare_params(want, state, comparison);
  }
}

// `expected` by step. Skip names the fields that are not compared.
std::multimap<std::uint64_t, const Json*> read_expected(const Json& test) {
  std::multimap<std::uint64_t, const Json*> by_step;
  for (const Json& entry : read_array(member(test, "expected"), "expected")) {
    by_step.emplace(read_step(entry), &entry);
    if (entry.size() < 2) throw Malformed("an entry of `expected` has nothing but its step");
  }
  if (by_step.empty()) throw Malformed("`expected` is empty");
  return by_step;
}

void check_fields(const Json& test) {
  std::set<std::string> unknown;
  for (const Json& entry : test.at("expected")) {
    for (const auto& [key, value] : entry.items()) {
      const bool known = key == "after_step" || key == "params" || key == "gradient_norm";
      if (!known && !is_averaged(key)) unknown.insert(key);
    }
  }
  for (const auto& [key, value] : test.items()) {
    if (key.starts_with("expected_") && key != "expected_state") unknown.insert(key);
  }
  if (!unknown.empty()) throw Skip("field " + listed({unknown.begin(), unknown.end()}));
}

// A case whose maker's own formula in double is farther off than its tolerance asks for the roundings of
// float32.
void check_reachable(const Json& test) {
  const Json& tolerance = member(test, "tolerance");
  double least = std::numeric_limits<double>::infinity();
  for (const Json& entry : test.at("expected")) {
    if (!entry.contains("params")) continue;
    for (const double want : read_numbers(entry.at("params"), "expected params"))
      least = std::min(least, std::abs(want));
  }
  const double allowed =
      read_number(member(tolerance, "atol"), "atol") + read_number(member(tolerance, "rtol"), "rtol") * least;
  if (const double off = test.value("verify_max_abs_error", 0.0); off > allowed) {
    throw Skip("double itself is off by " + print_number(off));
  }
}

// Libraries disagree on what clipping makes of a norm that is not finite.
void check_clipped(const Params& params) {
  for (const Parameter& parameter : params) {
    if (parameter.absent()) continue;
    const auto finite = [](double x) { return std::isfinite(x); };
    if (!std::ranges::all_of(parameter.grad<double>(), finite)) {
      throw Skip("clipping of a gradient that is not finite");
    }
  }
}

// State of the engine by the names that libraries give it.
struct StateName {
  std::string_view theirs, ours;
};
constexpr StateName kStateNames[] = {{"acc", "s"}, {"m", "m"}, {"v", "v"}, {"v", "b"}};

std::span<double> state_of(Optimizer& optimizer, const Parameter& parameter, std::string_view theirs) {
  for (const StateTensor& tensor : optimizer.state()) {
    const std::string_view slot = std::string_view(tensor.name).substr(tensor.name.rfind('.') + 1);
    const bool named =
        std::any_of(std::begin(kStateNames), std::end(kStateNames),
                    [&](const StateName& name) { return name.theirs == theirs && name.ours == slot; });
    if (tensor.parameter == &parameter && named)
      return {static_cast<double*>(tensor.buffer.data), parameter.size()};
  }
  throw Skip("init_state " + std::string(theirs));
}

// What the moments hold before the first step.
void set_state(const Json& test, Params& params, Optimizer& optimizer) {
  const Json& hyper = member(test, "hyper");
  if (!hyper.contains("init_state")) return;
  for (const auto& [name, values] : hyper.at("init_state").items()) {
    if (!values.is_array() || values.size() != params.size())
      throw Malformed("`init_state` of another length");
    for (std::size_t p = 0; p < params.size(); ++p) {
      const std::vector<double> numbers = read_numbers(values[p], "init_state");
      const std::span<double> state = state_of(optimizer, params[p], name);
      if (numbers.size() != state.size()) throw Malformed("`init_state` of another size");
      std::ranges::copy(numbers, state.begin());
    }
  }
}

// `expected_state` after the last step: the first stream of every parameter, then the second, ...
void compare_state(const Json& test, const Params& params, Optimizer& optimizer, Comparison& comparison) {
  if (!test.contains("expected_state")) return;
  const Json& expected = read_array(test.at("expected_state"), "expected_state");
  std::map<const Parameter*, std::vector<StateTensor>> of;
  for (const StateTensor& tensor : optimizer.state()) of[tensor.parameter].push_back(tensor);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Parameter& parameter = params[i % params.size()];
    const std::vector<StateTensor>& streams = of[&parameter];
    if (i / params.size() >= streams.size()) throw Malformed("`expected_state` has too many entries");
    const std::vector<double> want = read_numbers(member(expected[i], "values"), "expected_state");
    if (want.size() != parameter.size()) throw Malformed("`expected_state` of another size");
    const StateTensor& stream = streams[i / params.size()];
    for (std::size_t j = 0; j < want.size(); ++j) {
      comparison.add(optimizer.updates(), stream.name, j, static_cast<const double*>(stream.buffer.data)[j],
                     want[j]);
    }
  }
}

}  // namespace

void replay_trajectory(const Json& given, Comm* comm, Comparison& comparison) {
  const Json test = units_first(given);
  const std::vector<Tensor> tensors = read_tensors(test);
  const std::multimap<std::uint64_t, const Json*> expected = read_expected(test);
  const std::uint64_t last = expected.rbegin()->first;
  Gradient gradient;
  std::string chain, reasons;
  collect(reasons, [&] { gradient = make_gradient(member(test, "gradient"), tensors); });
  collect(reasons, [&] { chain = chain_text(test, tensors, gradient, last); });
  collect(reasons, [&] { check_fields(test); });
  collect(reasons, [&] { check_reachable(test); });
  if (!reasons.empty()) throw Skip(reasons);
  if (gradient.cost * static_cast<double>(last) > kMostWork) throw Malformed("the trajectory is too long");

  Params params = make_params(tensors);
  Engine engine(params, chain, comm);
  set_state(test, params, engine.optimizer);
  const bool clips = chain.starts_with("clip_norm");
  for (std::uint64_t step = 1; step <= last; ++step) {
    gradient.write(step, params);
    if (clips) check_clipped(params);
    const Report report = engine.step();
    const auto [begin, end] = expected.equal_range(step);
    for (auto entry = begin; entry != end; ++entry) {
      compare_entry(*entry->second, {engine.optimizer, params, tensors, report}, comparison);
    }
  }
  engine.gather();
  compare_state(test, params, engine.optimizer, comparison);
}

// Every tensor is clipped by its own norm: by an engine of its own, on parameters of zero, from which a rate
// of 1 takes the clipped gradient away.
void replay_clipping(const Json& test, Comm* comm, Comparison& comparison) {
  Fields hyper(member(test, "hyper"), "hyper");
  const std::string mode = hyper.text("mode", "");
  if (mode != "norm" && mode != "value") throw Skip("clipping by " + mode);
  const std::string chain =
      hyper.fill(mode == "norm" ? "clip_norm({limit}, form=optax) | lr(1)" : "clip_value({limit}) | lr(1)");
  for (const std::string& key : hyper.unread()) throw Skip("hyper " + key);
  const Json& gradients = read_array(member(test, "gradient"), "gradient");
  const Json& expected = read_array(member(test, "expected"), "expected");
  if (gradients.size() != expected.size()) throw Malformed("`gradient` and `expected` differ in length");
  for (std::size_t p = 0; p < gradients.size(); ++p) {
    const std::vector<double> gradient = read_numbers(gradients[p], "gradient");
    const std::vector<double> want = read_numbers(expected[p], "expected");
    if (gradient.size() != want.size()) throw Malformed("`gradient` and `expected` differ in size");
    const auto size = static_cast<std::int64_t>(gradient.size());
    Params params = make_params({{"", {size}, std::vector<double>(gradient.size())}});
    std::ranges::copy(gradient, params[0].grad<double>().begin());
    check_clipped(params);
    Engine(params, chain, comm).step();
    for (std::size_t i = 0; i < want.size(); ++i) {
      comparison.add(1, std::to_string(p), i, -params[0].value<double>()[i], want[i]);
    }
  }
}

}  // namespace thalweg::oracle
