// Texts of the grammar as every kind of thing they can stand for: what is read, printed and read again is the
// same, and errors say something.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/spec.h"
#include "base/text.h"
#include "data/dataset.h"
#include "losses/loss.h"
#include "nn/module.h"
#include "target.h"
#include "thalweg/chain.h"
#include "thalweg/loss.h"
#include "thalweg/module.h"
#include "thalweg/optimizer.h"
#include "thalweg/schedule.h"

namespace thalweg::fuzz {
namespace {

bool same(const Text& a, const Text& b);

bool same(const Value& a, const Value& b) {
  const auto equal = [](const Value& x, const Value& y) { return same(x, y); };
  return a.kind == b.kind && a.word == b.word && same(a.text, b.text) &&
         std::equal(a.list.begin(), a.list.end(), b.list.begin(), b.list.end(), equal);
}

bool same(const Item& a, const Item& b) {
  const auto equal = [](const Arg& x, const Arg& y) { return x.name == y.name && same(x.value, y.value); };
  return a.name == b.name && std::equal(a.args.begin(), a.args.end(), b.args.begin(), b.args.end(), equal);
}

bool same(const Text& a, const Text& b) {
  const auto equal = [](const Item& x, const Item& y) { return same(x, y); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

// The product of all numbers above 1 in a text, which bounds what a model of it takes.
double size_of_numbers(const Text& text);

double size_of_numbers(const Value& value) {
  double product = 1;
  for (const Value& one : value.list) product *= size_of_numbers(one);
  if (const auto number = read_number(value.word)) product *= std::max(1.0, std::fabs(*number));
  return product * size_of_numbers(value.text);
}

double size_of_numbers(const Text& text) {
  double product = 1;
  for (const Item& item : text) {
    for (const Arg& arg : item.args) product *= size_of_numbers(arg.value);
  }
  return product;
}

void check_list(const std::string& text) {
  const auto parts = attempt_twice(Code::usage, [&] { return split_list({"list", text}); });
  if (!parts) return;
  std::string joined;
  for (const std::string& part : *parts) joined += (joined.empty() ? "" : ";") + part;
  require(split_list({"list", joined}) == *parts, "a list splits otherwise", joined);
}

// The settings of every item of the text that names one of `specs`.
void check_specs(std::span<const Spec* const> specs, const Text& text, const Source& source) {
  for (const Item& item : text) {
    const auto spec =
        attempt_twice(Code::usage, [&] { return specs[find_spec(specs, item, source, "a thing", "")]; });
    if (!spec) continue;
    const auto settings = attempt_twice(Code::usage, [&] { return bind(**spec, item, source); });
    if (!settings) continue;
    for (const bool every : {false, true}) {
      const std::string printed = print(Text{unbind(**spec, *settings, every)});
      const Source again{"again", printed};
      const Item read = parse(again).at(0);
      require(print(Text{unbind(**spec, bind(**spec, read, again), every)}) == printed,
              "settings print otherwise", printed);
    }
  }
}

void check_schedule(const std::string& text) {
  const auto schedule = attempt_twice(Code::usage, [&] { return Schedule(text); });
  if (!schedule) return;
  for (const bool every : {false, true}) {
    const std::string printed = schedule->text(every);
    require(Schedule(printed).text(every) == printed, "a schedule prints otherwise", printed);
  }
  const auto resolved =
      attempt_twice(Code::usage, [&] { return schedule->resolve({.updates = 1000, .per_epoch = 50}); });
  if (!resolved || !resolved->resolved()) return;
  for (const std::uint64_t k : {0ULL, 1ULL, 49ULL, 50ULL, 999ULL, 1000ULL, 1ULL << 53}) {
    const double value = (*resolved)(k);
    require(value == (*resolved)(k), "a schedule is not a function of the update", text);
    require(value >= resolved->lowest() - std::fabs(resolved->lowest()) * 1e-12 &&
                value <= resolved->highest() + std::fabs(resolved->highest()) * 1e-12,
            "a schedule leaves its bounds", resolved->text() + " at " + std::to_string(k));
  }
}

// Two updates of a small model; every chain that can be bound can be run.
void run_chain(const Chain& chain) {
  Params params;
  params.add("dense1.weight", {3, 4}, Role::weight);
  params.add("dense1.bias", {4}, Role::bias);
  params.add("norm1.scale", {4}, Role::norm, Dtype::f64);
  std::string first, second;
  const auto plan = attempt(Code::usage, first, [&] { return chain.explain(params); });
  const auto optimizer = attempt(Code::usage, second, [&] { return Optimizer(params, chain); });
  require(first == second && plan.has_value() == optimizer.has_value(), "explaining and binding differ",
          first + "\n" + second);
  if (!optimizer) return;
  require(!plan->text().empty() && plan->json().starts_with('{'), "no plan", chain.text());
  Optimizer bound(params, chain);
  for (int step = 0; step < 2; ++step) {
    std::ranges::fill(params[0].grad<float>(), 0.5F);
    std::ranges::fill(params[1].grad<float>(), -1e-3F);
    bound.step();
  }
  require(bound.updates() == 2, "updates are not counted", chain.text());
}

void check_chain(const std::string& text) {
  const auto chain = attempt_twice(Code::usage, [&] { return Chain(text); });
  if (!chain) return;
  for (const bool every : {false, true}) {
    const std::string printed = chain->text(every);
    if (printed.empty()) continue;
    require(Chain(printed).text(every) == printed, "a chain prints otherwise", printed);
    require(Chain(printed) == *chain, "a chain reads otherwise", printed);
  }
  const auto resolved =
      attempt_twice(Code::usage, [&] { return chain->resolve({.updates = 1000, .per_epoch = 50}); });
  if (resolved) run_chain(*resolved);
}

void check_model(const Text& parsed, const std::string& text) {
  constexpr double kSmall = 1 << 12;
  if (size_of_numbers(parsed) > kSmall || parsed.size() > 100) return;
  const auto printed = attempt_twice(Code::usage, [&] { return Module(text, {6}).text(true); });
  if (printed) require(Module(*printed, {6}).text(true) == *printed, "a model prints otherwise", *printed);
}

void check_loss(const std::string& text) {
  const auto printed = attempt_twice(Code::usage, [&] { return Loss(text).text(); });
  if (printed) require(Loss(*printed).text() == *printed, "a loss prints otherwise", *printed);
}

void check(const std::string& text) {
  check_list(text);
  const Source source{"text", text};
  const auto parsed = attempt_twice(Code::usage, [&] { return print(parse(source)); });
  check_schedule(text);  // also a plain number, which is not a text
  if (!parsed) {
    std::string message;
    require(!attempt(Code::usage, message, [&] { return Chain(text); }), "a chain is not a text", text);
    return;
  }
  const Text tree = parse(source);
  require(same(parse({"again", *parsed}), tree), "a text reads otherwise", *parsed);
  require(print(parse({"again", *parsed})) == *parsed, "a text prints otherwise", *parsed);
  for (const auto specs : {layer_specs(), loss_specs(), data_specs()}) check_specs(specs, tree, source);
  check_chain(text);
  check_model(tree, text);
  check_loss(text);
}

}  // namespace
}  // namespace thalweg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check(std::string(thalweg::fuzz::text_of(data, size)));
  return 0;
}
