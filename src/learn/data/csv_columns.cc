#include "data/csv_columns.h"

#include <algorithm>

#include "base/did_you_mean.h"
#include "base/text.h"

namespace thalweg {
namespace {

// Whether a name says that the column counts rows: "Unnamed: 0", "#", "No.", "sample_id", "PassengerId".
bool names_rows(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "",   "level0", "id",     "row", "rowid",       "rowno",  "rownumber", "rownames", "index",   "idx",
      "no", "nr",     "number", "obs", "observation", "record", "sample",    "sampleno", "serialno"};
  std::string plain;  // its letters and digits, small
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c + ('a' - 'A'));
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c < 0) plain += c;
  }
  const auto ends = [name](auto... ends_of) { return (name.ends_with(ends_of) || ...); };
  return std::ranges::find(kNames, plain) != std::end(kNames) || plain.starts_with("unnamed") ||
         ends("_id", " id", "-id", ".id", "Id", "_ID", " ID", "-ID", ".ID");
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

std::string print_names(const std::vector<std::string>& names) {
  const auto is_plain = [](const std::string& name) {
    return name.find_first_of(" \t\"") == std::string::npos;
  };
  if (std::ranges::all_of(names, is_plain)) return print_word(join(names, " "), true);
  return "[" + join(names, ", ", [](const std::string& name) { return print_word(name); }) + "]";
}

std::optional<std::size_t> known_column(const CsvLayout& layout, std::string_view word) {
  const auto count = static_cast<std::ptrdiff_t>(layout.columns.size());
  std::vector<std::size_t> bare;  // names that differ by such blanks
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (layout.columns[i].name == word) return i;
    if (trimmed(layout.columns[i].name) == trimmed(word)) bare.push_back(i);
  }
  if (bare.size() == 1) return bare.front();
  const std::optional<std::ptrdiff_t> index = read_exactly<std::ptrdiff_t>(word);
  if (!index || *index < -count || *index >= count) return std::nullopt;
  return static_cast<std::size_t>(*index < 0 ? *index + count : *index);
}

std::size_t find_column(const CsvLayout& layout, const std::string& word, std::string_view option) {
  if (const std::optional<std::size_t> column = known_column(layout, word)) return *column;
  constexpr std::size_t kMostListed = 12;
  std::vector<std::string_view> names;
  for (const CsvColumn& column : layout.columns) names.push_back(column.name);
  const std::string hint = did_you_mean(word, names);
  const bool lists = hint.empty() && names.size() <= kMostListed;
  const std::string count = std::to_string(names.size());
  throw Error(Code::usage, {std::string(option), "no such column", "`" + word + "`",
                            "a name of the header" + (lists ? " (" + join(names, ", ") + ")" : "") +
                                ", or a number from -" + count + " to " + std::to_string(names.size() - 1),
                            hint});
}

std::vector<bool> mark(const CsvLayout& layout, const std::vector<std::string>& names,
                       std::string_view option) {
  std::vector<std::string_view> known;
  for (const CsvColumn& column : layout.columns) known.push_back(column.name);
  std::vector<bool> marked(layout.columns.size());
  for (const std::string& name : names) {
    const auto is_known = [&](const std::string& word) { return known_column(layout, word).has_value(); };
    std::vector<std::string> words = split_words(name);
    const bool several = !is_known(name) && std::ranges::all_of(words, is_known);
    if (!several && (is_known(name) || !did_you_mean(name, known).empty())) words = {name};
    for (const std::string& word : words) marked[find_column(layout, word, option)] = true;
  }
  return marked;
}

bool numbers_rows(const CsvColumn& column, const CsvLayout& layout) {
  constexpr std::size_t kFewest = 3;  // rows that show it
  if (!column.nameless && !names_rows(column.name)) return false;
  const double begin = column.count.begin.value_or(-1) + (layout.header ? 1 : 0);
  return layout.rows >= kFewest && column.numbers == layout.rows && column.count.up &&
         (begin == 0 || begin == 1);
}

}  // namespace thalweg
