// The settings of a run as options of a command: `--data`, `--model`, `--optimizer`, ...
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/settings.h"
#include "tool/command.h"

namespace thalweg::tool {

// The settings as a command takes them: those that it leaves out, and what it says of others in its own way.
struct SettingTerms {
  std::vector<std::string_view> left_out = {};
  std::vector<std::pair<std::string_view, std::string>> docs = {};
  std::string_view list = {};  // the one of which several may be given
};
// For a command of short trials: how a whole run is kept and ended is left out too, and, where nothing is
// chosen by a metric, which one that is.
SettingTerms terms_of_trials(std::vector<std::string_view> left_out, bool chosen_by_metric = false);

// Holds their texts; must not move once it has given its arguments.
class SettingFlags {
 public:
  SettingFlags();

  // `more` after an option for every setting that is not left out.
  std::vector<Argument> arguments(const SettingTerms& terms, std::vector<Argument> more);

  // The text given for a setting, or null.
  const std::string* given(std::string_view name) const;

  // The defaults of the tool, below the file `config` where there is one, below the flags, `but` one of them.
  RunSettings settings(const std::optional<std::string>& config = {}, std::string_view but = {}) const;

 private:
  std::vector<std::optional<std::string>> texts_;  // one a setting, in the order of run_settings()
};

std::string flag_of(const RunSetting& setting);

}  // namespace thalweg::tool
