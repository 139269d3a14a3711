// Rows of a table as they stand in their source, from what the model is given of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace thalweg::page {

// A column of the inputs, as encoding.json has it.
struct SourceColumn {
  std::string name;
  double mean = 0, scale = 1;            // of numbers
  std::vector<std::string> levels = {};  // of words; empty: numbers
  bool other = false;                    // an input more, for words that are no level

  std::size_t width() const { return levels.empty() ? 1 : levels.size() + (other ? 1 : 0); }
};

// Those of a table; none of what is no table, of older runs and of files too large to be looked at. Throws
// Error(data) naming a malformed file.
std::vector<SourceColumn> read_source_columns(const std::filesystem::path& path);

// A cell for each column. Empty where the inputs are not those of the columns. A missing number is what stood
// in its place, a missing or unknown word kNone.
std::vector<std::string> source_row(const std::vector<SourceColumn>& columns,
                                    const std::vector<double>& inputs);

}  // namespace thalweg::page
