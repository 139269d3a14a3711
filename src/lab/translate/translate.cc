#include "thalweg/lab/translate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/did_you_mean.h"
#include "base/json.h"
#include "base/spec.h"
#include "synonyms/synonyms.h"
#include "thalweg/catalog.h"
#include "thalweg/chain.h"
#include "translate/calls.h"
#include "translate/values.h"

namespace thalweg {
namespace {

using python::Argument;
using python::Call;
using python::Expression;
using python::Piece;
using python::Result;
using python::Scope;
using python::shown;
using python::value_of;
using python::written;
using Kind = Expression::Kind;

constexpr std::size_t kMostText = 100'000;  // bytes

bool names_entry(std::string_view kind, std::string_view name) {
  return std::ranges::any_of(
      engine_catalog(), [&](const CatalogEntry& entry) { return entry.kind == kind && entry.name == name; });
}

// Whether that dialect sets an option of the item.
bool changes(std::string_view item, const std::string& dialect) {
  return std::ranges::any_of(engine_catalog(), [&](const CatalogEntry& entry) {
    const auto of = [&](const std::string& line) { return line.starts_with(dialect + ":"); };
    return entry.name == item && std::ranges::any_of(entry.dialects, of);
  });
}

std::vector<std::string> options_of(std::string_view item) {
  for (const CatalogEntry& entry : engine_catalog()) {
    if (entry.name != item || entry.kind == "recipes") continue;
    std::vector<std::string> names;
    for (const CatalogOption& option : entry.options) names.push_back(option.name);
    return names;
  }
  return {};
}

Arg* rate_of(Text& chain) {
  const auto rate = std::ranges::find_if(chain, [](const Item& item) { return item.name == "lr"; });
  return rate == chain.end() ? nullptr : &rate->args[0];
}

class Translator {
 public:
  explicit Translator(const Source& source) : source_(source) {}

  // The last statement that makes an optimizer or a schedule, behind what clips its gradients.
  Piece run() {
    Scope program;
    Piece out, clips;
    std::size_t at = 0;
    for (const python::Statement& one : python::parse_statements(source_)) {
      const Result result = evaluate(one.value, program);
      at = one.value.at;
      if (!one.name.empty()) program.values[one.name] = result;
      if (result.is != Result::Is::piece) continue;
      const bool clip = result.piece.text[0].name.starts_with("clip_") && result.piece.text.size() == 1;
      (clip ? clips : out) = result.piece;
    }
    if (out.text.empty() && clips.text.empty())
      throw source_.error(
          at, {"", "nothing that could be translated", "", "a call of an optimizer or a schedule", ""});
    if (!out.is_schedule) out.text.insert(out.text.begin(), clips.text.begin(), clips.text.end());
    return out;
  }

  const std::set<std::string_view>& libraries() const { return libraries_; }
  bool moves_rate() const { return moves_rate_; }

 private:
  Result evaluate(const Expression& e, Scope& scope) {
    switch (e.kind) {
      case Kind::number:
        return Result::of(e.number);
      case Kind::string:
        return {Result::Is::word, 0, e.text};
      case Kind::name:
        return name(e, scope);
      case Kind::call:
        return call(e, scope);
      case Kind::list:
      case Kind::table: {
        Result out{e.kind == Kind::list ? Result::Is::list : Result::Is::table};
        for (const Expression& part : e.parts) out.list.push_back(evaluate(part, scope));
        return out;
      }
      case Kind::index: {
        const Result from = evaluate(e.parts[0], scope), at = evaluate(e.parts[1], scope);
        if (from.is == Result::Is::list && at.is == Result::Is::number && at.number >= 0 &&
            at.number < static_cast<double>(from.list.size()))
          return from.list[static_cast<std::size_t>(at.number)];
        return {Result::Is::unknown, 0, "[...]"};
      }
      case Kind::operation:
        return operation(e, scope);
      case Kind::rest:
        break;
    }
    throw source_.error(e.at, {"", "an argument that is unpacked", "`*`", "arguments one by one", ""});
  }

  static Result name(const Expression& e, Scope& scope) {
    if (e.text == "None") return {};
    if (e.text == "True" || e.text == "False") return Result::of(e.text == "True");
    if (const Result* found = scope.find(e.text)) return *found;
    if (scope.words) return {Result::Is::word, 0, e.text};
    return {.is = Result::Is::unknown, .word = e.text, .at = e.at};
  }

  Result operation(const Expression& e, Scope& scope) {
    const Result left = evaluate(e.parts[0], scope);
    if (e.text == "or") return left.holds() ? left : evaluate(e.parts[1], scope);
    if (e.text == "and") return left.holds() ? evaluate(e.parts[1], scope) : left;
    const Result right = e.parts.size() > 1 ? evaluate(e.parts[1], scope) : Result::of(0.0);
    if (!left.has_number() || !right.has_number()) {
      const Result& wrong = left.has_number() ? right : left;
      throw source_.error(scope.words ? at_ : e.at, {"", "arithmetic with what is no number",
                                                     "`" + shown(wrong) + "`", "a number", ""});
    }
    const double a = left.number, b = right.number;
    if (e.text == "neg") return Result::of(-a);
    if (e.text == "<") return Result::of(a < b);
    if (e.text == ">") return Result::of(a > b);
    return Result::of(e.text == "+"   ? a + b
                      : e.text == "-" ? a - b
                      : e.text == "*" ? a * b
                      : e.text == "/" ? a / b
                                      : std::pow(a, b));
  }

  Result call(const Expression& e, Scope& scope) {
    const Expression& function = e.parts[0];
    const std::string last = function.text.substr(function.text.rfind('.') + 1);
    if (function.kind != Kind::name || last == "parameters")
      return {Result::Is::unknown, 0, function.text + "(...)"};
    if (last == "chain") return chain(e, scope);
    const Call& call = python::find_call(function, std::span(e.names).subspan(1), source_);
    libraries_.insert(call.library);
    const std::size_t before = std::exchange(at_, e.at);
    Scope arguments = bind(call, e, scope);
    Result out{.is = Result::Is::piece};
    out.piece = call.is_scheduler() ? scheduled(call, arguments) : plain(call, arguments);
    check_used(call, e, arguments);
    at_ = before;
    return out;
  }

  Result chain(const Expression& e, Scope& scope) {
    Result out{.is = Result::Is::piece};
    libraries_.insert("optax");
    for (std::size_t i = 1; i < e.parts.size(); ++i) {
      Result part = evaluate(e.parts[i], scope);
      if (part.is != Result::Is::piece || part.piece.is_schedule)
        throw source_.error(e.parts[i].at, {"", "a part of the chain is none", "`" + shown(part) + "`",
                                            "a transform of optax", ""});
      std::ranges::move(part.piece.text, std::back_inserter(out.piece.text));
    }
    return out;
  }

  // The arguments of a call by name, defaults included.
  Scope bind(const Call& call, const Expression& e, Scope& scope) {
    const std::vector<Argument> arguments = python::arguments_of(call);
    const std::string of = "`" + e.parts[0].text + "`";
    Scope out{.values = {}, .words = true, .used = {}};
    for (std::size_t i = 1; i < e.parts.size(); ++i) {
      const std::string& name = e.names[i];
      const auto found =
          name.empty() ? arguments.begin() + static_cast<std::ptrdiff_t>(std::min(i - 1, arguments.size()))
                       : std::ranges::find(arguments, name, &Argument::name);
      if (found == arguments.end()) {
        const std::string names = join(arguments, ", ", [](const Argument& one) { return one.name; });
        throw source_.error(e.parts[i].at,
                            {"", name.empty() ? "too many arguments for " + of : of + " has no such argument",
                             name.empty() ? "" : "`" + name + "`", "one of " + names, ""});
      }
      Result value = evaluate(e.parts[i], scope);
      const bool parameters = (found->name == "params" || found->name == "optimizer") && i == 1;
      const bool groups =
          std::ranges::any_of(value.list, [](const Result& one) { return one.is == Result::Is::table; });
      if (parameters && (value.has_number() || groups))
        throw source_.error(
            e.parts[i].at,
            {"", groups ? "groups of parameters" : "not " + found->name,
             groups ? "" : "`" + shown(value) + "`",
             groups ? "one call for each, joined by `on=` in the chain" : found->name + " first",
             of.find('.') == of.npos ? "a name without a library is torch's: keras.optimizers.Adam(1e-3)"
                                     : ""});
      if (!out.values.emplace(found->name, std::move(value)).second)
        throw source_.error(e.parts[i].at, {"", "`" + found->name + "` is given twice", "", "one value", ""});
    }
    for (const Argument& one : arguments) {
      if (out.values.contains(one.name)) continue;
      const bool implied = one.has_no_effect || one.name == "optimizer";
      if (!one.fallback && !implied)
        throw source_.error(e.at, {"", of + " needs `" + one.name + "`", "", "", ""});
      out.values[one.name] = one.fallback ? evaluate(*one.fallback, out) : Result{};
    }
    out.used.clear();
    return out;
  }

  // An argument that the chain does not have must be what the library takes without it.
  void check_used(const Call& call, const Expression& e, Scope& arguments) {
    for (const Argument& one : python::arguments_of(call)) {
      if (one.has_no_effect || one.name == "optimizer" || arguments.used.contains(one.name)) continue;
      Scope none;
      if (one.fallback && arguments.values[one.name] == evaluate(*one.fallback, none)) continue;
      const auto given = std::ranges::find(e.names, one.name);
      const std::size_t at =
          given == e.names.end() ? e.at : e.parts[static_cast<std::size_t>(given - e.names.begin())].at;
      throw source_.error(at, {"", "`" + one.name + "` of `" + e.parts[0].text + "` has no counterpart here",
                               "`" + shown(arguments.values[one.name]) + "`",
                               one.fallback ? "its default, or none" : "another call", ""});
    }
  }

  static bool is_schedule(std::string_view name) {
    return names_entry("schedules", name) && !names_entry("transforms", name);
  }

  Piece plain(const Call& call, Scope& arguments) {
    Piece out{.text = items(python::parse_expression({"chain", python::chain_of(call)}), arguments)};
    out.is_schedule = out.text.size() == 1 && is_schedule(out.text[0].name);
    return out;
  }

  // What a scheduler makes of the optimizer that it is given, or of a rate of 1.
  Piece scheduled(const Call& call, Scope& arguments) {
    moves_rate_ = true;
    Piece out = optimizer_of(arguments);
    Arg* rate = rate_of(out.text);
    const Value peak = rate == nullptr ? Value{.word = "1", .text = {}, .list = {}} : rate->value;
    const Expression shape = python::parse_expression({"schedule", python::chain_of(call)});
    const auto at_peak = [&](double value) {
      arguments.values["peak"] = Result::of(value);
      return call.name == "ChainedScheduler" ? product(arguments) : items(shape, arguments);
    };
    const std::optional<double> number = read_number(peak.word);
    if (!number && call.name != "SequentialLR" && call.name != "ChainedScheduler")
      throw source_.error(at_, {"", "the rate is a schedule already", "`" + print(peak) + "`",
                                "SequentialLR or ChainedScheduler around both", ""});
    out.schedule = at_peak(number.value_or(1));
    if (call.scales()) out.unit = at_peak(1);
    if (out.schedule[0].name == "plateau") {
      out.text.push_back(std::exchange(out.schedule, {})[0]);
      return out;
    }
    if (rate != nullptr)
      rate->value = value_of(out.schedule);
    else
      out.text = out.schedule, out.is_schedule = out.floats = true;
    if (!call.momentum.empty()) move_momentum(call, arguments, out.text, rate != nullptr);
    return out;
  }

  // The optimizer that is given to a scheduler, or to the first of several.
  static Piece optimizer_of(Scope& arguments) {
    for (const char* name : {"optimizer", "schedulers"}) {
      const Result* found = arguments.find(name);
      if (found != nullptr && found->is == Result::Is::list && !found->list.empty()) found = &found->list[0];
      if (found != nullptr && found->is == Result::Is::piece && !found->piece.is_schedule)
        return found->piece;
    }
    return {};
  }

  // Schedulers at once: the rate of the first, and the factors of the others.
  Text product(Scope& arguments) {
    Value parts;
    parts.kind = Value::Kind::list;
    for (const Result& one : arguments.find("schedulers")->list) {
      if (one.piece.unit.empty())
        throw source_.error(at_, {"", "a scheduler that sets the rate among several at once",
                                  "`" + shown(one) + "`", "those that multiply it", ""});
      parts.list.push_back(value_of(parts.list.empty() ? one.piece.schedule : one.piece.unit));
    }
    return {{"product", {{"", std::move(parts), 0}}, 0}};
  }

  // A momentum that a scheduler moves against the rate.
  void move_momentum(const Call& call, Scope& arguments, Text& chain, bool has_optimizer) {
    const Text shape = items(python::parse_expression({"momentum", std::string(call.momentum)}), arguments);
    if (shape.empty() || !has_optimizer) return;
    for (Item& item : chain) {
      for (const std::string_view option : {"mu", "beta1", "momentum"}) {
        const std::vector<std::string> names = options_of(item.name);
        if (item.name == "lr" || std::ranges::find(names, option) == names.end()) continue;
        const auto same = std::ranges::find(item.args, option, &Arg::name);
        if (same != item.args.end())
          same->value = value_of(shape);
        else
          item.args.push_back({std::string(option), value_of(shape), 0});
        return;
      }
    }
    const bool is_sgd = std::ranges::all_of(chain, [](const Item& item) {
      return item.name == "lr" || item.name == "decay" || item.name == "maximize";
    });
    if (!is_sgd)
      throw source_.error(at_, {"", "`cycle_momentum` without a momentum", "", "cycle_momentum=False", ""});
    chain.insert(chain.end() - 1, Item{"momentum", {{"mu", value_of(shape), 0}}, 0});
  }

  Text items(const Expression& e, Scope& scope) {
    if (e.kind == Kind::operation && e.text == "|") {
      Text out = items(e.parts[0], scope);
      std::ranges::move(items(e.parts[1], scope), std::back_inserter(out));
      return out;
    }
    if (e.kind == Kind::name) {
      const Result* inner = scope.find(e.text);
      if (inner == nullptr) return {{e.text, {}, 0}};
      if (inner->is == Result::Is::piece && !inner->piece.is_schedule) return inner->piece.text;
      throw source_.error(
          at_, {"", "`" + e.text + "` is no optimizer", "`" + shown(*inner) + "`", "an optimizer", ""});
    }
    Item item{e.parts[0].text, {}, 0};
    bool keeps = true;
    for (std::size_t i = 1; i < e.parts.size() && keeps; ++i) {
      if (e.names[i] == "when") keeps = evaluate(e.parts[i], scope).holds();
    }
    for (std::size_t i = 1; i < e.parts.size(); ++i) {
      if (e.names[i] == "when") continue;
      if (e.parts[i].kind == Kind::rest)
        hand_on(item, e, scope);
      else
        add(item, e.names[i], evaluate(e.parts[i], scope));
    }
    std::erase_if(item.args, [&](const Arg& arg) {
      return arg.name == "dialect" && !changes(item.name, arg.value.word);
    });
    return keeps ? Text{std::move(item)} : Text{};
  }

  // Every argument that is called an option of the item, and is not given another value beside `*`.
  void hand_on(Item& item, const Expression& e, Scope& scope) {
    const std::vector<std::string> known = options_of(item.name);
    const auto by_position =
        std::ranges::count_if(item.args, [](const Arg& arg) { return arg.name.empty(); });
    const auto has = [&](std::string_view name) {
      const bool sugar = names_entry("transforms", item.name) && (name == "lr" || name == "decay");
      const bool beside = std::ranges::find(e.names, name) != e.names.end();
      const auto option = std::ranges::find(known, name);
      return !beside && !sugar && option - known.begin() >= by_position && option != known.end();
    };
    const std::string_view where = is_schedule(item.name) ? "schedule" : "optimizer";
    const std::map<std::string, Result> values = scope.values;
    for (const auto& [name, value] : values) {
      std::vector<std::string_view> here = synonyms::options_here(where, item.name, name);
      if (has(name)) here = {name};
      if (here.empty() || !std::ranges::all_of(here, has)) continue;
      scope.used.insert(name);
      if (here.size() > 1 && value.list.size() != here.size())
        throw source_.error(at_, {"", "`" + name + "` of another size", "`" + shown(value) + "`",
                                  std::to_string(here.size()) + " numbers", ""});
      for (std::size_t i = 0; i < here.size(); ++i)
        add(item, std::string(here[i]), here.size() > 1 ? value.list[i] : value);
    }
  }

  void add(Item& item, const std::string& name, const Result& value) {
    if (value.is == Result::Is::none) return;
    const auto same = std::ranges::find(item.args, name, &Arg::name);
    if (name.empty() || same == item.args.end()) item.args.push_back({name, written(value, source_, at_), 0});
  }

  const Source& source_;
  std::size_t at_ = 0;  // of the call that is being translated
  std::set<std::string_view> libraries_ = {};
  bool moves_rate_ = false;
};

// What a reader of the chain has to know besides.
std::vector<std::string> notes_of(const Piece& piece, const Translator& translator) {
  std::vector<std::string> notes;
  if (piece.floats)
    notes.emplace_back("the rate of the optimizer, which is not given, takes the place of the peak 1");
  if (!piece.is_schedule &&
      std::ranges::none_of(piece.text, [](const Item& item) { return item.name == "lr"; }))
    notes.emplace_back("this is part of a chain: a rate such as lr(1e-3) has to follow");
  if (std::ranges::any_of(piece.text, [](const Item& item) { return item.name == "agc"; }))
    notes.emplace_back("units are rows here: of weights as {outputs, inputs}, as torch has them");
  if (translator.moves_rate())
    notes.emplace_back(
        "lengths count calls of the scheduler's step(): where that is once an epoch, 100 is written 100ep");
  return notes;
}

}  // namespace

Translation translate(std::string_view calls) {
  const Source source{"translate", std::string(calls)};
  if (calls.size() > kMostText)
    throw Error(Code::usage, {"translate", "too long", std::to_string(calls.size()) + " bytes",
                              "at most " + std::to_string(kMostText), ""});
  Translator translator(source);
  const Piece piece = translator.run();
  const auto rates = std::ranges::count_if(piece.text, [](const Item& item) { return item.name == "lr"; });
  // An update of optax is added to the parameters: what has its sign turned twice would climb.
  if (!piece.is_schedule && rates > 0 && rates % 2 == 0)
    throw source.error(0,
                       {"", "the sign of the update is turned twice", "", "one negative scale or rate", ""});
  const std::string text = piece.is_schedule ? "lr(" + print(piece.text) + ")" : print(piece.text);
  Translation out;
  for (const std::string_view library : translator.libraries())
    out.library += (out.library.empty() ? "" : ", ") + std::string(library);
  out.chain = Chain(text).text();
  out.notes = notes_of(piece, translator);
  return out;
}

std::string translation_json(const Translation& translation) {
  return JsonObject()
      .add("library", translation.library)
      .add("chain", translation.chain)
      .add("notes", translation.notes)
      .text();
}

}  // namespace thalweg
