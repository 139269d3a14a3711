#include "compare/rates.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/spec.h"
#include "base/text.h"
#include "chain/link.h"
#include "chain/recipes.h"
#include "schedule/schedules.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr double kMiddle = 0.031622776601683794;  // of the rates of one that names none: 10^-1.5
constexpr int kDigits = 3;

double rounded(double number) {
  if (number == 0 || !std::isfinite(number)) return number;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(number))) - (kDigits - 1));
  // By way of text, so that 0.316 is the double nearest to it.
  return read_number(print_number(std::round(number / unit)) + "e" +
                     print_number(std::round(std::log10(unit))))
      .value_or(number);
}

bool is_lr(const Link& link) { return link.transform->spec.name == "lr"; }

Link lr_link(const Schedule& schedule) {
  const Source source{"schedule", "lr(" + schedule.text() + ")"};
  return Link::read(parse(source).front(), source);
}

const Recipe* find_recipe(std::string_view name) {
  const auto all = recipes();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Recipe& r) { return r.spec.name == name; });
  return found == all.end() ? nullptr : &*found;
}

// Gives recipes that must have a rate the schedule; whether any was without.
bool complete(Text& text, const Value& schedule) {
  bool lacking = false;
  for (Item& item : text) {
    const Recipe* recipe = find_recipe(item.name);
    const auto option = recipe != nullptr ? recipe->spec.find("lr") : std::nullopt;
    if (!option || !recipe->spec.options[*option].required) continue;
    const auto names = [](const Arg& arg) { return arg.name == "lr"; };
    if (std::any_of(item.args.begin(), item.args.end(), names)) continue;
    item.args.push_back({"lr", schedule, 0});
    lacking = true;
  }
  return lacking;
}

// The chain with the rate behind everything that forms the update.
Chain insert_rate(const Chain& chain, const Schedule& schedule) {
  std::vector<Link> links = chain.links();
  const auto lands = [](const Link& link) { return link.transform->scope == Scope::landing; };
  links.insert(std::find_if(links.begin(), links.end(), lands), lr_link(schedule));
  return Chain(std::move(links));
}

Contender contender(const std::string& given, const CompareOptions& options) {
  const Source source{"optimizer", given};
  Text text =
      parse(source, [&](const Item& item, const std::string& also) { check_chain_name(item, source, also); });
  Contender out;
  out.given = print(text);
  out.full_batch = text.front().name == "gd";
  const Schedule schedule(options.schedule);
  out.names_rate = !complete(text, to_value(schedule));
  out.chain = out.names_rate ? Chain(given) : Chain(print(text));
  for (const Link& link : out.chain.links()) {
    if (link.transform->part != Part::window) continue;
    throw Error(Code::usage, {"optimizer", "a run gathers batches by itself", "`" + given + "`",
                              "a chain without `accumulate`", "say `--accumulate 4` in its place"});
  }
  if (std::ranges::none_of(out.chain.links(), is_lr)) {
    out.chain = insert_rate(out.chain, schedule);
    out.names_rate = false;
  }
  for (const double factor : ladder(options.rates, options.decades))
    out.factors.push_back(out.names_rate ? factor : rounded(kMiddle * factor));
  return out;
}

// Whether the first option is the peak and everything else is a share of it.
bool peak_alone(const Item& item, const Spec& spec) {
  if (spec.options.empty() || spec.options[0].name != "peak" || item.args.empty()) return false;
  const auto absolute = [&](const Arg& arg) {
    const std::optional<std::size_t> option = spec.find(arg.name);
    return option && *option > 0 &&
           (spec.options[*option].type == OptionType::scalar || arg.value.kind != Value::Kind::word ||
            ((arg.name == "floor" || arg.name == "warmup_from") && read_number(arg.value.word)));
  };
  return item.args[0].name.empty() && std::none_of(item.args.begin(), item.args.end(), absolute);
}

}  // namespace

std::vector<Contender> contenders(const CompareOptions& options) {
  std::vector<Contender> out;
  std::set<std::string> seen;
  for (const std::string& text : options.optimizers) {
    out.push_back(contender(text, options));
    if (seen.insert(out.back().given).second) continue;
    throw Error(Code::usage, {"optimizers", "the same one twice", "`" + text + "`", "different ones", ""});
  }
  return out;
}

Schedule times(const Schedule& schedule, double factor) {
  if (factor == 1) return schedule;
  const std::string text = schedule.text();
  if (const std::optional<double> number = read_number(text)) return rounded(*number * factor);
  Text parsed = parse({"schedule", text});
  Item& item = parsed.front();
  const auto shapes = schedule_shapes();
  const auto shape =
      std::find_if(shapes.begin(), shapes.end(), [&](const auto& s) { return s.spec.name == item.name; });
  if (shape != shapes.end() && peak_alone(item, shape->spec)) {
    if (const std::optional<double> peak = read_number(item.args[0].value.word)) {
      item.args[0].value.word = print_number(rounded(*peak * factor));
      return Schedule(print(parsed));
    }
  }
  return Schedule("scale(" + text + ", " + print_number(rounded(factor)) + ")");
}

Chain with_rate(const Chain& chain, double factor) {
  std::vector<Link> links = chain.links();
  for (Link& link : links) {
    if (!is_lr(link)) continue;
    const Source source{"optimizer", print(Text{link.item(false)})};
    Item item = parse(source).front();
    const Schedule scaled = times(link.numbers.front(), factor);
    item.args.front().value = to_value(scaled);
    const Source changed{"optimizer", print(Text{item})};
    link = Link::read(parse(changed).front(), changed);
  }
  return Chain(std::move(links));
}

double rate_of(const Chain& chain) {
  const auto& links = chain.links();
  const auto first = std::find_if(links.begin(), links.end(), is_lr);
  return first == links.end() ? 0 : first->numbers.front().highest();
}

std::vector<double> ladder(std::size_t count, double decades) {
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) {
    const double at = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1) - 0.5;
    out.push_back(std::pow(10.0, at * decades));
  }
  return out;
}

}  // namespace thalweg
