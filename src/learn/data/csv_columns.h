// Which columns of a text the options name, and how lists of names are written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/csv_table.h"

namespace thalweg {

// Without blanks around it.
std::string_view trimmed(std::string_view text);

// What stands between blanks.
std::vector<std::string> split_words(std::string_view text);

// As an option takes them: "a b", or a list where one of them holds a blank or a quote.
std::string print_names(const std::vector<std::string>& names);

// Whether a column is 0, 1, 2, ... or 1, 2, 3, ... in the order of the rows, under no name or one that says
// so.
bool numbers_rows(const CsvColumn& column, const CsvLayout& layout);

// The column of that name as the text spells it or without blanks around it, or of that number, from 0 or
// negative from the right; nothing where there is none.
std::optional<std::size_t> known_column(const CsvLayout& layout, std::string_view word);

// The same. Throws Error(usage), which names the option and the nearest column.
std::size_t find_column(const CsvLayout& layout, const std::string& word, std::string_view option);

// Which columns are named. A text with blanks that is no name of a column is several of them.
std::vector<bool> mark(const CsvLayout& layout, const std::vector<std::string>& names,
                       std::string_view option);

}  // namespace thalweg
