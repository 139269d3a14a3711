// Readers: how the text of a data source becomes a Dataset. A new format is one file in readers/ that defines
// a Reader and one line in readers.inc that names it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/options.h"
#include "data/parts/parts.h"
#include "thalweg/dataset.h"

namespace thalweg {

// An option of this unit is a path; a reader meets it absolute and normal, but for kStandardInput.
inline constexpr std::string_view kPathUnit = "path";

// What of a text goes with the predictions of its rows.
struct RowTexts {
  bool whole = false;  // `records` are wanted
  std::size_t rows = 0;
  std::string id = {};                     // the column that tells rows apart; empty: none
  std::vector<std::string> ids = {};       // its cells, one a row, without quotes; empty: none
  char delimiter = '\0';                   // '\0': the source is no text of rows
  std::optional<std::string> header = {};  // the record of names as it stands, where there is one
  std::vector<std::string> names = {};     // of the columns, where `records` are wanted
  std::vector<std::string> records = {};   // the rows as they stand, without the ends of their lines
};

// What is wanted of a reader besides its settings.
struct Request {
  std::uint64_t seed = 0;     // decides which samples are held out
  std::string_view encoding;  // of an earlier load; empty: to be derived
  bool all = false;           // every row in `test`, as load_all() promises
  bool judge = false;         // every row with its target in `test`, unless the source names a held-out part
  // Where a reader of texts puts those of the rows; those of a file `test` behind them, unless they have a
  // place of their own.
  RowTexts* texts = nullptr;
  RowTexts* test_texts = nullptr;
  PartPlan plan = {};  // without `all`: which rows are in which part
};

// load_all() with the texts of the rows, where the source is a text of rows.
Dataset load_all(std::string_view text, std::string_view encoding, RowTexts& texts);

// load_dataset() with the texts of the rows: those of a file `test` that the source names in `test_texts`.
Dataset load_dataset(std::string_view text, std::uint64_t seed, std::string_view encoding,
                     const PartOptions& parts, RowTexts& texts, RowTexts& test_texts);

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
