#include "chain/recipes.h"

#include <algorithm>
#include <deque>

#include "base/did_you_mean.h"
#include "chain/custom_transform.h"
#include "chain/link.h"
#include "transforms/numbers.h"

namespace thalweg {
namespace {

constexpr Option kLr = required(scalar_option("lr", "", kNotNegative, "the learning rate"));
constexpr Option kL2 = scalar_option("decay", "", kNotNegative, "L2 regularisation of every parameter");
constexpr Option kDecoupled = scalar_option("decay", "0.01", kNotNegative, "decoupled decay, scaled by lr");
constexpr Option kDecayOn =
    typed_option(OptionType::selector, "decay_on", "[matrices, embedding]", {}, "the parameters that decay");
constexpr Option kDecayBy =
    choice_option("decay_by", "lr|schedule", "lr",
                  "the decay is scaled by the rate, or by the rate over its highest value");
constexpr Option kMomentum =
    scalar_option("momentum", "", kFraction, "share of the running sum that is kept");
constexpr Option kNesterov = needing("momentum", flag_option("nesterov", "false", "use Nesterov momentum"));
constexpr Option kDampening =
    needing("momentum", scalar_option("dampening", "0", {.min = 0.0, .max = 1.0},
                                      "share of the gradient that does not enter the running sum"));

constexpr Option kBeta2 = beta2_option("0.999");
constexpr Option kEps = eps_option("1e-8");
constexpr Option kNovogradBeta1 = share_kept("beta1", "0.9", "share of the running sum that is kept");
constexpr Option kNovogradBeta2 =
    share_kept("beta2", "0.25", "share of the average squared norm of a tensor that is kept");

template <const Option&... kOption>
constexpr Option kOptions[] = {kOption...};

// What a dialect changes of a recipe's own options; what it changes of the transforms, these know.
struct RecipeDialect {
  std::string_view recipe;  // empty: every recipe that has the option
  DialectDefault change;
};
constexpr RecipeDialect kRecipeDialects[] = {
    {"", {"torch", "decay_on", "all"}},      {"", {"optax", "decay_on", "all"}},
    {"", {"keras", "decay_on", "all"}},      {"", {"paper", "decay_on", "all"}},
    {"", {"paper", "decay_by", "schedule"}}, {"", {"optax", "decay", "1e-4"}},
    {"", {"keras", "decay", "0.004"}},
};

constexpr std::string_view kAllOptions = "$*";

// A recipe as its line says it: its own options, without those that it takes over.
struct Listed {
  std::string_view name, doc, source, chain;
  std::span<const Option> options;
};

#define THALWEG_RECIPE(name, doc, source, chain, ...) {name, doc, source, chain, kOptions<__VA_ARGS__>},
constexpr Listed kListed[] = {
#include "chain/recipes.inc"
};
#undef THALWEG_RECIPE

// Whether the template's item hands all options of its transform on to the recipe.
bool hands_on(const Item& item) {
  return std::any_of(item.args.begin(), item.args.end(),
                     [](const Arg& arg) { return arg.value.word == kAllOptions; });
}

// The options that an item hands on; what stands beside $* is the recipe's own default.
std::vector<Option> handed_on(const Item& item) {
  static std::deque<std::string> defaults;  // that options refer to
  const std::span<const Option> all = find_transform(item.name)->spec.options;
  std::vector<Option> options(all.begin(), all.end() - 1);  // `on` is the recipe's business
  for (const Arg& arg : item.args) {
    for (Option& option : options) {
      if (option.name == arg.name) option.fallback = defaults.emplace_back(print(arg.value));
    }
  }
  return options;
}

// Its own options, and those of the transforms that it hands on whole.
std::vector<Option> all_options(const Listed& listed) {
  std::vector<Option> options(listed.options.begin(), listed.options.end());
  for (const Item& item : parse({"recipe", std::string(listed.chain)})) {
    if (!hands_on(item)) continue;
    const std::vector<Option> taken = handed_on(item);
    options.insert(options.end(), taken.begin(), taken.end());
  }
  return options;
}

// Of the transforms that it hands on, and its own.
std::vector<DialectDefault> all_dialects(const Listed& listed, std::span<const Option> options) {
  std::vector<DialectDefault> dialects;
  const auto has = [&](std::string_view name, bool fallback) {
    return std::any_of(options.begin(), options.end(), [&](const Option& option) {
      return option.name == name && (!fallback || !option.fallback.empty());
    });
  };
  if (!has(kDialect.name, false)) return dialects;
  for (const RecipeDialect& one : kRecipeDialects) {
    const bool its_own = one.recipe.empty() || one.recipe == listed.name;
    if (its_own && has(one.change.option, true)) dialects.push_back(one.change);
  }
  for (const Item& item : parse({"recipe", std::string(listed.chain)})) {
    if (!hands_on(item)) continue;
    const std::span<const DialectDefault> taken = find_transform(item.name)->spec.dialects;
    dialects.insert(dialects.end(), taken.begin(), taken.end());
  }
  return dialects;
}

const Recipe* find_recipe(std::string_view name) {
  const auto found = std::find_if(recipes().begin(), recipes().end(),
                                  [&](const Recipe& recipe) { return recipe.spec.name == name; });
  return found == recipes().end() ? nullptr : &*found;
}

bool is_slot(const Value& value) { return value.kind == Value::Kind::word && value.word.starts_with('$'); }

// The values of a recipe's options by name; an option without a value is left out of the expansion.
class Values {
 public:
  Values(const Spec& spec, const Settings& settings) : spec_(spec), settings_(settings) {}

  std::optional<Value> find(std::string_view slot) const {
    const std::size_t index = *spec_.find(slot.substr(1));
    if (std::holds_alternative<std::monostate>(settings_[index])) return std::nullopt;
    return to_value(spec_.options[index], settings_[index]);
  }

  // All options of a transform, by name.
  std::vector<Arg> of(const Transform& transform, std::size_t at) const {
    std::vector<Arg> args;
    for (const Option& option : transform.spec.options.first(transform.spec.options.size() - 1)) {
      const std::string name(option.name);
      if (const std::optional<Value> value = find("$" + name)) args.push_back({name, *value, at});
    }
    return args;
  }

 private:
  const Spec& spec_;
  const Settings& settings_;
};

// The template's item with its slots filled in; nothing when it is optional and its first slot is empty.
std::optional<Item> fill(const Item& item, const Values& values, std::size_t at) {
  const bool optional = item.name.ends_with('?');
  Item out{optional ? item.name.substr(0, item.name.size() - 1) : item.name, {}, at};
  if (hands_on(item)) {
    out.args = values.of(*find_transform(item.name), at);
    return out;
  }
  for (const Arg& arg : item.args) {
    Arg filled = arg;
    if (is_slot(arg.value)) {
      const std::optional<Value> value = values.find(arg.value.word);
      if (!value && optional && out.args.empty()) return std::nullopt;
      if (!value) continue;
      filled.value = *value;
    }
    out.args.push_back(std::move(filled));
  }
  return out;
}

void expand_recipe(const Recipe& recipe, const Item& item, const Source& source, Text& out) {
  const Settings settings = bind(recipe.spec, item, source);
  const Values values(recipe.spec, settings);
  for (const Item& part : parse({"recipe", std::string(recipe.chain)})) {
    if (std::optional<Item> filled = fill(part, values, item.at)) out.push_back(*std::move(filled));
  }
}

// Takes the argument of that name out of the item.
std::optional<Arg> take(Item& item, std::string_view name) {
  const auto found =
      std::find_if(item.args.begin(), item.args.end(), [&](const Arg& arg) { return arg.name == name; });
  if (found == item.args.end()) return std::nullopt;
  Arg arg = *found;
  item.args.erase(found);
  return arg;
}

// What optax calls `decay` of a rule, which is not the decay of weights.
constexpr struct {
  std::string_view rule, option;
} kOptaxDecays[] = {{"rmsprop", "alpha"}, {"momentum", "mu"}};

void check_decay(const Item& item, const Arg& decay, const Source& source) {
  const bool optax = std::ranges::any_of(
      item.args, [](const Arg& arg) { return arg.name == kDialect.name && arg.value.word == "optax"; });
  for (const auto& [rule, option] : kOptaxDecays) {
    if (!optax || item.name != rule) continue;
    const std::string value = print(decay.value);
    throw source.error(
        decay.at,
        {"", "`decay` of `" + item.name + "` has two meanings under dialect=optax", "decay=" + value,
         "`" + std::string(option) + "=" + value + "`, the share that is kept, or `decay(" + value + ") | " +
             item.name + "`, decay of weights",
         ""});
  }
}

// What every rule takes besides the options of its Spec.
constexpr std::string_view kSugar[] = {kRuleSugar[0].name, kRuleSugar[1].name};

void check_rule_options(const Spec& spec, const Item& item, const Source& source) {
  std::size_t positions = 0;
  for (const Arg& arg : item.args) {
    const bool sugar = std::ranges::find(kSugar, arg.name) != std::end(kSugar);
    if (!arg.name.empty() && !sugar && !spec.find(arg.name)) unknown_option(spec, arg, source, kSugar);
    if (!arg.name.empty()) continue;
    const bool fits = ++positions < spec.options.size();  // the last one, `on`, has a name
    if (fits && spec.positional) continue;
    const std::string what = spec.positional ? "too many arguments for `" + item.name + "`"
                                             : "`" + item.name + "` takes named options only";
    throw source.error(arg.at, {"", what, "`" + print(arg.value) + "`", wanted_options(spec, kSugar), ""});
  }
}

// lr= and decay= on a rule: decay(b) | rule | lr(a), on the parameters of the rule.
void expand_rule(Item item, const Source& source, Text& out) {
  const std::optional<Arg> lr = take(item, "lr");
  const std::optional<Arg> decay = take(item, "decay");
  if (decay) check_decay(item, *decay, source);
  for (const std::string_view name : {"lr", "decay"}) {
    if (const std::optional<Arg> again = take(item, name)) {
      throw source.error(again->at, {"", "`" + std::string(name) + "` is given twice", "", "one value", ""});
    }
  }
  const auto on =
      std::find_if(item.args.begin(), item.args.end(), [](const Arg& arg) { return arg.name == "on"; });
  const auto beside = [&](std::string name, const Arg& arg) {
    Item made{std::move(name), {{"", arg.value, arg.at}}, arg.at};
    if (on != item.args.end()) made.args.push_back(*on);
    return made;
  };
  if (decay) out.push_back(beside("decay", *decay));
  out.push_back(item);
  if (lr) out.push_back(beside("lr", *lr));
}

// Rules that take their options by name only are the ones that people call with a rate: say how it is given.
void check_rate_by_position(const Item& item, const Source& source) {
  if (item.args.empty() || !item.args[0].name.empty()) return;
  const Value& value = item.args[0].value;
  const Transform* transform = find_transform(item.name);
  const bool has_rate = transform == nullptr || transform->part == Part::rule;
  std::string_view name;
  if (has_rate && (value.kind == Value::Kind::text || read_number(value.word))) name = "lr";
  for (const Option& option : has_rate ? std::span<const Option>() : std::span(transform->spec.options)) {
    if (name.empty() && option.type != OptionType::selector && accepts(option, value)) name = option.name;
  }
  const std::string written = item.name + "(" + std::string(name) + "=" + print(value) + ")";
  throw source.error(item.args[0].at,
                     {"", "`" + item.name + "` takes named options only", "`" + print(value) + "`",
                      name.empty() ? "options by name" : "", name.empty() ? "" : "write `" + written + "`"});
}

}  // namespace

std::span<const Recipe> recipes() {
  static const std::vector<Recipe> all = [] {
    static std::vector<std::vector<Option>> options;
    static std::vector<std::vector<DialectDefault>> dialects;
    for (const Listed& listed : kListed) {
      options.push_back(all_options(listed));
      dialects.push_back(all_dialects(listed, options.back()));
    }
    std::vector<Recipe> made;
    for (std::size_t i = 0; i < options.size(); ++i) {
      const Listed& listed = kListed[i];
      made.push_back(
          {{listed.name, listed.doc, listed.source, options[i], false, dialects[i]}, listed.chain});
    }
    return made;
  }();
  return all;
}

void check_chain_name(const Item& item, const Source& source, const std::string& also) {
  std::vector<const Spec*> specs;
  for (const Transform& transform : transforms()) specs.push_back(&transform.spec);
  for (const Transform* transform : custom_transforms()) specs.push_back(&transform->spec);
  for (const Recipe& recipe : recipes()) specs.push_back(&recipe.spec);
  find_spec(specs, item, source, "a transform or recipe, listed or registered by the program",
            "`thalweg list transforms` and `thalweg list recipes`", also);
}

Text expand(const Text& text, const Source& source) {
  Text out;
  for (const Item& item : text) {
    check_chain_name(item, source, "");
    const Transform* transform = find_transform(item.name);
    if (transform == nullptr || !transform->spec.positional) check_rate_by_position(item, source);
    if (transform == nullptr) {
      expand_recipe(*find_recipe(item.name), item, source, out);
    } else if (transform->part == Part::rule) {
      check_rule_options(transform->spec, item, source);
      expand_rule(item, source, out);
    } else {
      out.push_back(item);
    }
  }
  return out;
}

}  // namespace thalweg
