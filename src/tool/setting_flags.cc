#include "tool/setting_flags.h"

#include <algorithm>
#include <utility>

namespace thalweg::tool {
namespace {

using Kind = RunSetting::Kind;

// The words that completion offers for a value.
std::string offers(const RunSetting& setting) {
  if (setting.kind == Kind::flag) return std::string(setting.words) + "|true|false";
  if (setting.kind == Kind::real && setting.words == "*") return "";
  return setting.words == "*" ? "never" : std::string(setting.words);
}

std::string type_of(const RunSetting& setting) {
  if (setting.kind == Kind::flag) return "";
  if (setting.kind == Kind::real) return setting.words == "*" ? "SHARE" : "X";
  if (setting.kind == Kind::whole) return setting.words == "*" ? "LENGTH" : "N";
  return upper(std::string(setting.name));
}

}  // namespace

std::string flag_of(const RunSetting& setting) { return "--" + std::string(setting.name); }

SettingTerms terms_of_trials(std::vector<std::string_view> left_out, bool chosen_by_metric) {
  if (!chosen_by_metric) left_out.push_back("monitor");
  left_out.insert(left_out.end(), {"patience", "min-delta", "restore-best", "checkpoint-every",
                                   "async-checkpoints", "schedule-epochs", "memory", "name"});
  return {.left_out = std::move(left_out)};
}

SettingFlags::SettingFlags() : texts_(run_settings().size()) {}

std::vector<Argument> SettingFlags::arguments(const SettingTerms& terms, std::vector<Argument> more) {
  const RunConfig defaults{.threads = 0};
  const auto& left_out = terms.left_out;
  std::vector<Argument> out;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const RunSetting& setting = run_settings()[i];
    if (std::find(left_out.begin(), left_out.end(), setting.name) != left_out.end()) continue;
    std::string doc(setting.doc);
    for (const auto& [name, text] : terms.docs) doc = name == setting.name ? text : doc;
    const std::string type = type_of(setting);
    out.push_back(Argument(flag_of(setting) + (type.empty() ? "" : " " + type), &texts_[i], std::move(doc),
                           {.shown = setting.print(defaults),
                            .offers = offers(setting),
                            .negatable = setting.kind == Kind::flag,
                            .list = setting.name == terms.list,
                            .group = "Settings of the run"}));
  }
  out.insert(out.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
  return out;
}

const std::string* SettingFlags::given(std::string_view name) const {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (run_settings()[i].name == name) return texts_[i] ? &*texts_[i] : nullptr;
  }
  return nullptr;
}

RunSettings SettingFlags::settings(const std::optional<std::string>& config, std::string_view but) const {
  RunSettings settings({.threads = 0});
  if (config) settings.read_file(*config);
  for (const RunSetting& setting : run_settings()) {
    if (setting.name == but) continue;
    if (const std::string* text = given(setting.name)) settings.set(setting.name, *text);
  }
  return settings;
}

}  // namespace thalweg::tool
