#include "tool/setting_flags.h"

#include <algorithm>
#include <utility>

namespace thalweg::cli {

std::string flag_of(const RunSetting& setting) { return "--" + std::string(setting.name); }

bool SettingFlags::has(std::string_view name) const {
  return std::find(left_out_.begin(), left_out_.end(), name) == left_out_.end();
}

void SettingFlags::add_but(CLI::App& command, std::vector<std::string_view> left_out) {
  command_ = &command;
  left_out_ = std::move(left_out);
  const RunConfig defaults{.threads = 0};
  const std::span<const RunSetting> settings = run_settings();
  texts_.resize(settings.size());
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const RunSetting& setting = settings[i];
    if (!has(setting.name)) continue;
    const std::string flag = flag_of(setting);
    CLI::Option* option =
        setting.kind == RunSetting::Kind::flag
            ? command.add_flag(flag + "{true},--no-" + std::string(setting.name) + "{false}", texts_[i],
                               std::string(setting.doc))
            : command.add_option(flag, texts_[i], std::string(setting.doc));
    option->default_str(setting.print(defaults));
  }
}

void SettingFlags::add_for_trials(CLI::App& command, std::initializer_list<std::string_view> left_out) {
  std::vector<std::string_view> all = {"patience", "min-delta", "restore-best", "checkpoint-every",
                                       "schedule-epochs"};
  all.insert(all.end(), left_out);
  add_but(command, std::move(all));
}

const std::string* SettingFlags::given(std::string_view name) const {
  const std::span<const RunSetting> settings = run_settings();
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (settings[i].name != name || !has(name)) continue;
    return command_->count(flag_of(settings[i])) > 0 ? &texts_[i] : nullptr;
  }
  return nullptr;
}

RunSettings SettingFlags::settings(const std::string* config, std::string_view but) const {
  RunSettings settings({.threads = 0});
  if (config != nullptr) settings.read_file(*config);
  for (const RunSetting& setting : run_settings()) {
    if (setting.name == but) continue;
    if (const std::string* text = given(setting.name)) settings.set(setting.name, *text);
  }
  return settings;
}

}  // namespace thalweg::cli
