// csv: rows of numbers and words in a text file, plain or gzip.
#include <fmt/core.h>

#include "data/csv_columns.h"
#include "data/csv_delimiter.h"
#include "data/csv_header.h"
#include "data/csv_table.h"
#include "data/readers/csv_rows.h"
#include "files/input.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    kFileOption,
    name_option("target", "the column to be predicted: a name, or a number from 0, negative from the right",
                "-1"),
    choice_option(
        "header", "auto|yes|no", "auto",
        "whether the first record names the columns; auto: yes when it holds no number and a column below "
        "it is numbers, or none of its words occurs again in its column, and when its numbers are years or "
        "count up where those below do not; with a trained model, when it holds the names of the inputs"),
    in_unit("lines", count_option("skip", "0", kNotNegative, "lines before the first record")),
    name_option("delimiter",
                "auto, comma, semicolon, tab, bar, blank (one or more), or the character in quotes", "auto"),
    kTaskOption,
    kTestOption,
    names_option(
        "missing",
        "words, parted by blanks or in a list, that mean no value, in addition to an empty cell, NA, ? "
        "and nan, and among numbers to what else programs write for it: null, None, N/A, #DIV/0!, - and "
        "the like"),
    choice_option("missing_target", "skip|error", "skip",
                  "what becomes of a row without its target: left out and counted, or refused"),
    names_option(
        "categorical",
        "columns that are categories even if they are numbers, parted by blanks or in a list: [\"one "
        "name\", other]"),
    names_option("numeric", "columns that must be numbers"),
    names_option("ignore", "columns that are not inputs"),
    scale_option(
        "standard",
        "of the inputs. standard: numbers minus their mean, divided by their standard deviation in the "
        "training "
        "part; none: as they are; a missing number becomes the mean, a missing category has no level, and an "
        "unknown one "
        "that of those that came once in training, where there are any"),
    kTargetScaleOption,
    name_option(
        "weight",
        "the column of weights of the rows, each at least 0: a name or a number, as target; no input"),
    name_option("id",
                "the column that tells rows apart, which predictions carry: a name or a number, as target; "
                "no input"),
    kClampOption};

char read_delimiter(const std::string& word) {
  if (word == "auto") return '\0';
  for (const DelimiterName& one : kDelimiterNames) {
    if (word == one.word || word == std::string(1, one.character)) return one.character;
  }
  const std::string words =
      join(kDelimiterNames, ", ", [](const DelimiterName& one) { return std::string(one.word); });
  throw Error(Code::usage,
              {"delimiter", "unknown name", "`" + word + "`", "auto, " + words + ", or the character", ""});
}

// The names of a list, or the one text that stands for some.
std::vector<std::string> names_of(const Setting& setting) {
  std::vector<std::string> names;
  if (const Value* list = std::get_if<Value>(&setting)) {
    for (const Value& one : list->list) names.push_back(one.word);
  } else if (const std::string text = text_of(setting); !text.empty()) {
    names.push_back(text);
  }
  return names;
}

// Words of a list may hold blanks; a cell without quotes has none around it.
std::vector<std::string> missing_words(const Setting& setting) {
  std::vector<std::string> words = names_of(setting);
  if (std::holds_alternative<std::string>(setting)) return split_words(words.empty() ? "" : words.front());
  for (std::size_t i = words.size(); i-- > 0;) {
    const std::string bare(trimmed(words[i]));
    if (bare != words[i]) words.push_back(bare);
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
  options.missing = missing_words(option<kOptions, "missing">(settings));
  options.categorical = names_of(option<kOptions, "categorical">(settings));
  options.numeric = names_of(option<kOptions, "numeric">(settings));
  options.ignored = names_of(option<kOptions, "ignore">(settings));
  options.task = table_options<kOptions>(settings).task;
  return options;
}

std::vector<std::string> input_names(const TableEncoding& encoding) {
  std::vector<std::string> names;
  for (const ColumnEncoding& column : encoding.columns) names.push_back(column.name);
  return names;
}

// What training settled decides how a later text is read, where the options do not. Preceding lines that the
// training text had, but this one has not, are not looked for where the header shows it.
CsvOptions as_trained(CsvOptions options, const TableEncoding& encoding, const TextFile& file) {
  options.trained = encoding.named ? input_names(encoding) : std::vector<std::string>();
  if (!encoding.text) return options;
  const TextEncoding& text = *encoding.text;
  if (options.delimiter == '\0') options.delimiter = text.delimiter;
  options.missing.insert(options.missing.end(), text.missing.begin(), text.missing.end());
  const bool there = encoding.named && options.skip == 0 &&
                     begins_with_names(file.name(), file.text(), options.delimiter, 0, *options.trained);
  if (options.skip == 0 && !there) options.skip = text.skip;
  return options;
}

// As many words as numbers, or more, make a column of words; but one word that comes again and again may mean
// that there is no number.
std::string doubt(const CsvColumn& column) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> words;
  for (const std::string& word : column.different) {
    if (words.size() < kMost) words.push_back(word);
  }
  const std::string hint = column.different.size() > words.size()
                               ? ""
                               : "; missing=" + print_names(words) + " if that means no value";
  return fmt::format("{}: {} numbers and {} words, such as {}, read as words{}", column.name, column.numbers,
                     column.words, join(words, ", "), hint);
}

std::vector<std::string> describe(const std::string& name, const CsvLayout& layout, const CsvOptions& asked,
                                  bool trained) {
  const std::string how = trained ? " (as in training)" : " (found)";
  std::vector<std::string> notes = {
      fmt::format("{}: {} rows of {} columns, delimiter {}{}, header {}{}", name, layout.rows,
                  layout.columns.size(), delimiter_name(layout.delimiter), asked.delimiter == '\0' ? how : "",
                  layout.header ? "yes" : "no", asked.header ? "" : how)};
  notes.insert(notes.end(), layout.notes.begin(), layout.notes.end());
  for (const CsvColumn& column : layout.columns) {
    if (column.missing > 0) {
      const std::string words = column.absences.empty() ? "" : " (" + join(column.absences, ", ") + " too)";
      notes.push_back(
          fmt::format("{}: {} of {} cells are missing{}", column.name, column.missing, layout.rows, words));
    }
    if (!trained && column.numbers > 0 && column.numbers <= column.words) notes.push_back(doubt(column));
    if (column.rounded > 0)
      notes.push_back(fmt::format("{}: {} whole numbers too large for a double are rounded", column.name,
                                  column.rounded));
  }
  return notes;
}

// The column of weights, read by itself: it is neither an input nor a target.
void add_weights(const TextFile& file, const CsvOptions& how, const CsvLayout& layout, const Setting& weight,
                 Table& table) {
  if (!given(weight)) return;
  const std::size_t column = find_column(layout, text_of(weight), "weight");
  const std::string& name = layout.columns[column].name;
  const Table weights = read_csv(file.name(), file.text(), how, layout,
                                 {.columns = {{name, column, column, false, true}}, .inputs = 1});
  set_weights(table, name, [at = weights.at](std::size_t row) { return at(row, 0); });
}

// Inputs are not looked for in a column that an option names for something else.
void leave_out(const CsvLayout& layout, std::string_view option, const Setting& column, CsvOptions& options) {
  if (!given(column)) return;
  if (find_column(layout, text_of(column), option) == find_column(layout, options.target, "target"))
    throw Error(Code::usage,
                {std::string(option), "it is the target", "`" + text_of(column) + "`", "another column", ""});
  options.ignored.push_back(text_of(column));
}

// What is only carried along is not told of.
void forget(std::optional<std::size_t> column, CsvLayout& layout) {
  if (!column) return;
  CsvColumn carried;
  carried.name = layout.columns[*column].name;
  carried.nameless = layout.columns[*column].nameless;
  layout.columns[*column] = std::move(carried);
}

// Columns that are neither inputs nor targets, and where the texts of rows go.
struct Beside {
  Setting weight, id;
  RowTexts* texts = nullptr;
};

Table read_later(const TextFile& file, const CsvOptions& options, const TableEncoding& encoding,
                 const Beside& beside, CsvLayout& layout) {
  const CsvOptions how = as_trained(options, encoding, file);
  layout = read_csv_layout(file.name(), file.text(), how);
  const std::optional<std::size_t> id = find_id(layout, text_of(beside.id), &encoding);
  Table table =
      read_csv(file.name(), file.text(), how, layout, choose_columns(file.name(), layout, encoding));
  add_weights(file, how, layout, beside.weight, table);
  if (beside.texts != nullptr) {
    read_rows(file.name(), file.text(), how, layout, id, *beside.texts);
    if (!id && encoding.text && encoding.text->id)
      layout.notes.push_back(encoding.text->id->name +
                             ": there is no such column, and predictions carry none");
  }
  forget(id, layout);
  return table;
}

Table read_first(const TextFile& file, CsvOptions options, const Beside& beside, const Setting& weight,
                 CsvLayout& layout) {
  layout = read_csv_layout(file.name(), file.text(), options);
  leave_out(layout, "weight", weight, options);
  leave_out(layout, "id", beside.id, options);
  const CsvChoice choice = choose_columns(file.name(), layout, options);
  layout.notes.insert(layout.notes.end(), choice.notes.begin(), choice.notes.end());
  for (const CsvChoice::Column& column : choice.columns) {
    if (column.categorical) layout.columns[column.position].rounded = 0;  // its texts are kept
  }
  Table table = read_csv(file.name(), file.text(), options, layout, choice);
  add_weights(file, options, layout, beside.weight, table);
  const std::optional<std::size_t> id = find_id(layout, text_of(beside.id), nullptr);
  if (id) table.text->id = TargetColumn{layout.columns[*id].name, *id};
  if (beside.texts != nullptr) read_rows(file.name(), file.text(), options, layout, id, *beside.texts);
  forget(id, layout);
  return table;
}

Dataset read(const Settings& settings, const Request& request) {
  const CsvOptions options = read_options(settings);
  const bool trained = !request.encoding.empty();
  const Setting& weight = option<kOptions, "weight">(settings);
  // What is only to be predicted needs no weights, as it needs no targets.
  const Beside beside{request.all ? Setting() : weight, option<kOptions, "id">(settings), request.texts};
  TextFile file(text_of(option<kOptions, "file">(settings)));
  CsvLayout layout;
  Table table;
  TableEncoding encoding;  // that decides how the next text is read
  if (trained) {
    encoding = read_table_encoding(request.encoding);
    table = read_later(file, options, encoding, beside, layout);
  } else {
    table = read_first(file, options, beside, weight, layout);
    if (given(option<kOptions, "test">(settings))) encoding = outline(table);
  }
  file.forget();  // what has been read of it takes its place
  std::vector<std::string> notes = describe(file.name(), layout, options, trained);
  layout = {};  // of a wide table it takes as much memory as everything else
  std::optional<Table> test;
  if (given(option<kOptions, "test">(settings))) {
    const TextFile other(text_of(option<kOptions, "test">(settings)));
    CsvLayout second;
    RowTexts* texts = request.test_texts != nullptr ? request.test_texts : beside.texts;
    test = read_later(other, options, encoding, {beside.weight, Setting(), texts}, second);
    for (const std::string& note : second.notes) notes.push_back(other.name() + ": " + note);
  }
  TableOptions how = table_options<kOptions>(settings);
  how.every_target = text_of(option<kOptions, "missing_target">(settings)) == "error";
  Dataset data = to_dataset(std::move(table), test ? &*test : nullptr, how, request);
  data.notes.insert(data.notes.begin(), notes.begin(), notes.end());
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
