#include "run/config.h"

#include <algorithm>
#include <climits>
#include <optional>
#include <string_view>
#include <utility>

#include <toml++/toml.h>

#include "base/did_you_mean.h"
#include "base/file.h"
#include "base/json.h"
#include "base/spec.h"
#include "base/text.h"
#include "base/utf8.h"
#include "choice/defaults.h"
#include "data/parts/parts.h"
#include "schedule/schedules.h"
#include "synonyms/synonyms.h"

namespace thalweg {
namespace {

using Kind = RunSetting::Kind;

constexpr std::int64_t kSchema = 1;
constexpr std::string_view kSchemaKey = "schema";

// One file and the code of what is wrong with it.
struct Place {
  const std::filesystem::path& path;
  Code code;

  std::string at(const toml::node* node) const {
    return path.string() + (node != nullptr ? ":" + std::to_string(node->source().begin.line) : "");
  }
  Error error(const toml::node* node, std::string what, std::string got, std::string want,
              std::string hint = {}) const {
    return Error(code, {at(node), std::move(what), std::move(got), std::move(want), std::move(hint)});
  }
};

// Where the string ends that begins at `i`: after its last quote, or before the line break of one that is
// never closed.
std::size_t end_of_string(std::string_view text, std::size_t i) {
  const char quote = text[i];
  const bool triple = text.substr(i, 3) == std::string(3, quote);
  const std::string close(triple ? 3 : 1, quote);
  for (i += close.size(); i < text.size(); ++i) {
    if (text.substr(i, close.size()) == close) return i + close.size();
    if (!triple && text[i] == '\n') return i;
    if (quote == '"' && text[i] == '\\') ++i;
  }
  return text.size();
}

// Where a key has more parts than any can, such as a.a.a.a: the parser would go as deep. The line, or 0.
std::size_t line_of_deep_key(std::string_view text) {
  constexpr int kMostDots = 64;
  int dots = 0;  // since the last mark that ends a key
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    dots = c == '.' ? dots + 1 : std::string_view("=,\n[]{}#").find(c) != std::string_view::npos ? 0 : dots;
    if (dots > kMostDots) return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, i), '\n'));
    i = c == '"' || c == '\'' ? end_of_string(text, i)
        : c == '#'            ? std::min(text.find('\n', i), text.size())
                              : i + 1;
  }
  return 0;
}

toml::table parse_text(const Place& place, std::string_view text) {
  try {
    if (const std::size_t line = line_of_deep_key(text)) {
      throw Error(place.code, {place.path.string() + ":" + std::to_string(line), "a key is too deep", "",
                               "key = value", ""});
    }
    return toml::parse(text, place.path.string());
  } catch (const toml::parse_error& error) {
    throw Error(place.code, {place.path.string() + ":" + std::to_string(error.source().begin.line),
                             "not TOML", std::string(error.description()), "key = value", ""});
  }
}

toml::table parse_file(const Place& place) {
  try {
    return parse_text(place, read_text_file(place.path, kMostConfig));
  } catch (const Error& error) {
    throw Error(place.code == Code::usage && error.code() == Code::data ? Code::usage : error.code(),
                {"", error.what(), "", "", ""});
  }
}

std::string kind_text(const RunSetting& setting) {
  constexpr const char* kKinds[] = {"a string", "a whole number", "a number", "true or false"};
  return kKinds[static_cast<std::size_t>(setting.kind)];
}

bool is_word(const RunSetting& setting, const std::string& text) {
  return setting.kind == Kind::text || setting.words == "*" ||
         ("|" + std::string(setting.words) + "|").find("|" + text + "|") != std::string::npos;
}

// The value as a flag would give it; nothing for one of another type.
std::optional<std::string> text_of(const RunSetting& setting, const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) {
    return is_word(setting, *text) ? text : std::nullopt;
  }
  if (const auto number = node.value_exact<std::int64_t>()) {
    const bool wanted = setting.kind == Kind::whole || setting.kind == Kind::real;
    return wanted ? std::optional(std::to_string(*number)) : std::nullopt;
  }
  if (const auto number = node.value_exact<double>()) {
    return setting.kind == Kind::real ? std::optional(print_number(*number)) : std::nullopt;
  }
  if (const auto flag = node.value_exact<bool>()) {
    return setting.kind == Kind::flag ? std::optional<std::string>(*flag ? "true" : "false") : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string unknown_setting(std::string_view name, const std::vector<std::string_view>& known) {
  const std::vector<std::string_view> here = synonyms::options_here("setting", "", name);
  if (!here.empty() && std::find(known.begin(), known.end(), here[0]) != known.end())
    return "`" + std::string(name) + "` is called `" + std::string(here[0]) + "` here";
  const std::vector<std::string_view> of_rule = synonyms::options_here("optimizer", "", name);
  const std::string_view option = of_rule.size() == 1                  ? of_rule[0]
                                  : name == "lr" || name == "momentum" ? name
                                                                       : "";
  if (option.empty()) return did_you_mean(name, known);
  return "`" + std::string(name) + "` is `" + std::string(option) + "` in the text of `optimizer` here";
}

namespace {

void check_keys(const Place& place, const toml::table& table) {
  std::vector<std::string_view> known = {kSchemaKey};
  for (const RunSetting& setting : run_settings()) known.push_back(setting.name);
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    throw place.error(&node, "unknown key", "`" + std::string(key.str()) + "`", "",
                      unknown_setting(key.str(), known));
  }
}

void check_schema(const Place& place, const toml::table& table) {
  const toml::node* schema = table.get(kSchemaKey);
  if (schema == nullptr || schema->value_exact<std::int64_t>() == kSchema) return;
  throw place.error(schema, "another schema", "", std::to_string(kSchema));
}

std::vector<std::uint64_t> read_settings(const Place& place, const toml::table& table, RunConfig& config) {
  check_schema(place, table);
  check_keys(place, table);
  std::vector<std::uint64_t> lines;
  for (const RunSetting& setting : run_settings()) {
    const toml::node* node = table.get(setting.name);
    lines.push_back(node != nullptr ? node->source().begin.line : 0);
    if (node == nullptr) continue;
    const std::optional<std::string> text = text_of(setting, *node);
    if (!text) {
      throw place.error(node, "`" + std::string(setting.name) + "` has the wrong type", "",
                        kind_text(setting));
    }
    try {
      setting.read(config, place.at(node) + ": `" + std::string(setting.name) + "`", *text);
    } catch (const Error& error) {
      throw Error(place.code, {"", error.what(), "", "", ""});
    }
  }
  return lines;
}

}  // namespace

std::vector<std::uint64_t> read_toml(const std::filesystem::path& path, Code code, RunConfig& config) {
  const Place place{path, code};
  return read_settings(place, parse_file(place), config);
}

std::vector<std::uint64_t> read_toml_text(std::string_view text, const std::string& name, Code code,
                                          RunConfig& config) {
  const std::filesystem::path path = name;
  const Place place{path, code};
  return read_settings(place, parse_text(place, text), config);
}

std::string toml_line(const RunSetting& setting, const RunConfig& config) {
  const std::string text = setting.print(config);
  const bool bare =
      setting.kind != Kind::text &&
      (text == "true" || text == "false" || text.find_first_not_of("+-.e0123456789") == std::string::npos);
  // A JSON string is a TOML basic string.
  return std::string(setting.name) + " = " + (bare ? text : json_string(text));
}

std::string print_config(const RunConfig& config) {
  std::string out =
      "# A run of Thalweg. `thalweg train --resume` reads this file.\nschema = " + std::to_string(kSchema) +
      "\n";
  for (const RunSetting& setting : run_settings()) out += toml_line(setting, config) + "\n";
  return out;
}

RunConfig read_config(std::string_view text, const std::filesystem::path& path) {
  const Place place{path, Code::data};
  const toml::table table = parse_text(place, text);
  RunConfig config;
  const std::vector<std::uint64_t> lines = read_settings(place, table, config);
  if (table.get(kSchemaKey) == nullptr) throw place.error(nullptr, "`schema` is missing", "", "1");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const RunSetting& setting = run_settings()[i];
    if (lines[i] > 0 || !setting.required) continue;
    throw place.error(nullptr, "`" + std::string(setting.name) + "` is missing", "", kind_text(setting));
  }
  for (const auto& [name, value] : {std::pair("batch", config.batch), std::pair("epochs", config.epochs)}) {
    if (!value) throw place.error(table.get(name), "`" + std::string(name) + "` is auto", "", "a number");
  }
  return config;
}

void check_name(const std::string& where, const std::string& name) {
  constexpr std::size_t kMost = 100;
  const std::string got = "`" + name.substr(0, kMost) + "`";
  const auto refuse = [&](const char* what, const char* want) {
    throw Error(Code::usage, {where, what, got, want, ""});
  };
  if (name.empty()) refuse("the name is empty", "a name such as `baseline`");
  if (name.size() > kMost) refuse("the name is too long", "at most 100 bytes");
  if (visible(name) != name) refuse("the name has characters that nobody sees", "plain text in UTF-8");
  if (name.find_first_of("()[],|=;\"") != std::string::npos)
    refuse("the name has a character that parts texts", "none of ( ) [ ] , | = ; \"");
  if (name.front() == ' ' || name.back() == ' ') refuse("the name has blanks around it", "a name without");
}

std::string run_name(const RunConfig& config, const std::filesystem::path& directory) {
  if (!config.keeping.name.empty()) return config.keeping.name;
  return (directory.has_filename() ? directory : directory.parent_path()).filename().string();
}

void check_config(const RunConfig& config) {
  RunConfig read;
  for (const RunSetting& setting : run_settings()) {
    setting.read(read, std::string(setting.name), setting.print(config));
  }
  plan_of(config.rows.parts);
}

RunConfig changed(const RunConfig& old, const ResumeOptions& options) {
  RunConfig config = old;
  if (options.threads > 0) config.threads = options.threads;
  if (!options.epochs || options.epochs == old.epochs) return config;
  if (!options.lengths) {
    throw Error(Code::usage,
                {"epochs", "the schedules were planned for another length",
                 std::to_string(*options.epochs) + " epochs instead of " + std::to_string(*old.epochs), "",
                 "use `--lengths keep` to keep them or `--lengths new` to plan them again"});
  }
  config.epochs = options.epochs;
  const bool keep = options.lengths == ResumeOptions::Lengths::keep;
  config.schedule_epochs = keep ? old.schedule_epochs.value_or(*old.epochs) : std::optional<std::uint64_t>();
  return config;
}

std::uint64_t updates_of(std::uint64_t epochs, std::uint64_t per_epoch) {
  constexpr std::uint64_t kMostUpdates = std::uint64_t{1} << 53;  // schedules count them in double
  if (epochs <= kMostUpdates / per_epoch) return epochs * per_epoch;
  throw Error(Code::usage, {"epochs", "too many updates",
                            std::to_string(epochs) + " epochs of " + std::to_string(per_epoch) + " updates",
                            "at most 2^53 updates", ""});
}

Lengths schedule_lengths(const RunConfig& config, std::uint64_t per_epoch) {
  return {.updates = updates_of(config.schedule_epochs.value_or(config.epochs.value()), per_epoch),
          .per_epoch = per_epoch};
}

Chain laid_out(const RunConfig& config, std::size_t samples) {
  const Chain chain(config.optimizer);
  if (chain.has("accumulate")) {
    throw Error(Code::usage, {"optimizer", "a run accumulates batches itself", "`" + chain.text() + "`",
                              "a chain without `accumulate`", "use `--accumulate 4` instead"});
  }
  const std::uint64_t per_epoch = updates_per_epoch(samples, trainer_options_of(config));
  updates_of(config.epochs.value(), per_epoch);  // not too many
  return chain.resolve(schedule_lengths(config, per_epoch));
}

std::uint64_t updates_between(const std::string& length, const Lengths& lengths) {
  const std::optional<Amount> amount = read_amount(length);
  if (!amount) return 0;
  return static_cast<std::uint64_t>(
      updates_of(*amount, static_cast<double>(lengths.updates), static_cast<double>(lengths.per_epoch))
          .value);
}

}  // namespace thalweg
