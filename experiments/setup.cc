#include "experiments/setup.h"

#include <toml++/toml.h>
#include <cmath>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/spec.h"
#include "thalweg/error.h"

namespace thalweg::experiments {
namespace {

constexpr std::string_view kResult = "[result]\n";

[[noreturn]] void fail(const std::string& where, const std::string& what, const std::string& got,
                       const std::string& want) {
  throw Error(Code::usage, {where, what, got, want, ""});
}

std::size_t result_at(const std::string& text) {
  if (text.starts_with(kResult)) return 0;
  const std::size_t at = text.find("\n" + std::string(kResult));
  return at == std::string::npos ? text.size() : at + 1;
}

std::string text_of(const toml::table& table, const std::string& file, const std::string& key) {
  const std::optional<std::string> text = table[key].value<std::string>();
  if (!text || text->empty()) fail(file, "`" + key + "` is missing", "", "a text");
  return *text;
}

void add_setting(Setup& setup, const std::string& file, const std::string& key, const toml::node& node) {
  std::vector<double> numbers;
  std::vector<std::string> texts;
  const auto take = [&](const toml::node& one) {
    if (one.is_number()) {
      numbers.push_back(*one.value<double>());
    } else if (one.is_string()) {
      texts.push_back(*one.value<std::string>());
    } else {
      fail(file, "`" + key + "` of [setup] has the wrong kind", "", "a number, a text or a list of one kind");
    }
  };
  if (const toml::array* const array = node.as_array()) {
    for (const toml::node& one : *array) take(one);
  } else {
    take(node);
  }
  if (numbers.empty() == texts.empty()) {
    fail(file, "`" + key + "` of [setup] is empty or mixed", "", "a number, a text or a list of one kind");
  }
  if (numbers.empty()) {
    setup.set(key, texts);
  } else {
    setup.set(key, numbers);
  }
}

void check_keys(const toml::table& table, const std::string& file) {
  constexpr std::array kKnown = {"claim", "source", "measure", "kind", "needs", "setup", "rule", "result"};
  for (const auto& [key, node] : table) {
    if (std::ranges::find(kKnown, key.str()) == kKnown.end()) {
      fail(file + ":" + std::to_string(node.source().begin.line), "unknown key", "`" + std::string(key) + "`",
           "claim, source, measure, kind, needs, setup, rule or result");
    }
  }
}

toml::table parse(const std::string& text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    fail(file + ":" + std::to_string(error.source().begin.line), std::string(error.description()), "",
         "TOML");
  }
}

const auto& known(const auto& values, const std::string& file, const std::string& key, const char* kind) {
  const auto found = values.find(key);
  if (found == values.end()) fail(file, "`" + key + "` of [setup] is missing", "", kind);
  return found->second;
}

const auto& single(const auto& values, const std::string& file, const std::string& key) {
  if (values.size() != 1) fail(file, "`" + key + "` of [setup] is a list", "", "a single value");
  return values.front();
}

}  // namespace

const std::vector<double>& Setup::numbers(const std::string& key) const {
  return known(numbers_, file_, key, "a number");
}
const std::vector<std::string>& Setup::texts(const std::string& key) const {
  return known(texts_, file_, key, "a text");
}
double Setup::number(const std::string& key) const { return single(numbers(key), file_, key); }
const std::string& Setup::text(const std::string& key) const { return single(texts(key), file_, key); }

std::uint64_t Setup::whole(const std::string& key) const {
  const double number = Setup::number(key);
  if (!(number >= 0) || number != std::floor(number) || number > 1e15) {
    fail(file_, "`" + key + "` of [setup] is not a whole number", print_number(number), "0, 1, 2, ...");
  }
  return static_cast<std::uint64_t>(number);
}

std::string Setup::print() const {
  std::string out;
  const auto line = [&](const std::string& key, const auto& values, const auto& print_one) {
    out += key + " =";
    for (std::size_t i = 0; i < values.size(); ++i) out += (i == 0 ? " " : ", ") + print_one(values[i]);
    out += "\n";
  };
  for (const auto& [key, values] : texts_) line(key, values, [](const std::string& text) { return text; });
  for (const auto& [key, values] : numbers_) line(key, values, print_number);
  return out;
}

Experiment read_experiment(const std::filesystem::path& path) {
  const std::string all = read_text_file(path);
  const std::string file = path.filename().string();
  Experiment out;
  out.name = path.stem().string();
  out.text = all.substr(0, result_at(all));
  while (out.text.ends_with('\n')) out.text.pop_back();  // as many as there are with or without a result
  const toml::table table = parse(all, file);
  check_keys(table, file);
  out.claim = text_of(table, file, "claim");
  out.source = text_of(table, file, "source");
  out.measure = text_of(table, file, "measure");
  out.kind = text_of(table, file, "kind");
  if (const toml::array* const needs = table["needs"].as_array()) {
    for (const toml::node& need : *needs) out.needs.push_back(need.value_or(std::string()));
  }
  out.setup = Setup(file);
  if (const toml::table* const setup = table["setup"].as_table()) {
    for (const auto& [key, node] : *setup) add_setting(out.setup, file, std::string(key), node);
  }
  if (const toml::array* const rules = table["rule"].as_array()) {
    for (const toml::node& node : *rules) {
      const toml::table* const rule = node.as_table();
      if (rule == nullptr) fail(file, "`rule` is not a list of tables", "", "[[rule]]");
      out.rules.push_back({text_of(*rule, file, "part"), text_of(*rule, file, "test")});
    }
  }
  if (out.rules.empty()) fail(file, "there is no rule to decide by", "", "[[rule]] with `part` and `test`");
  return out;
}

void write_result(const std::filesystem::path& path, const std::string& result) {
  std::string text = read_text_file(path);
  text.resize(result_at(text));
  while (text.ends_with("\n\n")) text.pop_back();
  replace_file(path, text + "\n" + std::string(kResult) + result);
}

}  // namespace thalweg::experiments
