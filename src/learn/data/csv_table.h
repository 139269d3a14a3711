// A delimited text as a table: which line is the header, which columns are numbers, what each cell holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/csv_cursor.h"
#include "data/encoding.h"
#include "data/table.h"

namespace thalweg {

struct CsvOptions {
  char delimiter = '\0';                                   // '\0': found
  std::optional<bool> header;                              // nothing: found
  std::size_t skip = 0;                                    // lines before the first record
  std::string target = "-1";                               // name, or number from 0, negative from the right
  std::vector<std::string> missing;                        // words beside those of is_missing()
  std::vector<std::string> categorical, numeric, ignored;  // names or numbers of columns
  Task task = Task::automatic;                             // of the target: regress wants numbers
};

// What one column holds.
struct CsvColumn {
  std::string name;
  std::size_t missing = 0;
  std::size_t numbers = 0;
  std::size_t words = 0;
  std::size_t rounded = 0;  // whole numbers too large for a double
  struct Word {
    std::size_t row = 0;  // of the data
    Place place;
    std::string text;
  };
  std::optional<Word> first_word;
};

// What a first reading tells.
struct CsvLayout {
  char delimiter = ',';
  bool header = false;
  std::size_t rows = 0;  // without the header
  std::vector<CsvColumn> columns;
};

// Throws Error(data), naming file, line and column, for rows of different lengths, for what CsvCursor
// refuses, for a NUL byte, for text that is not UTF-8 and for a decimal comma.
//
// A first record with a number in it is not a header, nor is one with a missing value other than an empty
// cell. Any other is one when a column below it is numbers, or when none of its words occurs again in its
// column.
CsvLayout read_csv_layout(const std::string& name, std::string_view bytes, const CsvOptions& options);

// The columns wanted of a text, inputs first.
struct CsvChoice {
  struct Column {
    std::string name;
    std::size_t position = 0;  // in the text at hand
    std::size_t original = 0;  // in the text the encoding comes from
    bool categorical = false;
  };
  std::vector<Column> columns;
  std::size_t inputs = 0;
};

// By the options and what the columns hold: numbers when numbers are more than words, else categories. Throws
// Error(usage) for a name that is not a column and Error(data), naming the place, for a word in a column of
// numbers.
CsvChoice choose_columns(const std::string& name, const CsvLayout& layout, const CsvOptions& options);

// By an encoding: by name where both have names, else by position; the target may be missing. Throws
// Error(data) for a column that is not there.
CsvChoice choose_columns(const std::string& name, const CsvLayout& layout, const TableEncoding& encoding);

// Throws Error(data), naming the place, for a word where a number is wanted.
Table read_csv(const std::string& name, std::string_view bytes, const CsvOptions& options,
               const CsvLayout& layout, const CsvChoice& choice);

}  // namespace thalweg
