#include "base/did_you_mean.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "synonyms/synonyms.h"

namespace thalweg {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(rows[0].begin(), rows[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    rows[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, substituted});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.size()][b.size()];
}

bool same_letter(char a, char b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return lower(a) == lower(b);
}

// The only candidate that the name is, or begins, but for the case of its letters.
std::string_view only_by_letters(std::string_view name, const std::vector<std::string_view>& candidates,
                                 bool whole) {
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    if (name.empty() || candidate.size() < name.size() || (whole && candidate.size() > name.size())) continue;
    if (!std::equal(name.begin(), name.end(), candidate.begin(), same_letter)) continue;
    if (!found.empty()) return {};
    found = candidate;
  }
  return found;
}

std::string_view value_here(std::string_view word) {
  return word == "True" ? "true" : word == "False" ? "false" : std::string_view();
}

// Options of layers elsewhere that say what a model here knows by itself.
bool is_known_by_itself(std::string_view option) {
  return option == "input_shape" || option == "input_dim" || option == "name";
}

// A word in the quotes of Python's strings, 'relu', without them.
std::string unquoted(std::string word) {
  const bool quoted = word.size() > 2 && word.front() == '\'' && word.back() == '\'';
  return quoted ? word.substr(1, word.size() - 2) : word;
}

// Takes what a layer does to its outputs, dense(128, activation=relu), off it: layers of their own.
Text take_activation(Item& item) {
  const auto arg = std::ranges::find(item.args, "activation", &Arg::name);
  if (arg == item.args.end()) return {};
  Value value = std::move(arg->value);
  item.args.erase(arg);
  if (value.kind == Value::Kind::text) return std::move(value.text);
  value.word = unquoted(std::move(value.word));
  const bool none = value.word.empty() || value.word == "linear" || value.word == "None";
  return none ? Text{} : Text{Item{std::move(value.word), {}, 0}};
}

// Whether a part of a chain is none, but the name of a schedule, here or elsewhere.
bool is_schedule(std::string_view name) {
  return !synonyms::is_here("optimizer", name) &&
         (synonyms::is_here("schedule", name) || !synonyms::name_here("schedule", name).name.empty());
}

// What stands for the peak of a schedule that other libraries keep with the optimizer.
constexpr std::string_view kPeak = "PEAK";

bool has_peak(std::string_view schedule) {
  return schedule != "join" && schedule != "piecewise" && schedule != "noam";
}

// A text of other libraries' words that becomes one of ours.
class Rewriter {
 public:
  // `known` are the names of here in texts of that kind.
  Rewriter(std::string_view kind, std::span<const std::string_view> known) : kind_(kind), known_(known) {}

  void rewrite(Text& text, std::string_view where) {
    if (where == "model") part_activations(text);
    auto shape = text.end();
    for (auto item = text.begin(); item != text.end(); ++item) {
      const bool is_shape = where == "optimizer" && is_schedule(item->name);
      rewrite(*item, is_shape ? "schedule" : where);
      if (is_shape) shape = item;
    }
    if (shape != text.end()) schedule_rate(text, shape);
  }

 private:
  // The softmax that a last layer ends with elsewhere is the loss's here.
  static void part_activations(Text& text) {
    Text out;
    for (Item& item : text) {
      Text behind = take_activation(item);
      const bool last = &item == &text.back();
      out.push_back(std::move(item));
      for (Item& one : behind) {
        if (!last || one.name != "softmax") out.push_back(std::move(one));
      }
    }
    text = std::move(out);
  }

  void rewrite(Item& item, std::string_view where) {
    const synonyms::Named named = name_of(item.name, where);
    if (!named.name.empty()) item.name = named.name;
    std::vector<Arg>& args = item.args;
    const auto by_position = [&] {
      return static_cast<std::size_t>(
          std::ranges::count_if(args, [](const Arg& arg) { return arg.name.empty(); }));
    };
    // Parameters and optimizers are no numbers: model.parameters().
    const bool first_is_word =
        by_position() > 0 && args[0].value.kind == Value::Kind::word && !read_number(args[0].value.word);
    const bool drops_word = !named.name.empty() && where != "model" && where != "loss" && first_is_word;
    if (drops_word || (named.inputs > 0 && by_position() >= named.inputs)) args.erase(args.begin());
    if (named.rule && by_position() == 1) args[0].name = "lr";
    std::vector<Arg> out;
    for (Arg& arg : args) {
      if (arg.value.word == "None" || (where == "model" && is_known_by_itself(arg.name))) continue;
      rewrite(arg.value, where == "optimizer" ? "schedule" : where);
      const std::vector<std::string_view> here = arg.name.empty()
                                                     ? std::vector<std::string_view>()
                                                     : synonyms::options_here(where, item.name, arg.name);
      if (here.size() > 1 && arg.value.list.size() == here.size()) {
        for (std::size_t i = 0; i < here.size(); ++i)
          out.push_back({std::string(here[i]), arg.value.list[i], arg.at});
        continue;
      }
      if (here.size() == 1) arg.name = here[0];
      out.push_back(std::move(arg));
    }
    args = std::move(out);
    if (where == "schedule" && !named.name.empty() && has_peak(named.name)) add_peak(args);
  }

  static bool names_peak(const Arg& arg) {
    return arg.name.empty() || arg.name == "peak" || arg.name == "value";
  }
  static void add_peak(std::vector<Arg>& args) {
    if (std::ranges::any_of(args, names_peak)) return;
    args.insert(args.begin(), Arg{"", {Value::Kind::word, std::string(kPeak), {}, {}, 0}, 0});
  }

  void rewrite(Value& value, std::string_view where) {
    if (value.kind == Value::Kind::word) value.word = unquoted(std::move(value.word));
    if (value.kind == Value::Kind::word && !value_here(value.word).empty())
      value.word = value_here(value.word);
    rewrite(value.text, where);
    for (Value& one : value.list) rewrite(one, where);
  }

  synonyms::Named name_of(std::string_view name, std::string_view where) const {
    const synonyms::Named named = synonyms::name_here(where, name);
    if (!named.name.empty() || where != kind_ || std::ranges::find(known_, name) != known_.end())
      return named;
    const auto same =
        std::ranges::find_if(known_, [&](std::string_view one) { return synonyms::same_name(one, name); });
    return same == known_.end() ? named : synonyms::Named{.name = *same};
  }

  // A schedule beside a rule takes the place of the text's only rate, whose value is its peak.
  void schedule_rate(Text& text, Text::iterator shape) {
    Item schedule = std::move(*shape);
    text.erase(shape);
    std::vector<Arg*> rates;
    for (Item& item : text) {
      for (Arg& arg : item.args) {
        if (arg.name == "lr" || (item.name == "lr" && &arg == &item.args[0])) rates.push_back(&arg);
      }
    }
    const bool taken = rates.size() == 1 && rates[0]->value.kind == Value::Kind::word;
    std::vector<Arg>& args = schedule.args;
    if (taken && !args.empty() && args[0].value.word == kPeak) args.erase(args.begin());
    const bool peaks = !args.empty() && (args[0].name.empty() || args[0].name == "peak");
    if (taken && !peaks) args.insert(args.begin(), Arg{"", rates[0]->value, 0});
    Value value{Value::Kind::text, "", {std::move(schedule)}, {}, 0};
    if (taken)
      rates[0]->value = std::move(value);
    else
      text.push_back({"lr", {{"", std::move(value), 0}}, 0});
  }

  std::string_view kind_;
  std::span<const std::string_view> known_;
};

// "`betas` is called `beta1` and `beta2` here: adam(beta1=0.9, beta2=0.95)".
std::string called_here(std::string_view elsewhere, const std::vector<std::string_view>& here,
                        const std::string& text) {
  const std::string names =
      join(here, " and ", [](std::string_view name) { return "`" + std::string(name) + "`"; });
  return "`" + std::string(elsewhere) + "` is called " + names + " here" + (text.empty() ? "" : ": " + text);
}

std::vector<std::string_view> option_names(const Spec& spec, std::span<const std::string_view> sugar) {
  std::vector<std::string_view> names(sugar.begin(), sugar.end());
  for (const Option& option : spec.options) names.push_back(option.name);
  return names;
}

}  // namespace

std::string in_words_of_here(const Source& source, std::string_view kind,
                             std::span<const std::string_view> known) {
  const std::string lists = tuples_as_lists(source.text);
  try {
    Text text = parse({source.where, lists});
    const std::string before = print(text);
    Rewriter(kind, known).rewrite(text, source.where);
    return print(text) == before && lists == source.text ? "" : print(text);
  } catch (const Error&) {
    return {};  // nothing that could be shown
  }
}

Message unknown_item(std::string what, const Item& item, const Source& source, const KnownNames& known) {
  Message message = unknown_name(std::move(what), item.name, known);
  const std::string_view kind =
      known.noun.starts_with("a schedule") ? "schedule" : std::string_view(source.where);
  std::string_view here = synonyms::name_here(kind, item.name).name;
  const auto same = std::ranges::find_if(
      known.names, [&](std::string_view one) { return synonyms::same_name(one, item.name); });
  if (here.empty() && same != known.names.end()) here = *same;
  const bool beside = here.empty() && kind == "optimizer" && is_schedule(item.name);
  if (here.empty() && !beside) return message;
  const std::string text = in_words_of_here(source, kind, known.names);
  message.want.clear();
  message.hint = beside ? "a schedule is a value of `lr`: " + text : called_here(item.name, {here}, text);
  return message;
}

std::string wanted_options(const Spec& spec, std::span<const std::string_view> sugar) {
  const std::vector<std::string_view> names = option_names(spec, sugar);
  return names.empty() ? "no options" : "one of " + join(names, ", ");
}

void unknown_option(const Spec& spec, const Arg& arg, const Source& source,
                    std::span<const std::string_view> sugar) {
  const std::string name(spec.name), command = "`thalweg help " + name + "`";
  const std::vector<std::string_view> names = option_names(spec, sugar);
  Message message =
      unknown_name("`" + name + "` has no such option", arg.name, {"one of its options", command, names});
  if (names.empty()) message.want = "no options";
  const bool activation = arg.name == "activation";
  if (source.where == "model" && (activation || is_known_by_itself(arg.name))) {
    const std::string text = in_words_of_here(source, "model");
    message.want.clear();
    message.hint = (activation ? "activations are layers, and a last softmax is part of the loss: "
                               : "a model here knows inputs and names by itself: ") +
                   text;
    throw source.error(arg.at, std::move(message));
  }
  for (const std::string_view kind : {std::string_view(source.where), std::string_view("schedule")}) {
    const std::vector<std::string_view> here = synonyms::options_here(kind, name, arg.name);
    const auto is_there = [&](std::string_view one) { return std::ranges::find(names, one) != names.end(); };
    if (here.empty() || !std::ranges::all_of(here, is_there)) continue;
    message.want.clear();
    message.hint = called_here(arg.name, here, in_words_of_here(source));
    break;
  }
  throw source.error(arg.at, std::move(message));
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(1, std::min<std::size_t>(3, name.size() / 2)) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < least && distance < std::max(name.size(), candidate.size())) {
      least = distance;
      nearest = candidate;
    }
  }
  for (const bool whole : {true, false}) {
    if (nearest.empty()) nearest = only_by_letters(name, candidates, whole);
  }
  return nearest.empty() ? "" : "did you mean `" + std::string(nearest) + "`?";
}

Message unknown_name(std::string what, std::string_view name, const KnownNames& known) {
  constexpr std::size_t kMostListed = 12;
  const std::string noun(known.noun);
  const std::string see = known.command.empty() ? "" : " (see " + std::string(known.command) + ")";
  Message message{"", std::move(what), "`" + std::string(name) + "`", "", did_you_mean(name, known.names)};
  if (!message.hint.empty()) {
    message.hint += see;
  } else if (known.names.size() > kMostListed && !see.empty()) {
    message.want = noun + see;
  } else {
    message.want = noun + ": " + join(known.names, ", ");
  }
  return message;
}

}  // namespace thalweg
