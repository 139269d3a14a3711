// Tables: rows of numbers and words with their targets, from whatever format, and how they become a data set.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/encoding.h"

namespace thalweg {

// What to do about every column that is no input as it stands.
inline constexpr std::string_view kPrepareHint =
    "prepare the table by pandas or polars to use it (docs/tables.md)";

// A word or a number of each row.
struct TableColumn {
  std::string name;
  std::size_t position = 0;  // column of the source, from 0
  bool categorical = false;
  std::vector<std::string> levels = {};        // of this table, in any order
  bool kept = false;                           // all of its levels, however rare: so the user says
  std::map<double, std::string> spelled = {};  // of a target: its numbers as they stood first
};

struct Table {
  std::string name;  // of the file
  std::size_t rows = 0;
  bool named = false;                     // the columns have names of their own
  std::size_t width = 0;                  // columns of the source
  std::optional<TextEncoding> text = {};  // how a text was read
  std::vector<TableColumn> columns = {};  // the inputs, then the targets
  std::size_t inputs = 0;                 // how many of them are inputs
  std::uint64_t bytes = 0;                // size of the source
  // A number, the index of a level, or NaN where the cell is missing.
  std::function<double(std::size_t row, std::size_t column)> at = {};
  std::function<std::string(std::size_t row)> place = {};  // of a row, for messages
  std::vector<std::uint32_t> numbers = {};                 // of the rows in the source; empty: 0, 1, 2, ...
  std::function<double(std::size_t row)> weight = {};      // of a row, at least 0; none: 1 each

  std::size_t targets() const { return columns.size() - inputs; }
};

enum class Task { automatic, classify, regress };

struct TableOptions {
  Task task = Task::automatic;
  bool standardise = true;    // numeric inputs
  bool scale_targets = true;  // of a regression
  bool clamp = true;          // predictions of them, where they are scaled
  bool every_target = false;  // a row without its target is refused, not left out
};

inline constexpr std::size_t kMostGuessedClasses = 20;

// Whether so many different numbers are guessed to be classes.
constexpr bool are_few(std::size_t different, std::size_t rows) {
  return different <= kMostGuessedClasses && 2 * different <= rows;
}

// The options that every reader of tables has.
inline constexpr Option kTaskOption =
    choice_option("task", "auto|classify|regress", "auto",
                  "classify or regress; auto: classify for words and for at most 20 different "
                  "whole numbers, each occurring at least twice on average; else regress");
constexpr Option scale_option(std::string_view fallback, std::string_view doc) {
  return choice_option("scale", "standard|none", fallback, doc);
}
inline constexpr Option kTargetScaleOption = choice_option(
    "target_scale", "standard|none", "standard",
    "of the targets of a regression, as `scale`; none: as they are, for counts and probabilities");
inline constexpr Option kClampOption =
    flag_option("clamp", "true",
                "predictions of a regression stay within the range of the training part and half of it on "
                "either side; with target_scale=none they never do");
TableOptions read_table_options(const std::string& task, const std::string& scale,
                                const std::string& target_scale, bool clamp);

// Of a reader with the options `task`, `scale`, `target_scale` and `clamp`.
template <const auto& kOptions>
TableOptions table_options(const Settings& settings) {
  return read_table_options(text_of(option<kOptions, "task">(settings)),
                            text_of(option<kOptions, "scale">(settings)),
                            text_of(option<kOptions, "target_scale">(settings)),
                            std::get<bool>(option<kOptions, "clamp">(settings)));
}

using RowTest = std::function<bool(std::size_t row)>;

// Weights the rows of a table by `weight`, of the column or array `name`. Throws Error(data), naming the row,
// for one that is missing, infinite or below 0.
void set_weights(Table& table, const std::string& name, std::function<double(std::size_t row)> weight);

// What an encoding of this table would name: no numbers yet.
TableEncoding outline(const Table& table);

// The inputs that say more than which row it is: not categories of which more than half of the training rows
// have one of their own.
std::vector<std::size_t> telling_inputs(const Table& table, const RowTest& training);

// The targets without their scaling, and all of it from the rows of the training part.
TargetEncoding derive_targets(const Table& table, Task task);
TableEncoding derive_encoding(const Table& table, TargetEncoding targets, const TableOptions& options,
                              const RowTest& training, std::vector<std::string>& notes);

// The data set of a table, or of two: without `test` a fifth is held out. Without an encoding in `request` it
// is derived: numbers get mean 0 and deviation 1 over the training part, equal ones become 0, and those that
// differ by rounding alone keep their unit; levels are those of the training part, classes those of all rows
// of `table`. The inputs of `test`, and with an encoding those of `table` too, are in the order of the
// encoding. Rows without their targets are left out, unless all rows are wanted, to be predicted; of what is
// to be judged nothing is set apart; a target that is no class of the encoding becomes kNoClass. Throws
// Error(data) for a table without rows, inputs or targets, and for a number that no float can hold.
Dataset to_dataset(Table table, const Table* test, const TableOptions& options, const Request& request);

}  // namespace thalweg
