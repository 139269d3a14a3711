// The settings of a run as flags of a command: `--data`, `--model`, `--optimizer`, ...
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/settings.h"
#include "tool/command.h"

namespace thalweg::cli {

class SettingFlags {
 public:
  // Adds a flag for every setting but those left out. The command must not move or go before this.
  void add(CLI::App& command) { add_but(command, {}); }

  // The same for a command of short trials: how a whole run is kept and ended is left out too.
  void add_for_trials(CLI::App& command, std::initializer_list<std::string_view> left_out);

  // The text given for a setting, or null.
  const std::string* given(std::string_view name) const;

  // The defaults of the tool, below the file `config` where there is one, below the flags, `but` one of them.
  RunSettings settings(const std::string* config = nullptr, std::string_view but = {}) const;

 private:
  void add_but(CLI::App& command, std::vector<std::string_view> left_out);
  bool has(std::string_view name) const;

  CLI::App* command_ = nullptr;
  std::vector<std::string_view> left_out_;
  std::vector<std::string> texts_;  // one a setting, in the order of run_settings()
};

std::string flag_of(const RunSetting& setting);

}  // namespace thalweg::cli
