// config.toml: every setting of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "thalweg/chain.h"
#include "thalweg/error.h"
#include "thalweg/run.h"
#include "thalweg/settings.h"

namespace thalweg {

// Reads the keys of a TOML file into `config` and returns the line of each setting, in the order of
// run_settings(); 0 for one that is not there. What only a run directory has is passed over. Throws Error of
// `code`, naming file, line and key, for what is unknown, out of range or of another type, with the keys
// before it read.
std::vector<std::uint64_t> read_toml(const std::filesystem::path& path, Code code, RunConfig& config);

// The same of a text of that name.
std::vector<std::uint64_t> read_toml_text(std::string_view text, const std::string& name, Code code,
                                          RunConfig& config);

// The hint for a name that is no setting: what it is called here, or the nearest one.
std::string unknown_setting(std::string_view name, const std::vector<std::string_view>& known);

// "epochs = 30"
std::string toml_line(const RunSetting& setting, const RunConfig& config);

std::string print_config(const RunConfig& config);

inline constexpr std::uint64_t kMostConfig = std::uint64_t{1} << 20;  // bytes of such a file

// The text of a run's file. Throws Error(data) as read_toml(), and for a key that every run has and this file
// has not.
RunConfig read_config(std::string_view text, const std::filesystem::path& path);
inline RunConfig read_config(const std::filesystem::path& path) {
  return read_config(read_text_file(path, kMostConfig), path);
}

// What a run is to become when it continues with `options`. Throws Error(usage) for other epochs without
// lengths.
RunConfig changed(const RunConfig& old, const ResumeOptions& options);

// Throws Error(usage) where they are too many.
std::uint64_t updates_of(std::uint64_t epochs, std::uint64_t per_epoch);

// The lengths that the schedules of a run are planned for.
Lengths schedule_lengths(const RunConfig& config, std::uint64_t per_epoch);

// The chain of a run on so many training samples, planned for its length. A run counts its epochs in updates
// of one batch each. Throws Error(usage) for a chain that accumulates, and as updates_of().
Chain laid_out(const RunConfig& config, std::size_t samples);

// Updates between two checkpoints that are kept permanently; 0: none are.
std::uint64_t updates_between(const std::string& length, const Lengths& lengths);

// Throws Error(usage), which begins with `where`, for what cannot name a run or an optimizer: a name has 1 to
// 100 bytes, without control characters, blanks around it and the characters that part texts, ( ) [ ] , | = ;
// "
void check_name(const std::string& where, const std::string& name);

// What a run in that folder is called.
std::string run_name(const RunConfig& config, const std::filesystem::path& directory);

// Throws Error(usage) naming the setting for a value that no text gives.
void check_config(const RunConfig& config);

}  // namespace thalweg
