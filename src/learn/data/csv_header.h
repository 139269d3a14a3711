// Whether the first record of a delimited text names the columns, and the names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/csv_table.h"

namespace thalweg {

// The first record, until it is known whether it is the header.
struct FirstRecord {
  std::vector<CsvColumn> columns;  // what it would count as data
  std::vector<std::string> words;
  std::vector<bool> again;  // whether the word has come again in its column
};

struct FoundHeader {
  bool header = false;
  std::string note;  // why, and what else it could have been; empty where there is no doubt
};

// As the options say; or by the names of the training data; or by the rule of read_csv_layout().
FoundHeader find_header(const FirstRecord& first, const std::vector<CsvColumn>& below, std::size_t rows,
                        const CsvOptions& options);

// The names of the header, or c0, c1, ...; a name that comes again gets a number.
std::vector<std::string> name_columns(const std::vector<std::string>& words, bool header);

// Whether the first record after so many lines holds these names.
bool begins_with_names(const std::string& name, std::string_view bytes, char delimiter, std::size_t skip,
                       const std::vector<std::string>& names);

}  // namespace thalweg
