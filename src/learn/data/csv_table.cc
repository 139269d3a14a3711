#include "data/csv_table.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "base/did_you_mean.h"
#include "base/text.h"
#include "base/utf8.h"
#include "data/cell.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostLevels = 10'000;

// Bytes that are not text are found before anything else is said about them.
void check_text(const std::string& name, std::string_view bytes) {
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) {
    throw Error(Code::data, {name, "the text is UTF-16", "", "UTF-8", "iconv -f UTF-16 -t UTF-8"});
  }
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = utf8_length(bytes, at);
    if (length == 0) {
      throw Error(Code::data, {print_place(name, find_place(bytes, at)), "the text is not UTF-8", "", "UTF-8",
                               "iconv -f LATIN1 -t UTF-8"});
    }
    if (bytes[at] == '\0') {
      throw Error(Code::data,
                  {print_place(name, find_place(bytes, at)), "the text contains a NUL byte", "", "text", ""});
    }
    at += length;
  }
}

void check_width(const std::string& name, const std::vector<CsvCell>& cells, std::size_t width) {
  if (cells.size() == width) return;
  const Place place = cells.size() > width ? cells[width].place : cells.back().place;
  throw Error(Code::data, {print_place(name, place), "a row has a different number of cells",
                           std::to_string(cells.size()), std::to_string(width) + " as in the first row",
                           "name the delimiter or the lines to skip"});
}

void count_cell(const CsvCell& cell, std::size_t row, const CsvOptions& options, CsvColumn& column) {
  if (is_missing(cell.text, options.missing)) {
    ++column.missing;
  } else if (const std::optional<double> number = read_cell(cell.text)) {
    ++column.numbers;
    if (is_rounded(cell.text, *number)) ++column.rounded;
  } else {
    ++column.words;
    if (!column.first_word) column.first_word = {row, cell.place, std::string(cell.text.substr(0, 40))};
  }
}

void check_decimal_comma(const std::string& name, const CsvCell& cell) {
  if (cell.quoted || !is_decimal_comma(cell.text)) return;
  throw Error(Code::data, {print_place(name, cell.place), "a number has a decimal comma",
                           "`" + std::string(cell.text.substr(0, 40)) + "`", "a decimal point",
                           "replace the commas by points, or quote the text if it is not a number"});
}

// The first record, until it is known whether it is the header.
struct FirstRecord {
  std::vector<CsvColumn> columns;  // what it would count as data
  std::vector<std::string> words;
  std::vector<bool> again;  // whether the word has come again in its column
};

bool looks_like_header(const FirstRecord& first, const CsvOptions& options,
                       const std::vector<CsvColumn>& below, std::size_t rows) {
  bool numbers_below = false;
  for (std::size_t i = 0; i < first.words.size(); ++i) {
    if (first.columns[i].numbers > 0) return false;
    if (!first.words[i].empty() && is_missing(first.words[i], options.missing)) return false;
    numbers_below = numbers_below || (below[i].numbers > below[i].words && !first.words[i].empty());
  }
  return numbers_below ||
         (rows > 0 && std::find(first.again.begin(), first.again.end(), true) == first.again.end());
}

void add(CsvColumn& to, const CsvColumn& first) {
  to.missing += first.missing;
  to.numbers += first.numbers;
  to.words += first.words;
  to.rounded += first.rounded;
  if (first.first_word) to.first_word = first.first_word;
}

// The names of the header, or c0, c1, ...; a name that comes again gets a number.
void name_columns(const std::vector<std::string>& words, CsvLayout& layout) {
  std::set<std::string> taken;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const bool given = layout.header && !words[i].empty();
    const std::string name = given ? words[i] : "c" + std::to_string(i);
    std::string free = name;
    for (std::size_t n = 1; !taken.insert(free).second; ++n) free = name + "." + std::to_string(n);
    layout.columns[i].name = free;
  }
}

// A delimiter at the end of every line makes a column of nothing, which is none.
void drop_empty_end(const std::vector<std::string>& words, CsvLayout& layout) {
  const CsvColumn& last = layout.columns.back();
  const bool nothing = last.numbers + last.words == 0 && words.back().empty();
  if (layout.columns.size() > 1 && nothing) layout.columns.pop_back();
}

std::size_t find_column(const CsvLayout& layout, const std::string& word, std::string_view option) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (layout.columns[i].name == word) return i;
    names.push_back(layout.columns[i].name);
  }
  const auto count = static_cast<std::ptrdiff_t>(layout.columns.size());
  if (const std::optional<std::ptrdiff_t> index = read_exactly<std::ptrdiff_t>(word)) {
    if (*index >= -count && *index < count)
      return static_cast<std::size_t>(*index < 0 ? *index + count : *index);
  }
  throw Error(Code::usage, {std::string(option), "no such column", "`" + word + "`",
                            "a name of the header, or a number from " + std::to_string(-count) + " to " +
                                std::to_string(count - 1),
                            did_you_mean(word, names)});
}

std::vector<bool> mark(const CsvLayout& layout, const std::vector<std::string>& words,
                       std::string_view option) {
  std::vector<bool> marked(layout.columns.size());
  for (const std::string& word : words) marked[find_column(layout, word, option)] = true;
  return marked;
}

Error wrong_number(const std::string& name, const Place& place, std::string_view word,
                   const std::string& column, const std::string& hint) {
  return Error(Code::data, {print_place(name, place), "`" + column + "` has a cell that is not a number",
                            "`" + std::string(word.substr(0, 40)) + "`", "a number", hint});
}

// Whether a column holds categories. A few words among numbers are mistakes.
bool is_categorical(const std::string& name, const CsvLayout& layout, std::size_t index) {
  const CsvColumn& column = layout.columns[index];
  if (column.words == 0 || column.words >= column.numbers) return column.words > 0;
  const CsvColumn::Word& word = *column.first_word;
  const bool header = word.row == 0 && column.words == 1 && !layout.header;
  throw wrong_number(name, word.place, word.text, column.name,
                     header ? "header=yes if this is the header"
                            : "categorical=" + print_word(column.name) + " if these are words");
}

// The words of one column and their codes, in the order in which they come.
class Levels {
 public:
  double code(const std::string& name, const CsvCell& cell, const std::string& column) {
    const auto found = codes_.find(cell.text);
    if (found != codes_.end()) return found->second;
    if (codes_.size() == kMostLevels) {
      throw Error(Code::data, {print_place(name, cell.place), "`" + column + "` has too many different words",
                               "more than " + std::to_string(kMostLevels), "categories",
                               "ignore=" + print_word(column) + " if they are names or numbers of the rows"});
    }
    return codes_.emplace(cell.text, static_cast<double>(codes_.size())).first->second;
  }
  std::vector<std::string> words() const {
    std::vector<std::string> out(codes_.size());
    for (const auto& [word, code] : codes_) out[static_cast<std::size_t>(code)] = word;
    return out;
  }

 private:
  std::map<std::string, double, std::less<>> codes_;
};

// Column by column, and where each row begins.
struct Cells {
  std::vector<std::vector<double>> columns;
  std::vector<std::size_t> lines;
};

}  // namespace

CsvLayout read_csv_layout(const std::string& name, std::string_view bytes, const CsvOptions& options) {
  check_text(name, bytes);
  CsvLayout layout;
  layout.delimiter =
      options.delimiter == '\0' ? find_delimiter(name, bytes, options.skip) : options.delimiter;
  CsvCursor cursor(name, bytes, layout.delimiter, options.skip);
  std::vector<CsvCell> cells;
  if (!cursor.next(cells)) throw Error(Code::data, {name, "there are no rows", "", "one or more", ""});
  FirstRecord first{std::vector<CsvColumn>(cells.size()), {}, std::vector<bool>(cells.size())};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    count_cell(cells[i], 0, options, first.columns[i]);
    first.words.emplace_back(cells[i].text);
  }
  layout.columns.resize(cells.size());
  do {
    if (layout.delimiter != ',') {
      for (const CsvCell& cell : cells) check_decimal_comma(name, cell);
    }
    if (!cursor.next(cells)) break;
    check_width(name, cells, first.words.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      count_cell(cells[i], layout.rows + 1, options, layout.columns[i]);
      if (!cells[i].text.empty() && cells[i].text == first.words[i]) first.again[i] = true;
    }
    ++layout.rows;
  } while (true);
  layout.header = options.header.value_or(looks_like_header(first, options, layout.columns, layout.rows));
  if (!layout.header) {
    ++layout.rows;
    for (std::size_t i = 0; i < layout.columns.size(); ++i) add(layout.columns[i], first.columns[i]);
  }
  drop_empty_end(first.words, layout);
  name_columns(first.words, layout);
  return layout;
}

CsvChoice choose_columns(const std::string& name, const CsvLayout& layout, const CsvOptions& options) {
  const std::vector<bool> categorical = mark(layout, options.categorical, "categorical");
  const std::vector<bool> numeric = mark(layout, options.numeric, "numeric");
  const std::vector<bool> ignored = mark(layout, options.ignored, "ignore");
  const std::size_t target = find_column(layout, options.target, "target");
  CsvChoice choice;
  const auto choose = [&](std::size_t i, std::optional<bool> known) {
    if (categorical[i]) known = true;
    if (numeric[i]) known = false;
    const bool words = known ? *known : is_categorical(name, layout, i);
    choice.columns.push_back({layout.columns[i].name, i, i, words});
  };
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (i != target && !ignored[i]) choose(i, std::nullopt);
  }
  choice.inputs = choice.columns.size();
  std::optional<bool> words;
  if (options.task == Task::regress) words = false;
  if (options.task == Task::classify) words = layout.columns[target].words > 0;
  choose(target, words);
  return choice;
}

CsvChoice choose_columns(const std::string& name, const CsvLayout& layout, const TableEncoding& encoding) {
  const bool by_name = encoding.named && layout.header;
  const std::size_t target = encoding.targets.columns.front().position;
  const std::size_t width = layout.columns.size();
  const bool with_target = width >= encoding.width;
  const auto find = [&](const std::string& column, std::size_t position) {
    if (!by_name) return with_target || position < target ? position : position - 1;
    const auto found = std::find_if(layout.columns.begin(), layout.columns.end(),
                                    [&](const CsvColumn& one) { return one.name == column; });
    return static_cast<std::size_t>(found - layout.columns.begin());
  };
  if (!by_name && width != encoding.width && width + 1 != encoding.width) {
    throw Error(Code::data,
                {name, "the number of columns differs from the training data", std::to_string(width),
                 std::to_string(encoding.width), "name the delimiter if it is another"});
  }
  CsvChoice choice;
  for (const ColumnEncoding& column : encoding.columns) {
    const std::size_t position = find(column.name, column.position);
    if (position >= width) {
      throw Error(Code::data, {name, "a column of the training data is missing", "", "`" + column.name + "`",
                               "the header must name it"});
    }
    choice.columns.push_back({column.name, position, column.position, column.categorical});
  }
  choice.inputs = choice.columns.size();
  const std::string& target_name = encoding.targets.columns.front().name;
  const std::size_t position = by_name ? find(target_name, target) : with_target ? target : width;
  if (position < width)
    choice.columns.push_back({target_name, position, target, encoding.targets.categorical});
  return choice;
}

Table read_csv(const std::string& name, std::string_view bytes, const CsvOptions& options,
               const CsvLayout& layout, const CsvChoice& choice) {
  const auto cells = std::make_shared<Cells>();
  cells->columns.resize(choice.columns.size());
  for (std::vector<double>& column : cells->columns) column.reserve(layout.rows);
  cells->lines.reserve(layout.rows);
  std::vector<Levels> levels(choice.columns.size());
  CsvCursor cursor(name, bytes, layout.delimiter, options.skip);
  std::vector<CsvCell> record;
  if (layout.header) cursor.next(record);
  while (cursor.next(record)) {
    cells->lines.push_back(record.front().place.line);
    for (std::size_t i = 0; i < choice.columns.size(); ++i) {
      const CsvChoice::Column& column = choice.columns[i];
      const CsvCell& cell = record[column.position];
      double value = std::numeric_limits<double>::quiet_NaN();
      if (!is_missing(cell.text, options.missing)) {
        const std::optional<double> number = column.categorical ? std::nullopt : read_cell(cell.text);
        if (!number && !column.categorical) throw wrong_number(name, cell.place, cell.text, column.name, "");
        value = number ? *number : levels[i].code(name, cell, column.name);
      }
      cells->columns[i].push_back(value);
    }
  }
  Table table{.name = name, .rows = cells->lines.size(), .named = layout.header};
  table.width = layout.columns.size();
  table.inputs = choice.inputs;
  table.bytes = bytes.size();
  for (std::size_t i = 0; i < choice.columns.size(); ++i) {
    const CsvChoice::Column& column = choice.columns[i];
    table.columns.push_back({column.name, column.original, column.categorical, levels[i].words()});
  }
  table.at = [cells](std::size_t row, std::size_t column) { return cells->columns[column][row]; };
  table.place = [cells, name](std::size_t row) { return name + ":" + std::to_string(cells->lines[row]); };
  return table;
}

}  // namespace thalweg
