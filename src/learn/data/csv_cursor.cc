#include "data/csv_cursor.h"

#include <algorithm>
#include <set>

#include "data/cells/cell.h"

namespace thalweg {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

CsvCursor::CsvCursor(std::string name, std::string_view bytes, char delimiter, std::size_t skip)
    : name_(std::move(name)), bytes_(bytes), delimiter_(delimiter) {
  if (bytes_.starts_with("\xef\xbb\xbf")) at_ = line_begin_ = 3;  // a byte order mark
  for (std::size_t i = 0; i < skip && !at_end(); ++i) pass_line();
}

bool CsvCursor::at_delimiter() const {
  return !at_end() && (delimiter_ == kBlanks ? is_blank(bytes_[at_]) : bytes_[at_] == delimiter_);
}

// Passes LF, CR or CRLF.
void CsvCursor::end_line() {
  if (at_end()) return;
  at_ += bytes_[at_] == '\r' && at_ + 1 < bytes_.size() && bytes_[at_ + 1] == '\n' ? 2 : 1;
  ++line_;
  line_begin_ = at_;
}

void CsvCursor::pass_line() {
  while (!at_line_end()) ++at_;
  end_line();
}

// Blanks that are not delimiters.
void CsvCursor::pass_blanks() {
  while (!at_end() && is_blank(bytes_[at_]) && (delimiter_ == kBlanks || bytes_[at_] != delimiter_)) ++at_;
}

bool CsvCursor::next(std::vector<CsvCell>& cells) {
  cells.clear();
  unescaped_.clear();
  pass_blanks();
  while (!at_end() && at_line_end()) {
    end_line();
    pass_blanks();
  }
  if (at_end()) return false;
  const std::size_t begin = line_begin_;  // a quoted cell may go on in other lines
  cells.push_back(take_cell());
  while (at_delimiter()) {
    delimiter_ == kBlanks ? pass_blanks() : void(++at_);
    if (delimiter_ == kBlanks && at_line_end()) break;
    cells.push_back(take_cell());
  }
  record_ = bytes_.substr(begin, at_ - begin);
  end_line();
  return true;
}

CsvCell CsvCursor::take_cell() {
  pass_blanks();
  return !at_end() && bytes_[at_] == '"' ? take_quoted() : take_plain();
}

CsvCell CsvCursor::take_plain() {
  const Place begin = place();
  const std::size_t first = at_;
  while (!at_line_end() && !at_delimiter()) ++at_;
  std::string_view text = bytes_.substr(first, at_ - first);
  check_size(text.size(), begin);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return {text, false, begin};
}

CsvCell CsvCursor::take_quoted() {
  const Place begin = place();
  const std::size_t first = ++at_;
  bool doubled = false;
  while (!at_end()) {
    if (bytes_[at_] == '"') {
      if (at_ + 1 == bytes_.size() || bytes_[at_ + 1] != '"') break;
      doubled = true;
      at_ += 2;
    } else if (at_line_end()) {
      end_line();
    } else {
      ++at_;
    }
  }
  if (at_end()) {
    throw Error(Code::data, {print_place(name_, begin), "a quote is not closed", "the end of the file",
                             "`\"`", "double a quote that belongs to a quoted cell"});
  }
  std::string_view text = bytes_.substr(first, at_ - first);
  check_size(text.size(), begin);
  ++at_;
  if (delimiter_ != kBlanks) pass_blanks();
  if (!at_line_end() && !at_delimiter()) {
    throw Error(Code::data, {print_place(name_, place()), "something follows the closing quote",
                             "`" + std::string(1, bytes_[at_]) + "`", "a delimiter or the end of the line",
                             "double a quote that belongs to a quoted cell"});
  }
  if (doubled) {
    std::string& plain = unescaped_.emplace_back();
    for (std::size_t i = 0; i < text.size(); ++i) {
      plain += text[i];
      if (text[i] == '"') ++i;
    }
    text = plain;
  }
  return {text, true, begin};
}

void CsvCursor::check_size(std::size_t size, const Place& begin) const {
  if (size <= kMaxCell) return;
  throw Error(Code::data, {print_place(name_, begin), "a cell is too long", std::to_string(size) + " bytes",
                           "at most " + std::to_string(kMaxCell), ""});
}

Error wrong_width(const std::string& name, std::string_view bytes, char delimiter, std::size_t skip,
                  const std::vector<CsvCell>& cells) {
  CsvCursor cursor(name, bytes, delimiter, skip);
  std::vector<CsvCell> record;
  std::size_t width = 0, rows = 0, different = 0;
  bool names = false;            // in the first row
  std::set<std::size_t> widths;  // of the rows below it
  try {
    for (; cursor.next(record); ++rows) {
      if (rows == 0) width = record.size();
      if (rows == 0)
        names = std::ranges::none_of(record,
                                     [](const CsvCell& cell) { return read_cell(cell.text).has_value(); });
      if (rows > 0) widths.insert(record.size());
      if (record.size() != width) ++different;
    }
  } catch (const Error&) {  // a quote that does not close further down: the row at hand is told first
  }
  const Place place = cells.size() > width ? cells[width].place : cells.back().place;
  std::string hint = "name the delimiter or the lines to skip";
  if (widths.size() == 1 && different > 1)
    hint = "skip=" + std::to_string(skip + 1) + " if the first row is no part of the table";
  if (names && widths == std::set{width + 1})
    hint =
        "the header has one name less than the rows have cells, as R's write.table writes it: there "
        "col.names=NA names the first column, row.names=FALSE leaves it out; or " +
        hint;
  return Error(Code::data,
               {print_place(name, place),
                "a row has a different number of cells (" + std::to_string(different) + " of " +
                    std::to_string(rows) + " rows)",
                std::to_string(cells.size()), std::to_string(width) + " as in the first row", hint});
}

}  // namespace thalweg
