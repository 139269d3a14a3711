// Readers: how the text of a data source becomes a Dataset. A new format is one file in readers/ that defines
// a Reader and one line in readers.inc that names it.
#pragma once

#include <cstdint>
#include <span>

#include "base/options.h"
#include "data/parts/parts.h"
#include "thalweg/dataset.h"

namespace thalweg {

// An option of this unit is a path; a reader meets it absolute and normal, but for kStandardInput.
inline constexpr std::string_view kPathUnit = "path";

// What is wanted of a reader besides its settings.
struct Request {
  std::uint64_t seed = 0;     // decides which samples are held out
  std::string_view encoding;  // of an earlier load; empty: to be derived
  bool all = false;           // every row in `test`, as load_all() promises
  bool judge = false;         // every row with its target in `test`, unless the source names a held-out part
  PartPlan plan = {};         // else: which rows are in which part
};

// What a model is judged by that was not trained on it: without a part of its own to hold out, all of the
// source is held out.
Dataset load_to_judge(std::string_view text, std::string_view encoding);

// Whether two sources are the same samples: of the same files, none of which is a pipe, or of the same text
// where there are none.
bool same_samples(std::string_view text, std::string_view other);

// The text of a setting; empty when it is not given.
inline std::string text_of(const Setting& setting) {
  const std::string* text = std::get_if<std::string>(&setting);
  return text != nullptr ? *text : std::string();
}

constexpr Option path_option(std::string_view name, std::string_view doc) {
  return in_unit(kPathUnit, name_option(name, doc));
}
inline constexpr Option kFileOption =
    required(path_option("file", "the file, plain, gzip or zstd; -: stdin"));
inline constexpr Option kTestOption = path_option("test", "a second, held-out file");

struct Reader {
  Spec spec;
  // `settings` are those of `spec`. Leaves both texts to the caller. Throws Error(data) naming file and
  // place.
  Dataset (*read)(const Settings& settings, const Request& request);
};

// What can be read, in the order of readers.inc.
std::span<const Spec* const> data_specs();

}  // namespace thalweg
