// The delimiter of a text, as its first records show it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

// What one delimiter makes of the first records.
struct DelimiterFit {
  char delimiter = ',';
  std::size_t width = 0;     // the most frequent number of cells; 0 where quotes do not close
  std::size_t agreeing = 0;  // records of this width
  std::size_t records = 0;
  // Cells that are numbers or look like one with a decimal comma, less those in which two numbers meet at
  // another delimiter.
  std::ptrdiff_t typed = 0;
  std::size_t first = 0;  // cells of the first record

  // Whether most records have it.
  bool common() const { return width > 1 && 2 * agreeing > records; }
};

struct FoundDelimiter {
  DelimiterFit best;
  std::vector<DelimiterFit> others;  // that cut most records alike, too

  // Whether another one makes as many typed cells and as many columns.
  bool tied() const;
};

// Of comma, semicolon, tab, bar and blanks those that cut most of the first records into the same number of
// cells, at least two: the one with the most typed cells, then the one with the most columns, then the first
// in this order. Blanks count only where they make more typed cells than all others or no other cuts the
// records alike: words may hold blanks. Where none has a common width the same rule goes by the first record;
// a comma where none cuts it.
FoundDelimiter find_delimiter(const std::string& name, std::string_view bytes, std::size_t skip);

struct DelimiterName {
  std::string_view word;
  char character;
};
inline constexpr DelimiterName kDelimiterNames[] = {
    {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"bar", '|'}, {"blank", ' '}};

// The name of a delimiter, or the character itself.
std::string delimiter_name(char character);

// What else the delimiter could have been, for the notes; empty where nothing.
std::string describe_others(const FoundDelimiter& found);

}  // namespace thalweg
