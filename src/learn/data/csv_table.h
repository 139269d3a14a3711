// A delimited text as a table: which line is the header, which columns are numbers, what each cell holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/csv_cursor.h"
#include "data/encoding.h"
#include "data/table.h"

namespace thalweg {

struct CsvOptions {
  char delimiter = '\0';                            // '\0': found
  std::optional<bool> header;                       // nothing: found
  std::optional<std::vector<std::string>> trained;  // names that the header must hold; none: no header
  std::size_t skip = 0;                             // lines before the first record
  std::string target = "-1";                        // name, or number from 0, negative from the right
  std::vector<std::string> missing;                 // words beside those of is_missing()
  // Names or numbers of columns; a text with blanks that is no name of a column is several of them.
  std::vector<std::string> categorical, numeric, ignored;
  Task task = Task::automatic;  // of the target: regress wants numbers
};

inline constexpr std::size_t kMostLevels = 10'000;
inline constexpr std::size_t kMostDifferent = kMostLevels + 1;

// What one column holds.
struct CsvColumn {
  std::string name;
  bool nameless = true;  // the name is our own
  // Of rows, of which there are fewer than 2^32; a small text may have very many columns.
  std::uint32_t missing = 0;
  std::uint32_t numbers = 0;
  std::uint32_t words = 0;
  std::uint32_t rounded = 0;  // whole numbers too large for a double
  std::uint32_t dates = 0;    // words that are days
  std::uint32_t absent = 0;   // words that mean no value among numbers
  struct Forms {              // of numbers
    std::uint32_t whole = 0;  // without a point or an exponent
    std::uint32_t years = 0;  // from 1800 to 2100
    std::uint32_t codes = 0;  // whole, with leading zeros
  } forms;
  // Different words, the first kMostDifferent of them, and what means no value.
  std::set<std::string, std::less<>> different = {}, absences = {};
  struct Count {
    std::optional<double> begin;  // the first number less its row
    bool up = true;               // every other number less its row is the same
  } count;
  struct Word {
    std::size_t row = 0;  // of the data
    Place place;
    std::string text;
  };
  std::shared_ptr<const Word> first_word;  // few columns of a wide table have one
  struct Dressed {                         // words that look like numbers
    std::uint32_t cells = 0;
    std::shared_ptr<const Word> first;
  } dressed;
};

// What a first reading tells.
struct CsvLayout {
  char delimiter = ',';
  bool header = false;
  std::size_t rows = 0;  // without the header
  std::vector<CsvColumn> columns;
  std::size_t spellings = 0;  // different texts of the numbers in the target, kMostGuessedClasses + 1 at most
  std::vector<std::string> notes;  // what else the text could have been
};

// Throws Error(data), naming file, line and column, for rows of different lengths, for what CsvCursor
// refuses, for a NUL byte, for text that is not UTF-8, for a decimal comma and for more columns than
// check_dense() allows.
//
// With options.trained the first record is the header when it holds these names, and never when there are
// none. Otherwise one with a missing value other than an empty cell is not a header. One without numbers is
// one when a column below it is numbers, when none of its words occurs again in its column, or when it is
// alone. One with numbers is one only when these are years, count up or are whole above numbers that are not,
// and its words are none of those below. The notes tell every doubt.
CsvLayout read_csv_layout(const std::string& name, std::string_view bytes, const CsvOptions& options);

// The columns wanted of a text, inputs first.
struct CsvChoice {
  struct Column {
    std::string name;
    std::size_t position = 0;  // in the text at hand
    std::size_t original = 0;  // in the text the encoding comes from
    bool categorical = false;
    bool numbers = false;  // only: what means no value among numbers is missing
    bool kept = false;     // all of its levels
  };
  std::vector<Column> columns;
  std::size_t inputs = 0;
  std::vector<std::string> notes = {};  // what was left out
};

// By the options and what the columns hold: numbers when numbers are more than words, else categories. A
// target of numbers that differ as texts or as integers but not as doubles, such as 007 and 7, is categories
// where it is to be classified. An input that numbers the rows - 0, 1, 2, ... or 1, 2, 3, ... in a column
// without a name, or called id or the like - is left out unless the options name it. Throws Error(usage) for
// a name that is not a column and Error(data), naming the place and all such words, for a word in a column of
// numbers.
CsvChoice choose_columns(const std::string& name, const CsvLayout& layout, const CsvOptions& options);

// By an encoding: by name where both have names, else by position; the target may be missing. Throws
// Error(data) for a column that is not there.
CsvChoice choose_columns(const std::string& name, const CsvLayout& layout, const TableEncoding& encoding);

// Throws Error(data), naming the place, for a word where a number is wanted.
Table read_csv(const std::string& name, std::string_view bytes, const CsvOptions& options,
               const CsvLayout& layout, const CsvChoice& choice);

}  // namespace thalweg
