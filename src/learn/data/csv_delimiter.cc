#include "data/csv_delimiter.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "data/cells/cell.h"
#include "data/csv_cursor.h"

namespace thalweg {
namespace {

constexpr std::size_t kRecords = 100;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// 1,5 and -1.234,56
bool has_decimal_comma(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t comma = text.find(',');
  if (comma == 0 || comma == std::string_view::npos || comma + 1 == text.size()) return false;
  const auto before = [](char c) { return is_digit(c) || c == '.'; };
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(comma), before) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(comma) + 1, text.end(), is_digit);
}

// 5;2 is what a comma leaves of 1,5;2,5.
bool joins_numbers(std::string_view text) {
  const std::size_t at = text.find_first_of(";\t|");
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && is_digit(text[at - 1]) &&
         is_digit(text[at + 1]);
}

std::ptrdiff_t count_typed(const std::vector<CsvCell>& cells) {
  std::ptrdiff_t typed = 0;
  for (const CsvCell& cell : cells) {
    if (read_cell(cell.text) || has_decimal_comma(cell.text)) {
      ++typed;
    } else if (!cell.quoted && joins_numbers(cell.text)) {
      --typed;
    }
  }
  return typed;
}

DelimiterFit fit(const std::string& name, std::string_view bytes, char delimiter, std::size_t skip) {
  DelimiterFit out{.delimiter = delimiter};
  CsvCursor cursor(name, bytes, delimiter, skip);
  std::vector<CsvCell> cells;
  std::map<std::size_t, std::size_t> widths;
  try {
    for (; out.records < kRecords && cursor.next(cells); ++out.records) {
      if (out.records == 0) out.first = cells.size();
      ++widths[cells.size()];
      out.typed += count_typed(cells);
    }
  } catch (const Error&) {  // a quote is not closed: told when the text is read with the delimiter chosen
    return out;
  }
  for (const auto& [width, count] : widths) {  // of two as frequent the wider one
    if (count >= out.agreeing) out.width = width, out.agreeing = count;
  }
  return out;
}

// The best of the candidates, which come in the order of preference; blanks are the last of them.
template <class Width>
std::optional<DelimiterFit> best_of(const std::vector<DelimiterFit>& fits, const Width& width) {
  std::optional<DelimiterFit> best;
  for (const DelimiterFit& one : fits) {
    if (width(one) < 2) continue;
    const bool more = !best || one.typed > best->typed;
    const bool wider = best && one.typed == best->typed && width(one) > width(*best);
    if (more || (wider && one.delimiter != kBlanks)) best = one;
  }
  return best;
}

}  // namespace

bool FoundDelimiter::tied() const {
  return std::any_of(others.begin(), others.end(), [&](const DelimiterFit& other) {
    return other.typed == best.typed && other.width == best.width && other.delimiter != kBlanks;
  });
}

FoundDelimiter find_delimiter(const std::string& name, std::string_view bytes, std::size_t skip) {
  std::vector<DelimiterFit> fits;
  for (const DelimiterName& one : kDelimiterNames) fits.push_back(fit(name, bytes, one.character, skip));
  std::optional<DelimiterFit> best =
      best_of(fits, [](const DelimiterFit& one) { return one.common() ? one.width : 0; });
  if (!best) best = best_of(fits, [](const DelimiterFit& one) { return one.first; });
  FoundDelimiter found{best.value_or(fits.front()), {}};
  for (const DelimiterFit& one : fits) {
    if (one.common() && one.delimiter != found.best.delimiter) found.others.push_back(one);
  }
  return found;
}

std::string delimiter_name(char character) {
  for (const DelimiterName& one : kDelimiterNames) {
    if (one.character == character) return std::string(one.word);
  }
  return std::string(1, character);
}

std::string describe_others(const FoundDelimiter& found) {
  std::string out;
  for (const DelimiterFit& other : found.others) {
    // Words hold blanks and numbers are not made of them: only as good a cut is worth a word.
    if (other.delimiter == kBlanks && other.typed < found.best.typed) continue;
    const bool tie = other.typed == found.best.typed && other.width == found.best.width;
    out += fmt::format("{}{} would make {} columns{}", out.empty() ? "" : "; ",
                       delimiter_name(other.delimiter), other.width, tie ? " as well" : "");
  }
  if (out.empty()) return out;
  return fmt::format("delimiter {}: {} columns; {}; delimiter={} if it is another{}",
                     delimiter_name(found.best.delimiter), found.best.width, out,
                     delimiter_name(found.others.front().delimiter), found.tied() ? " (a tie)" : "");
}

}  // namespace thalweg
