// csv: rows of numbers and words in a text file, plain or gzip.
#include <ranges>

#include <fmt/core.h>

#include "data/csv_table.h"
#include "data/input.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    kFileOption,
    name_option("target", "the column to be predicted: a name, or a number from 0, negative from the right",
                "-1"),
    choice_option(
        "header", "auto|yes|no", "auto",
        "whether the first record names the columns; auto: yes when it holds no number and a column below "
        "it is numbers, or none of its words occurs again in its column"),
    in_unit("lines", count_option("skip", "0", kNotNegative, "lines before the first record")),
    name_option("delimiter",
                "auto, comma, semicolon, tab, bar, blank (one or more), or the character in quotes", "auto"),
    kTaskOption,
    kTestOption,
    name_option(
        "missing",
        "words, separated by blanks, that mean no value, in addition to an empty cell, NA, ? and nan"),
    name_option("categorical", "columns, separated by blanks, that are categories even if they are numbers"),
    name_option("numeric", "columns that must be numbers"),
    name_option("ignore", "columns that are not inputs"),
    scale_option(
        "standard",
        "standard: numbers minus their mean, divided by their standard deviation in the training part; "
        "none: as they are; a missing number becomes the mean, a missing or unknown category has no level")};

struct Delimiter {
  std::string_view word;
  char character;
};
constexpr Delimiter kDelimiters[] = {{"auto", '\0'}, {"comma", ','}, {"semicolon", ';'},
                                     {"tab", '\t'},  {"bar", '|'},   {"blank", kBlanks}};

char read_delimiter(const std::string& word) {
  for (const Delimiter& delimiter : kDelimiters) {
    const bool itself = delimiter.character != '\0' && word == std::string(1, delimiter.character);
    if (word == delimiter.word || itself) return delimiter.character;
  }
  const std::string words =
      join(kDelimiters, ", ", [](const Delimiter& one) { return std::string(one.word); });
  throw Error(Code::usage, {"delimiter", "unknown name", "`" + word + "`", words + ", or the character", ""});
}

std::string delimiter_name(char character) {
  for (const Delimiter& delimiter : kDelimiters) {
    if (delimiter.character == character) return std::string(delimiter.word);
  }
  return std::string(1, character);
}

std::vector<std::string> words_of(const Setting& setting) {
  std::vector<std::string> words;
  for (const auto& word : std::views::split(text_of(setting), ' '))
    if (!word.empty()) words.emplace_back(word.begin(), word.end());
  return words;
}

CsvOptions read_options(const Settings& settings) {
  CsvOptions options;
  options.delimiter = read_delimiter(text_of(option<kOptions, "delimiter">(settings)));
  const std::string header = text_of(option<kOptions, "header">(settings));
  if (header != "auto") options.header = header == "yes";
  options.skip = static_cast<std::size_t>(std::get<double>(option<kOptions, "skip">(settings)));
  options.target = text_of(option<kOptions, "target">(settings));
  options.missing = words_of(option<kOptions, "missing">(settings));
  options.categorical = words_of(option<kOptions, "categorical">(settings));
  options.numeric = words_of(option<kOptions, "numeric">(settings));
  options.ignored = words_of(option<kOptions, "ignore">(settings));
  options.task = table_options<kOptions>(settings).task;
  return options;
}

void describe(const std::string& name, const CsvLayout& layout, const CsvOptions& options, Dataset& data) {
  const auto found = [](bool yes) { return yes ? " (found)" : ""; };
  std::vector<std::string> notes = {
      fmt::format("{}: {} rows of {} columns, delimiter {}{}, header {}{}", name, layout.rows,
                  layout.columns.size(), delimiter_name(layout.delimiter), found(options.delimiter == '\0'),
                  layout.header ? "yes" : "no", found(!options.header))};
  for (const CsvColumn& column : layout.columns) {
    if (column.missing > 0)
      notes.push_back(
          fmt::format("{}: {} of {} cells are missing", column.name, column.missing, layout.rows));
    if (column.rounded > 0)
      notes.push_back(fmt::format("{}: {} whole numbers too large for a double are rounded", column.name,
                                  column.rounded));
  }
  data.notes.insert(data.notes.begin(), notes.begin(), notes.end());
}

Dataset read(const Settings& settings, const Request& request) {
  CsvOptions options = read_options(settings);
  const CsvOptions asked = options;
  const TextFile file(text_of(option<kOptions, "file">(settings)));
  const CsvLayout layout = read_csv_layout(file.name(), file.text(), options);
  const CsvChoice choice = request.encoding.empty()
                               ? choose_columns(file.name(), layout, options)
                               : choose_columns(file.name(), layout, read_table_encoding(request.encoding));
  const Table table = read_csv(file.name(), file.text(), options, layout, choice);
  std::optional<Table> test;
  if (given(option<kOptions, "test">(settings))) {
    const TextFile other(text_of(option<kOptions, "test">(settings)));
    options.header = layout.header;
    options.delimiter = layout.delimiter;
    const CsvLayout second = read_csv_layout(other.name(), other.text(), options);
    const TableEncoding wanted =
        request.encoding.empty() ? outline(table) : read_table_encoding(request.encoding);
    test =
        read_csv(other.name(), other.text(), options, second, choose_columns(other.name(), second, wanted));
  }
  Dataset data = to_dataset(table, test ? &*test : nullptr, table_options<kOptions>(settings), request);
  describe(file.name(), layout, asked, data);
  return data;
}

}  // namespace

extern constinit const Reader kCsvReader{
    {"csv",
     "a table in a text file: numbers and categories, with or without header; a fifth is held out, by class, "
     "unless `test` is named",
     "RFC 4180", kOptions},
    read};

}  // namespace thalweg
