#include "data/csv_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "base/text.h"
#include "data/cells/cell.h"
#include "data/csv_columns.h"
#include "data/csv_delimiter.h"
#include "data/csv_header.h"
#include "data/dense.h"
#include "files/form.h"

namespace thalweg {
namespace {

constexpr double kFirstYear = 1800, kLastYear = 2100;

void insert(std::string_view text, std::size_t most, std::set<std::string, std::less<>>& texts) {
  if (texts.size() < most && !texts.contains(text)) texts.emplace(text);
}

std::shared_ptr<const CsvColumn::Word> word(std::size_t row, const CsvCell& cell, std::size_t most) {
  return std::make_shared<const CsvColumn::Word>(row, cell.place, std::string(cell.text.substr(0, most)));
}

void count_cell(const CsvCell& cell, std::size_t row, const CsvOptions& options, CsvColumn& column) {
  if (is_missing(cell.text, options.missing)) {
    ++column.missing;
  } else if (const std::optional<double> number = read_cell(cell.text)) {
    ++column.numbers;
    if (cell.text.find_first_of(".eE") == std::string_view::npos) ++column.forms.whole;
    if (*number >= kFirstYear && *number <= kLastYear) ++column.forms.years;
    if (is_rounded(cell.text, *number)) ++column.rounded;
    if (is_code(cell.text)) ++column.forms.codes;
    const double begin = *number - static_cast<double>(row);
    column.count.up = column.count.up && column.count.begin.value_or(begin) == begin;
    column.count.begin = begin;
  } else {
    if (is_absent(cell.text)) {
      ++column.absent;
      insert(cell.text, kMostDifferent, column.absences);
      return;
    }
    ++column.words;
    if (!dress_of(cell.text).empty() && column.dressed.cells++ == 0) {
      column.dressed.first = word(row, cell, kMaxCell);
    }
    if (is_date(cell.text)) ++column.dates;
    if (!column.first_word) column.first_word = word(row, cell, 40);
    insert(cell.text, kMostDifferent, column.different);
  }
}

void add(CsvColumn& to, const CsvColumn& first) {
  to.missing += first.missing;
  to.numbers += first.numbers;
  to.words += first.words;
  to.rounded += first.rounded;
  to.dates += first.dates;
  to.forms.codes += first.forms.codes;
  to.absent += first.absent;
  to.forms.whole += first.forms.whole;
  to.forms.years += first.forms.years;
  to.count.up = to.count.up && to.count.begin == first.count.begin;
  to.different.insert(first.different.begin(), first.different.end());
  to.absences.insert(first.absences.begin(), first.absences.end());
  if (first.first_word) to.first_word = first.first_word;
  to.dressed.cells += first.dressed.cells;
  if (first.dressed.first) to.dressed.first = first.dressed.first;
}

// Of the numbers of the target, where their texts may tell more of them apart than their values.
std::size_t count_spellings(const std::string& name, std::string_view bytes, const CsvLayout& layout,
                            const CsvOptions& options) {
  const std::optional<std::size_t> target = known_column(layout, options.target);
  if (!target) return 0;  // which is told when columns are chosen
  const CsvColumn& column = layout.columns[*target];
  if (column.forms.codes + column.rounded == 0) return 0;
  std::set<std::string, std::less<>> texts;
  CsvCursor cursor(name, bytes, layout.delimiter, options.skip);
  std::vector<CsvCell> cells;
  if (layout.header) cursor.next(cells);
  while (texts.size() <= kMostGuessedClasses && cursor.next(cells)) {
    const std::string_view text = cells[*target].text;
    if (!is_missing(text, options.missing) && read_cell(text)) insert(text, kMostGuessedClasses + 1, texts);
  }
  return texts.size();
}

// What means no value among numbers, dressed ones too, is missing there, and a word elsewhere.
void settle_absent(CsvColumn& column) {
  if (column.numbers + column.dressed.cells > column.words - column.dressed.cells) {
    column.missing += column.absent;
  } else {
    column.words += column.absent;
    column.different.merge(column.absences);
    column.absences.clear();
  }
}

// A delimiter at the end of every line makes a column of nothing, which is none.
void drop_empty_end(const std::vector<std::string>& words, CsvLayout& layout) {
  const CsvColumn& last = layout.columns.back();
  const bool nothing = last.numbers + last.words == 0 && words.back().empty();
  if (layout.columns.size() > 1 && nothing) layout.columns.pop_back();
}

Error wrong_number(const std::string& name, const Place& place, std::string_view word,
                   const std::string& column, const std::string& hint) {
  return Error(Code::data, {print_place(name, place), "`" + column + "` has a cell that is not a number",
                            "`" + std::string(word.substr(0, 40)) + "`", "a number", hint});
}

// Whether most cells are numbers or look like them, and some only look.
bool is_dressed(const CsvColumn& column) {
  return column.dressed.cells > 0 &&
         2 * (column.dressed.cells + column.numbers) > column.numbers + column.words;
}

std::string quote(const CsvColumn::Word& word) { return "`" + word.text.substr(0, 40) + "`"; }

std::string reason_to_leave_out(const CsvColumn& column) {
  const CsvColumn::Word* word = is_dressed(column) ? &*column.dressed.first : nullptr;
  if (word != nullptr)
    return "its numbers have " + std::string(dress_of(word->text)) + ", such as " + quote(*word);
  // Days as words are levels that later rows do not have.
  if (2 * std::uint64_t{column.dates} > std::uint64_t{column.numbers} + column.words)
    return "its cells are dates, such as " + quote(*column.first_word);
  const bool many = column.words >= column.numbers && column.different.size() > kMostLevels;
  return many ? "it has more than " + std::to_string(kMostLevels) + " different words" : "";
}

void check_dressed_target(const std::string& name, const CsvColumn& column) {
  if (!is_dressed(column)) return;
  const CsvColumn::Word& word = *column.dressed.first;
  throw Error(Code::data,
              {print_place(name, word.place),
               "a number has " + std::string(dress_of(word.text)) + " in the target `" + column.name + "`",
               quote(word), "digits, with a decimal point where one is needed",
               "task=classify if these are names of classes, or " + std::string(kPrepareHint)});
}

bool is_mixed(const CsvColumn& column) {
  return column.words > 0 && column.words < column.numbers && !is_dressed(column);
}

// A few words among numbers are mistakes, or mean no value: those of all columns are told at once.
void check_mixed(const std::string& name, const CsvLayout& layout, const std::vector<std::size_t>& chosen) {
  std::vector<const CsvColumn*> mixed;
  for (const std::size_t i : chosen) {
    if (is_mixed(layout.columns[i])) mixed.push_back(&layout.columns[i]);
  }
  if (mixed.empty()) return;
  constexpr std::size_t kMost = 20;
  bool header = !layout.header;
  std::set<std::string> words;
  for (const CsvColumn* column : mixed) {
    header = header && column->words == 1 && column->first_word->row == 0;
    for (const std::string& word : column->different) {
      if (words.size() < kMost) words.insert(word);
    }
  }
  const CsvColumn& first = *mixed.front();
  std::string hint = "header=yes if this is the header";
  if (!header) {
    const auto columns = join(mixed, ", ", [](const CsvColumn* one) { return "`" + one->name + "`"; });
    hint = "missing=" + print_names({words.begin(), words.end()}) + " if that means no value (in " + columns +
           "), or ";
    hint += "categorical=" + print_word(first.name) + " if the column holds words";
  }
  throw wrong_number(name, first.first_word->place, first.first_word->text, first.name, hint);
}

// Whether a target is words: numbers are where they differ as texts - 007 and 7 - or as integers that no
// double holds, and where classes are wanted, or are likely.
bool is_categorical_target(const CsvColumn& column, const CsvLayout& layout, Task task) {
  if (task == Task::regress) return false;
  const bool differ = column.forms.codes + column.rounded > 0;
  if (task == Task::classify || column.words > 0) return column.words > 0 || differ;
  return differ && are_few(layout.spellings, layout.rows - column.missing);
}

bool are_numbers(const std::vector<std::string>& levels) {
  return std::all_of(levels.begin(), levels.end(),
                     [](const std::string& level) { return read_cell(level).has_value(); });
}

// The words of one column and their codes, in the order in which they come.
class Levels {
 public:
  double code(const std::string& name, const CsvCell& cell, const std::string& column) {
    const auto found = codes_.find(cell.text);
    if (found != codes_.end()) return found->second;
    if (codes_.size() == kMostLevels) {
      throw Error(Code::data,
                  {print_place(name, cell.place), "`" + column + "` has too many different words",
                   "more than " + std::to_string(kMostLevels), "categories",
                   "ignore=" + print_word(column) + " if they are names or numbers of the rows, or " +
                       std::string(kPrepareHint)});
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

// The numbers of a column: as floats as long as each of them is one, which takes no more than four times the
// text of cells of one digit.
class Numbers {
 public:
  void reserve(std::size_t rows) { narrow_.reserve(rows); }
  void push(double x) {
    const bool fits = wide_.empty() && (std::isnan(x) || static_cast<double>(static_cast<float>(x)) == x);
    if (fits) return narrow_.push_back(static_cast<float>(x));
    if (wide_.empty()) widen();
    wide_.push_back(x);
  }
  double operator[](std::size_t row) const { return wide_.empty() ? narrow_[row] : wide_[row]; }

 private:
  void widen() {
    wide_.reserve(narrow_.capacity());
    wide_.assign(narrow_.begin(), narrow_.end());
    narrow_ = {};
  }

  std::vector<float> narrow_;
  std::vector<double> wide_;
};

// Column by column, and where each row begins.
struct Cells {
  std::vector<Numbers> columns;
  std::vector<std::uint32_t> lines;
};

}  // namespace

CsvLayout read_csv_layout(const std::string& name, std::string_view bytes, const CsvOptions& options) {
  check_text(name, bytes);
  CsvLayout layout;
  layout.delimiter = options.delimiter;
  if (options.delimiter == '\0') {
    const FoundDelimiter found = find_delimiter(name, bytes, options.skip);
    layout.delimiter = found.best.delimiter;
    if (const std::string others = describe_others(found); !others.empty()) layout.notes.push_back(others);
  }
  CsvCursor cursor(name, bytes, layout.delimiter, options.skip);
  std::vector<CsvCell> cells;
  if (!cursor.next(cells)) throw Error(Code::data, {name, "there are no rows", "", "one or more", ""});
  check_dense(name, 1, cells.size() - 1, bytes.size());
  FirstRecord first{std::vector<CsvColumn>(cells.size()), {}, std::vector<bool>(cells.size())};
  first.words.reserve(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    count_cell(cells[i], 0, options, first.columns[i]);
    first.words.emplace_back(cells[i].text);
  }
  layout.columns.resize(cells.size());
  while (cursor.next(cells)) {
    if (cells.size() != first.words.size())
      throw wrong_width(name, bytes, layout.delimiter, options.skip, cells);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      count_cell(cells[i], layout.rows + 1, options, layout.columns[i]);
      if (!cells[i].text.empty() && cells[i].text == first.words[i]) first.again[i] = true;
    }
    ++layout.rows;
  }
  const FoundHeader found = find_header(first, layout.columns, layout.rows, options);
  layout.header = found.header;
  if (!found.note.empty()) layout.notes.push_back(found.note);
  if (!layout.header) {
    ++layout.rows;
    for (std::size_t i = 0; i < layout.columns.size(); ++i) add(layout.columns[i], first.columns[i]);
  }
  first.columns = std::vector<CsvColumn>();  // as much memory as the layout
  for (CsvColumn& column : layout.columns) settle_absent(column);
  drop_empty_end(first.words, layout);
  const std::vector<std::string> names = name_columns(first.words, layout.header);
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    layout.columns[i].name = names[i];
    layout.columns[i].nameless = !layout.header || first.words[i].empty();
  }
  layout.spellings = count_spellings(name, bytes, layout, options);
  return layout;
}

CsvChoice choose_columns(const std::string& name, const CsvLayout& layout, const CsvOptions& options) {
  const std::vector<bool> categorical = mark(layout, options.categorical, "categorical");
  const std::vector<bool> numeric = mark(layout, options.numeric, "numeric");
  const std::vector<bool> ignored = mark(layout, options.ignored, "ignore");
  const std::size_t target = find_column(layout, options.target, "target");
  CsvChoice choice;
  std::vector<std::size_t> chosen, rows;  // inputs, and those that number the rows
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (i == target || ignored[i]) continue;
    const CsvColumn& column = layout.columns[i];
    const bool named = categorical[i] || numeric[i];
    const std::string reason = named ? "" : reason_to_leave_out(column);
    if (!reason.empty()) {
      const std::string kept = "; categorical=" + print_word(column.name) + " keeps it as words; ";
      choice.notes.push_back(column.name + ": " + reason + ", and it is left out" +
                             (column.dates > 0 ? kept : "; ") + kPrepareHint.data());
    } else {
      (!named && numbers_rows(column, layout) ? rows : chosen).push_back(i);
    }
  }
  if (chosen.empty()) chosen.swap(rows);  // better than no input
  for (const std::size_t i : rows) {
    const std::string& column = layout.columns[i].name;
    choice.notes.push_back(column + ": numbers the rows and is left out; numeric=" + print_word(column) +
                           " keeps it");
  }
  if (chosen.empty() && !choice.notes.empty()) {
    throw Error(Code::data, {name, "no input is left", join(choice.notes, "; "), "one or more", ""});
  }
  if (!categorical[target] && !numeric[target] && options.task != Task::classify) {
    check_dressed_target(name, layout.columns[target]);
  }
  choice.inputs = chosen.size();
  choice.columns.reserve(chosen.size() + 1);
  chosen.push_back(target);
  std::vector<std::size_t> guessed;
  std::copy_if(chosen.begin(), chosen.end(), std::back_inserter(guessed), [&](std::size_t i) {
    return !categorical[i] && !numeric[i] && (i != target || options.task == Task::automatic);
  });
  check_mixed(name, layout, guessed);
  for (const std::size_t i : chosen) {
    const CsvColumn& column = layout.columns[i];
    const bool guess = i == target ? is_categorical_target(column, layout, options.task) : column.words > 0;
    choice.columns.push_back(
        {column.name, i, i, numeric[i] ? false : categorical[i] || guess, column.words == 0, categorical[i]});
  }
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
                 std::to_string(encoding.width),
                 "by delimiter " + delimiter_name(layout.delimiter) + ": name it if it is another"});
  }
  CsvChoice choice;
  for (const ColumnEncoding& column : encoding.columns) {
    const std::size_t position = find(column.name, column.position);
    if (position >= width) {
      throw Error(Code::data, {name, "a column of the training data is missing", "", "`" + column.name + "`",
                               "the header must name it"});
    }
    choice.columns.push_back(
        {column.name, position, column.position, column.categorical, are_numbers(column.levels)});
  }
  choice.inputs = choice.columns.size();
  const std::string& target_name = encoding.targets.columns.front().name;
  const std::size_t position = by_name ? find(target_name, target) : with_target ? target : width;
  if (position < width) {
    const bool words = !encoding.targets.classes.empty() && layout.columns[position].words > 0;
    choice.columns.push_back({target_name, position, target, encoding.targets.categorical || words,
                              are_numbers(encoding.targets.classes)});
  }
  return choice;
}

Table read_csv(const std::string& name, std::string_view bytes, const CsvOptions& options,
               const CsvLayout& layout, const CsvChoice& choice) {
  const auto cells = std::make_shared<Cells>();
  cells->columns.resize(choice.columns.size());
  for (Numbers& column : cells->columns) column.reserve(layout.rows);
  cells->lines.reserve(layout.rows);
  std::map<std::size_t, Levels> levels;  // of columns of words
  std::vector<std::map<double, std::string>> spelled(choice.columns.size() - choice.inputs);
  CsvCursor cursor(name, bytes, layout.delimiter, options.skip);
  std::vector<CsvCell> record;
  if (layout.header) cursor.next(record);
  while (cursor.next(record)) {
    cells->lines.push_back(static_cast<std::uint32_t>(record.front().place.line));
    for (std::size_t i = 0; i < choice.columns.size(); ++i) {
      const CsvChoice::Column& column = choice.columns[i];
      const CsvCell& cell = record[column.position];
      double value = std::numeric_limits<double>::quiet_NaN();
      const bool absent = (column.numbers || !column.categorical) && is_absent(cell.text);
      if (!absent && !is_missing(cell.text, options.missing)) {
        const std::optional<double> number = column.categorical ? std::nullopt : read_cell(cell.text);
        if (!number && !column.categorical)
          throw wrong_number(name, cell.place, cell.text, column.name,
                             dress_of(cell.text).empty() ? "" : std::string(kPrepareHint));
        value = number ? *number : levels[i].code(name, cell, column.name);
        if (number && i >= choice.inputs && spelled[i - choice.inputs].size() < kMostLevels)
          spelled[i - choice.inputs].try_emplace(value, cell.text);
      }
      cells->columns[i].push(value);
    }
  }
  Table table{.name = name, .rows = cells->lines.size(), .named = layout.header};
  table.width = layout.columns.size();
  table.text = TextEncoding{layout.delimiter, options.skip, options.missing};
  table.inputs = choice.inputs;
  table.bytes = bytes.size();
  table.columns.reserve(choice.columns.size());
  for (std::size_t i = 0; i < choice.columns.size(); ++i) {
    const CsvChoice::Column& column = choice.columns[i];
    table.columns.push_back({column.name, column.original, column.categorical,
                             column.categorical ? levels[i].words() : std::vector<std::string>(),
                             column.kept});
    if (i >= choice.inputs) table.columns.back().spelled = std::move(spelled[i - choice.inputs]);
  }
  table.at = [cells](std::size_t row, std::size_t column) { return cells->columns[column][row]; };
  table.place = [cells, name](std::size_t row) { return name + ":" + std::to_string(cells->lines[row]); };
  return table;
}

}  // namespace thalweg
