// The records of a delimited text, one after the other: quotes by RFC 4180, lines that end in LF, CR or CRLF.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "files/place.h"
#include "thalweg/error.h"

namespace thalweg {

// A cell without its quotes; blanks around one that has no quotes do not belong to it.
struct CsvCell {
  std::string_view text;
  bool quoted = false;
  Place place;
};

inline constexpr char kBlanks = ' ';  // as a delimiter: one or more blanks or tabs
inline constexpr std::size_t kMaxCell = std::size_t{1} << 20;

class CsvCursor {
 public:
  // `bytes` must outlive the cursor. The first `skip` lines are passed over.
  CsvCursor(std::string name, std::string_view bytes, char delimiter, std::size_t skip);

  // The cells of the next record, valid until the next call; false at the end. Lines with nothing but blanks
  // are not records. Throws Error(data), naming the place, for a quote that is not closed or is followed by
  // something, and for a cell of more than kMaxCell bytes.
  bool next(std::vector<CsvCell>& cells);

  // That record as it stands, without the end of its line.
  std::string_view record() const { return record_; }

 private:
  bool at_end() const { return at_ == bytes_.size(); }
  bool at_line_end() const { return at_end() || bytes_[at_] == '\n' || bytes_[at_] == '\r'; }
  bool at_delimiter() const;
  Place place() const { return {line_, at_ - line_begin_ + 1}; }
  void end_line();
  void pass_blanks();
  void pass_line();
  CsvCell take_cell();
  CsvCell take_plain();
  CsvCell take_quoted();
  void check_size(std::size_t size, const Place& begin) const;

  std::string name_;
  std::string_view bytes_;
  char delimiter_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_begin_ = 0;
  std::string_view record_;
  std::deque<std::string> unescaped_;  // cells of this record that held doubled quotes
};

// About a record of another width than the first. It tells how many there are: one is a slip, many another
// delimiter.
Error wrong_width(const std::string& name, std::string_view bytes, char delimiter, std::size_t skip,
                  const std::vector<CsvCell>& cells);

}  // namespace thalweg
