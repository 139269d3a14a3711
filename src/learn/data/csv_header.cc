#include "data/csv_header.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "data/cells/cell.h"

namespace thalweg {
namespace {

bool holds_all(const std::vector<std::string>& words, const std::vector<std::string>& names) {
  const std::vector<std::string> header = name_columns(words, true);
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::find(header.begin(), header.end(), name) != header.end();
  });
}

bool holds_any(const std::vector<std::string>& words, const std::vector<std::string>& names) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return !word.empty() && std::find(names.begin(), names.end(), word) != names.end();
  });
}

std::size_t numbers_of(const FirstRecord& first) {
  return static_cast<std::size_t>(std::count_if(first.columns.begin(), first.columns.end(),
                                                [](const CsvColumn& one) { return one.numbers > 0; }));
}

std::string quote_record(const FirstRecord& first) {
  constexpr std::size_t kMost = 5;
  const std::span<const std::string> words(first.words);
  const std::string shown = join(words.first(std::min(kMost, words.size())), ", ");
  return "the first record, `" + shown.substr(0, 60) + (words.size() > kMost ? ", ..." : "") + "`,";
}

// What speaks for names among the numbers of a first record: what they are, and what stands below them.
struct NumbersAsNames {
  std::size_t numbers = 0;
  bool whole = true;       // all of them
  bool years = true;       // all of them, and none below
  bool rare_years = true;  // all of them, and few below
  bool ascending = true;   // each more than the one before
  bool counted = true;     // 0, 1, 2, ... or 1, 2, 3, ... by position, or one after the other
  bool positions = true;   // the number of its column, from 0
  bool other_form = true;  // every one stands above numbers with a point, or above words
  bool any_other_form = false;
};

NumbersAsNames look_at_numbers(const FirstRecord& first, const std::vector<CsvColumn>& below) {
  NumbersAsNames out;
  double before = 0;
  for (std::size_t i = 0; i < first.words.size(); ++i) {
    if (first.columns[i].numbers == 0) continue;
    const double x = *read_cell(first.words[i]);
    const CsvColumn& column = below[i];
    const bool other = column.numbers + column.words > 0 && column.forms.whole == 0;
    out.whole = out.whole && first.columns[i].forms.whole > 0;
    out.years =
        out.years && first.columns[i].forms.years > 0 && column.forms.years == 0 && column.numbers > 0;
    out.rare_years =
        out.rare_years && first.columns[i].forms.years > 0 && 2 * column.forms.years < column.numbers;
    out.positions = out.positions && x == static_cast<double>(i);
    if (out.numbers > 0) {
      out.ascending = out.ascending && x > before;
      out.counted = out.counted && x == before + 1;
    }
    out.other_form = out.other_form && other;
    out.any_other_form = out.any_other_form || other;
    before = x;
    ++out.numbers;
  }
  out.counted = out.counted && out.numbers > 1;
  return out;
}

// Whether a word of the first record is none of the words below it: it stands above numbers, or above words
// that come again and again, which it does not.
bool has_word_of_its_own(const FirstRecord& first, const std::vector<CsvColumn>& below) {
  for (std::size_t i = 0; i < first.words.size(); ++i) {
    if (first.columns[i].words == 0) continue;
    const CsvColumn& column = below[i];
    if (column.numbers > column.words || (column.words > 0 && 2 * column.different.size() <= column.words))
      return true;
  }
  return false;
}

bool comes_again(const FirstRecord& first) {
  for (std::size_t i = 0; i < first.words.size(); ++i) {
    if (first.again[i] && first.columns[i].words > 0) return true;
  }
  return false;
}

FoundHeader judge_numbers(const FirstRecord& first, const std::vector<CsvColumn>& below, std::size_t rows) {
  constexpr std::size_t kFewest = 3;  // rows that show what a column holds
  const NumbersAsNames seen = look_at_numbers(first, below);
  if (rows < kFewest || !seen.whole || comes_again(first)) return {};
  const bool counts = seen.counted && (seen.positions || seen.numbers > 2 || seen.any_other_form);
  const bool years = seen.years && (seen.numbers == 1 || seen.ascending);
  const bool words = has_word_of_its_own(first, below);
  const bool header = (words && (counts || years || seen.other_form)) || (years && seen.numbers > 1) ||
                      (seen.numbers > 1 && seen.other_form && seen.counted);
  const bool named = std::ranges::any_of(first.columns, [](const CsvColumn& one) { return one.words > 0; });
  const bool counted = seen.counted && (named || seen.any_other_form);
  const bool rare_years = seen.rare_years && seen.numbers > 1 && seen.ascending;
  const bool doubtful = years || rare_years || counted || seen.other_form;
  const std::string why = years        ? "its numbers are years and those below are not"
                          : rare_years ? "its numbers are years and few of those below are"
                          : counted    ? "its numbers count up and those below do not"
                                       : "its numbers are whole and those below are not";
  if (header)
    return {true, quote_record(first) + " is taken for the header: " + why + "; header=no if it is a row"};
  if (doubtful)
    return {false,
            quote_record(first) + " is read as a row, but " + why + "; header=yes if it names the columns"};
  return {};
}

FoundHeader infer_header(const FirstRecord& first, const std::vector<CsvColumn>& below, std::size_t rows,
                         const CsvOptions& options) {
  if (numbers_of(first) > 0) return judge_numbers(first, below, rows);
  const auto dressed = [](const CsvColumn& column) { return column.dressed.cells > 0; };
  if (std::any_of(first.columns.begin(), first.columns.end(), dressed)) return {};
  bool numbers_below = false;
  for (std::size_t i = 0; i < first.words.size(); ++i) {
    const std::string& word = first.words[i];
    const bool numbers = below[i].numbers > below[i].words;
    if (!word.empty() && (is_missing(word, options.missing) || (numbers && is_absent(word)))) return {};
    numbers_below = numbers_below || (numbers && !word.empty());
  }
  if (numbers_below || rows == 0) return {true, ""};
  const auto again = std::find(first.again.begin(), first.again.end(), true);
  if (again != first.again.end()) {
    const std::string& word = first.words[static_cast<std::size_t>(again - first.again.begin())];
    return {false, quote_record(first) + " is read as a row: `" + word.substr(0, 40) +
                       "` comes again in its column; header=yes if it names the columns"};
  }
  return {
      true,
      quote_record(first) +
          " is taken for the header: none of its words comes again in its column; header=no if it is a row"};
}

}  // namespace

std::vector<std::string> name_columns(const std::vector<std::string>& words, bool header) {
  std::vector<std::string> names;
  names.reserve(words.size());
  if (!header) {
    for (std::size_t i = 0; i < words.size(); ++i) names.push_back("c" + std::to_string(i));
    return names;
  }
  std::set<std::string> taken;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool given = !words[i].empty();
    const std::string name = given ? words[i] : "c" + std::to_string(i);
    std::string free = name;
    for (std::size_t n = 1; !taken.insert(free).second; ++n) free = name + "." + std::to_string(n);
    names.push_back(free);
  }
  return names;
}

FoundHeader find_header(const FirstRecord& first, const std::vector<CsvColumn>& below, std::size_t rows,
                        const CsvOptions& options) {
  if (options.header) return {*options.header, ""};
  if (!options.trained) return infer_header(first, below, rows, options);
  const std::vector<std::string>& names = *options.trained;
  if (names.empty()) return {};
  if (holds_all(first.words, names)) return {true, ""};
  // A header that lacks a column is one: the column is told when it is looked for.
  if (numbers_of(first) == 0 && holds_any(first.words, names)) return {true, ""};
  return {false,
          quote_record(first) +
              " does not hold the names of the training data: it is a row, and columns are taken by their "
              "position; header=yes if it names the columns"};
}

bool begins_with_names(const std::string& name, std::string_view bytes, char delimiter, std::size_t skip,
                       const std::vector<std::string>& names) {
  CsvCursor cursor(name, bytes, delimiter, skip);
  std::vector<CsvCell> cells;
  try {
    if (!cursor.next(cells)) return false;
  } catch (const Error&) {  // told when the text is read
    return false;
  }
  std::vector<std::string> words;
  for (const CsvCell& cell : cells) words.emplace_back(cell.text);
  return holds_all(words, names);
}

}  // namespace thalweg
