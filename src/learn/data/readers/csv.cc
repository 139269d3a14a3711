// csv: rows of numbers and words in a text file, plain or gzip.
#include "data/csv_table.h"
#include "data/input.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    kFileOption,
    {.name = "target",
     .type = OptionType::name,
     .fallback = "-1",
     .doc = "the column to be predicted: a name, or a number from 0, negative from the right"},
    {.name = "header",
     .type = OptionType::choice,
     .fallback = "auto",
     .doc =
         "whether the first record names the columns; auto: yes when it holds no number and a column below "
         "it is numbers, or none of its words occurs again in its column",
     .choices = "auto|yes|no"},
    {.name = "skip",
     .type = OptionType::integer,
     .fallback = "0",
     .range = kNotNegative,
     .unit = "lines",
     .doc = "lines before the first record"},
    {.name = "delimiter",
     .type = OptionType::name,
     .fallback = "auto",
     .doc = "auto, comma, semicolon, tab, bar, blank (one or more), or the character in quotes"},
    kTaskOption,
    kTestOption,
    {.name = "missing",
     .type = OptionType::name,
     .doc = "words, separated by blanks, that mean no value, in addition to an empty cell, NA, ? and nan"},
    {.name = "categorical",
     .type = OptionType::name,
     .doc = "columns, separated by blanks, that are categories even if they are numbers"},
    {.name = "numeric", .type = OptionType::name, .doc = "columns that must be numbers"},
    {.name = "ignore", .type = OptionType::name, .doc = "columns that are not inputs"},
    {.name = "scale",
     .type = OptionType::choice,
     .fallback = "standard",
     .doc =
         "standard: numbers minus their mean, divided by their standard deviation in the training part; "
         "none: as they are; a missing number becomes the mean, a missing or unknown category has no level",
     .choices = kScaleWords}};

struct Delimiter {
  std::string_view word;
  char character;
};
constexpr Delimiter kDelimiters[] = {{"auto", '\0'}, {"comma", ','}, {"semicolon", ';'},
                                     {"tab", '\t'},  {"bar", '|'},   {"blank", kBlanks}};

char read_delimiter(const std::string& word) {
  std::string words;
  for (const Delimiter& delimiter : kDelimiters) {
    const bool itself = delimiter.character != '\0' && word == std::string(1, delimiter.character);
    if (word == delimiter.word || itself) return delimiter.character;
    words += (words.empty() ? "" : ", ") + std::string(delimiter.word);
  }
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
  const std::string text = text_of(setting);
  for (std::size_t begin = text.find_first_not_of(' '); begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(' ', end);
  }
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
  const auto found = [](bool yes) { return yes ? std::string(" (found)") : std::string(); };
  std::vector<std::string> notes = {name + ": " + std::to_string(layout.rows) + " rows of " +
                                    std::to_string(layout.columns.size()) + " columns, delimiter " +
                                    delimiter_name(layout.delimiter) + found(options.delimiter == '\0') +
                                    ", header " + (layout.header ? "yes" : "no") + found(!options.header)};
  for (const CsvColumn& column : layout.columns) {
    if (column.missing > 0) {
      notes.push_back(column.name + ": " + std::to_string(column.missing) + " of " +
                      std::to_string(layout.rows) + " cells are missing");
    }
    if (column.rounded > 0) {
      notes.push_back(column.name + ": " + std::to_string(column.rounded) +
                      " whole numbers too large for a double are rounded");
    }
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
