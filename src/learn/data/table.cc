#include "data/table.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "data/cell.h"
#include "data/dense.h"
#include "data/subset.h"

namespace thalweg {
namespace {

Error bad_target(const Table& table, std::size_t row, const std::string& what, const std::string& got,
                 const std::string& want) {
  return Error(Code::data, {table.place(row), what, got, want, ""});
}

std::string listed(const std::vector<std::string>& words) {
  constexpr std::size_t kMost = 10;
  const std::string out = join(std::span(words).first(std::min(words.size(), kMost)), ", ");
  return words.size() > kMost ? out + ", ... (" + std::to_string(words.size()) + ")" : out;
}

// Which of the levels of an encoding a text is: the one of the same text, or, where all of them are numbers,
// of the same value. Whole numbers that a double does not hold have no value here.
class LevelIndex {
 public:
  explicit LevelIndex(const std::vector<std::string>& levels) : none_(levels.size()) {
    bool numbers = true;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      by_text_.emplace(levels[i], i);
      const std::optional<double> value = value_of(levels[i]);
      numbers = numbers && read_cell(levels[i]) && !(value && by_value_.contains(*value));  // 007 is not 7
      if (value) by_value_[*value] = i;
    }
    if (!numbers) by_value_.clear();
  }

  // Their number where it is none of them.
  std::size_t of(const std::string& text) const {
    if (const auto found = by_text_.find(text); found != by_text_.end()) return found->second;
    const std::optional<double> value = value_of(text);
    return value ? of(*value) : none_;
  }
  std::size_t of(double value) const {
    const auto found = by_value_.find(value);
    return found == by_value_.end() ? none_ : found->second;
  }
  std::vector<std::size_t> of_all(const std::vector<std::string>& texts) const {
    std::vector<std::size_t> out;
    for (const std::string& text : texts) out.push_back(of(text));
    return out;
  }

 private:
  static std::optional<double> value_of(const std::string& text) {
    const std::optional<double> value = read_cell(text);
    return value && !is_rounded(text, *value) ? value : std::nullopt;
  }

  std::size_t none_;
  std::map<std::string, std::size_t> by_text_;
  std::map<double, std::size_t> by_value_;
};

// The class of every code or number of the target column.
class Classes {
 public:
  Classes(const Table& table, const TargetEncoding& targets)
      : column_(table.columns[table.inputs]),
        index_(targets.classes),
        codes_(index_.of_all(column_.levels)) {}

  // The number of classes where it is none.
  std::size_t of(double cell) const {
    return column_.categorical ? codes_[static_cast<std::size_t>(cell)] : index_.of(cell);
  }
  std::string word(double cell) const {
    return column_.categorical ? column_.levels[static_cast<std::size_t>(cell)] : print_number(cell);
  }

 private:
  const TableColumn& column_;
  LevelIndex index_;
  std::vector<std::size_t> codes_;
};

// What is none of the words of the training data, counted.
struct Unknown {
  std::size_t cells = 0;
  std::string word;  // the first

  void add(const std::string& another) {
    if (cells++ == 0) word = another;
  }
  std::string text(const Table& table, const std::string& column, const std::string& what) const {
    return table.name + ": " + std::to_string(cells) + " of " + std::to_string(table.rows) + " cells of `" +
           column + "` are " + what + ", such as `" + word + "`";
  }
};

struct Targeted {
  std::vector<std::int32_t> labels;
  std::vector<double> values;
  std::string note;
};

Targeted find_labels(const Table& table, const TargetEncoding& targets) {
  const Classes classes(table, targets);
  Targeted out;
  out.labels.resize(table.rows);
  Unknown unknown;
  for (std::size_t row = 0; row < table.rows; ++row) {
    const double cell = table.at(row, table.inputs);
    if (std::isnan(cell)) throw bad_target(table, row, "the target is missing", "", "a class");
    const std::size_t label = classes.of(cell);
    const bool known = label < targets.classes.size();
    if (!known) unknown.add(classes.word(cell));
    out.labels[row] = known ? static_cast<std::int32_t>(label) : kNoClass;
  }
  if (unknown.cells == 0) return out;
  const std::string what = "no class of the training data (" + listed(targets.classes) + "): counted wrong";
  out.note = unknown.text(table, targets.columns[0].name, what);
  return out;
}

bool fits_float(double x) { return std::fabs(x) <= std::numeric_limits<float>::max(); }

std::vector<double> find_values(const Table& table, const TargetEncoding& targets) {
  std::vector<double> values;
  values.reserve(table.rows * targets.columns.size());
  for (std::size_t row = 0; row < table.rows; ++row) {
    for (std::size_t i = 0; i < targets.columns.size(); ++i) {
      const double x = table.at(row, table.inputs + i);
      if (std::isnan(x)) throw bad_target(table, row, "the target is missing", "", "a number");
      values.push_back(scaled(x, targets.scaling[i]));
      if (fits_float(values.back())) continue;
      throw Error(Code::data, {table.place(row), "the target is too far from those of the training data",
                               print_number(x), "", "give it in their unit, or leave the row out"});
    }
  }
  return values;
}

std::size_t count_features(const TableEncoding& encoding) {
  return std::accumulate(encoding.columns.begin(), encoding.columns.end(), std::size_t{0},
                         [](std::size_t sum, const ColumnEncoding& column) { return sum + column.width(); });
}

std::string encode_column(const Table& table, std::size_t column, const ColumnEncoding& encoding,
                          std::span<const std::uint32_t> rows, std::size_t features, float* out) {
  const std::vector<std::size_t> levels = LevelIndex(encoding.levels).of_all(table.columns[column].levels);
  Unknown unknown;
  for (const std::uint32_t row : rows) {
    const double x = table.at(row, column);
    if (encoding.categorical) {
      const std::size_t level = std::isnan(x) ? encoding.levels.size() : levels[static_cast<std::size_t>(x)];
      if (level < encoding.levels.size() || (encoding.other && !std::isnan(x))) out[level] = 1;
      if (level == encoding.levels.size() && !std::isnan(x)) {
        unknown.add(table.columns[column].levels[static_cast<std::size_t>(x)]);
      }
    } else {
      const double number = encoding.encoded(x);
      if (!fits_float(number)) {
        const bool plain = encoding.mean == 0 && encoding.scale == 1;
        throw Error(Code::data, {table.place(row), "a number is too large for a float",
                                 print_number(x) + " of `" + encoding.name + "`", "",
                                 plain ? "train with scale=standard, or give the column in a larger unit"
                                       : "give it in the unit of the training data, or leave the row out"});
      }
      *out = static_cast<float>(number);
    }
    out += features;
  }
  const std::string what = encoding.other ? "no level that training had twice: they count as `other`"
                                          : "no level of the training data: they count as none";
  return unknown.cells > 0 ? unknown.text(table, encoding.name, what) : "";
}

Targeted find_targets(const Table& table, const TargetEncoding& targets) {
  if (table.targets() == 0) {
    throw Error(Code::data, {table.name, "there is no target", "", "`" + targets.columns[0].name + "`", ""});
  }
  if (!targets.classes.empty()) return find_labels(table, targets);
  const std::size_t first = table.inputs;
  if (table.columns[first].categorical) {
    throw Error(Code::data,
                {table.name, "the target `" + table.columns[first].name + "` is words",
                 table.columns[first].levels.empty() ? "" : "`" + table.columns[first].levels.front() + "`",
                 "numbers, as in the training data", ""});
  }
  return {{}, find_values(table, targets), ""};
}

// Encodes the rows named.
Samples encode(const Table& table, const TableEncoding& encoding, const Targeted& targets,
               std::vector<std::uint32_t> rows, std::vector<std::string>& notes) {
  const std::size_t features = count_features(encoding);
  check_dense(table.name, table.rows, features, table.bytes);
  std::vector<float> inputs(rows.size() * features);
  std::size_t at = 0;
  const std::size_t columns = rows.empty() ? 0 : encoding.columns.size();  // no rows, no memory to point into
  for (std::size_t column = 0; column < columns; ++column) {
    const std::string note =
        encode_column(table, column, encoding.columns[column], rows, features, inputs.data() + at);
    if (!note.empty()) notes.push_back(note);
    at += encoding.columns[column].width();
  }
  Samples samples;
  samples.assign(features, std::move(inputs));
  append_rows(targets.labels, rows, 1, samples.labels);
  append_rows(targets.values, rows, encoding.targets.columns.size(), samples.values);
  if (table.weight) std::ranges::transform(rows, std::back_inserter(samples.weights), table.weight);
  if (!table.numbers.empty()) {
    for (std::uint32_t& row : rows) row = table.numbers[row];
  }
  samples.rows = std::move(rows);
  return samples;
}

std::string count_of(std::size_t n, const std::string& noun, const std::string& nouns) {
  return std::to_string(n) + " " + (n == 1 ? noun : nouns);
}

std::string print_column(const ColumnEncoding& column) {
  if (!column.categorical) return column.name + " (numeric)";
  return column.name + " (" + count_of(column.levels.size(), "level", "levels") +
         (column.other ? " and other)" : ")");
}

void describe(const TableEncoding& encoding, Dataset& data) {
  constexpr std::size_t kMostShown = 20;
  std::string columns;
  data.feature_names.reserve(count_features(encoding));
  for (std::size_t i = 0; i < encoding.columns.size(); ++i) {
    const ColumnEncoding& column = encoding.columns[i];
    if (i < kMostShown) columns += (i > 0 ? ", " : "") + print_column(column);
    if (!column.categorical) data.feature_names.push_back(column.name);
    for (const std::string& level : column.levels) data.feature_names.push_back(column.name + "=" + level);
    if (column.other) data.feature_names.push_back(column.name + "=other");
  }
  if (encoding.columns.size() > kMostShown) columns += ", ...";
  data.notes.push_back("inputs: " + count_of(encoding.columns.size(), "column", "columns") + ": " + columns);
  for (const TargetColumn& column : encoding.targets.columns) data.target_names.push_back(column.name);
  const std::string target = "target: " + listed(data.target_names);
  const std::size_t classes = encoding.targets.classes.size();
  data.notes.push_back(classes == 0 ? target + ", regression"
                                    : target + ", " + count_of(classes, "class", "classes") + ": " +
                                          listed(encoding.targets.classes));
  data.class_names = encoding.targets.classes;
  data.classes = classes;
  data.columns = encoding.targets.scaling.size();
  data.target_scaling = encoding.targets.scaling;
  data.target_range = encoding.targets.range;
  data.sample = {static_cast<std::int64_t>(count_features(encoding))};
  data.encoding = print_encoding(encoding);
}

void check_table(const Table& table) {
  if (table.rows == 0) throw Error(Code::data, {table.name, "there are no rows", "", "one or more", ""});
  if (table.rows > UINT32_MAX) {
    throw Error(Code::data,
                {table.name, "there are too many rows", std::to_string(table.rows), "at most 2^32 - 1", ""});
  }
  if (table.inputs == 0) {
    throw Error(Code::data, {table.name, "there are no inputs", "one column", "two or more",
                             "name the delimiter if it is another"});
  }
}

// The rows of `first` and then those of `second`, whose columns are in the same order.
Table join(const Table& first, const Table& second) {
  Table out = first;
  if (second.targets() == 0) out.columns.resize(out.inputs);  // no row has one, then
  out.rows += second.rows;
  out.bytes += second.bytes;
  std::vector<std::vector<double>> codes(out.columns.size());  // of the levels of `second`
  for (std::size_t i = 0; i < out.columns.size(); ++i) {
    for (const std::string& level : second.columns[i].levels) {
      std::vector<std::string>& levels = out.columns[i].levels;
      const auto found = std::find(levels.begin(), levels.end(), level);
      codes[i].push_back(static_cast<double>(found - levels.begin()));
      if (found == levels.end()) levels.push_back(level);
    }
  }
  out.at = [&first, &second, codes](std::size_t row, std::size_t column) {
    if (row < first.rows) return first.at(row, column);
    const double cell = second.at(row - first.rows, column);
    const bool word = second.columns[column].categorical && !std::isnan(cell);
    return word ? codes[column][static_cast<std::size_t>(cell)] : cell;
  };
  out.place = [&first, &second](std::size_t row) {
    return row < first.rows ? first.place(row) : second.place(row - first.rows);
  };
  return out;
}

// The table with these of its inputs, and its targets.
Table select(const Table& table, std::vector<std::size_t> kept) {
  Table out = table;
  out.inputs = kept.size();
  for (std::size_t i = table.inputs; i < table.columns.size(); ++i) kept.push_back(i);
  out.columns.clear();
  for (const std::size_t i : kept) out.columns.push_back(table.columns[i]);
  out.at = [at = table.at, kept](std::size_t row, std::size_t column) { return at(row, kept[column]); };
  return out;
}

// Leaves out the inputs of which most rows have a level of their own, and says so.
void leave_out_names(Table& table, std::optional<Table>& test, const RowTest& training,
                     std::vector<std::string>& notes) {
  const std::vector<std::size_t> kept = telling_inputs(table, training);
  if (kept.size() == table.inputs) return;
  constexpr std::size_t kMostTold = 100;
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < table.inputs && reasons.size() < kMostTold; ++i) {
    if (std::binary_search(kept.begin(), kept.end(), i)) continue;
    const TableColumn& column = table.columns[i];
    reasons.push_back(column.name +
                      ": more than half of the training rows have a word of their own, such as `" +
                      column.levels.front().substr(0, 40) + "`, and it is left out; categorical=" +
                      print_word(column.name) + " keeps it; " + std::string(kPrepareHint));
  }
  if (const std::size_t others = table.inputs - kept.size() - reasons.size(); others > 0)
    reasons.push_back(std::to_string(others) + " more columns are left out for the same reason");
  if (kept.empty())
    throw Error(Code::data,
                {table.name, "no input is left", thalweg::join(reasons, "; "), "one or more", ""});
  notes.insert(notes.end(), reasons.begin(), reasons.end());
  table = select(table, kept);
  if (test) test = select(*test, kept);
}

// Everything in `test`, targets where they are to be had.
Dataset all_rows(const Table& table, const TableEncoding& encoding) {
  Dataset data;
  Targeted targets;
  try {
    targets = find_targets(table, encoding.targets);
  } catch (const Error& error) {
    data.notes.push_back(std::string("without targets: ") + error.what());
  }
  data.test = encode(table, encoding, targets, rows_where(std::vector<bool>(table.rows), false), data.notes);
  if (!targets.note.empty()) data.notes.push_back(targets.note);
  data.train.assign(data.test.features(), std::vector<float>());
  describe(encoding, data);
  return data;
}

// In which part each row is; `own_test` says whether the test part is another table.
std::vector<RowPart> draw(const Table& table, const TargetEncoding& targets, const Request& request,
                          bool own_test) {
  if (request.all || request.judge)
    return std::vector<RowPart>(table.rows, request.judge && !own_test ? RowPart::test : RowPart::train);
  const std::size_t classes = targets.classes.size();
  std::vector<std::int32_t> labels(table.rows);
  if (classes > 0) labels = find_targets(table, targets).labels;
  for (std::int32_t& label : labels) {  // those of no class are one more
    if (label == kNoClass) label = static_cast<std::int32_t>(classes);
  }
  return draw_parts(table.name, labels, classes + 1, request.seed, request.plan, own_test);
}

// The rows that have their targets.
Table with_targets(Table table, std::vector<std::string>& notes) {
  std::vector<std::uint32_t> kept;
  for (std::size_t row = 0; row < table.rows; ++row) {
    bool missing = false;
    for (std::size_t i = table.inputs; i < table.columns.size(); ++i) {
      missing = missing || std::isnan(table.at(row, i));
    }
    if (!missing) kept.push_back(static_cast<std::uint32_t>(row));
  }
  if (kept.size() == table.rows) return table;
  notes.push_back(table.name + ": " + std::to_string(table.rows - kept.size()) + " of " +
                  std::to_string(table.rows) + " rows have no target and are left out");
  table.rows = kept.size();
  table.numbers = kept;
  table.at = [at = table.at, kept](std::size_t row, std::size_t column) { return at(kept[row], column); };
  table.place = [place = table.place, kept](std::size_t row) { return place(kept[row]); };
  if (table.weight) table.weight = [of = table.weight, kept](std::size_t row) { return of(kept[row]); };
  return table;
}

}  // namespace

Dataset to_dataset(Table source, const Table* source_test, const TableOptions& options,
                   const Request& request) {
  std::vector<std::string> notes;
  // What is only to be predicted needs no targets.
  const auto taken = [&](Table one) {
    check_table(one);
    const std::string first = one.place(0);
    Table out = request.all || options.every_target ? std::move(one) : with_targets(std::move(one), notes);
    if (out.rows == 0)
      throw Error(Code::data, {first, "the target is missing, as it is in every row", "", "a target", ""});
    return out;
  };
  const bool given = !request.encoding.empty();
  if (!given && source.rows > 0 && source.targets() == 0) {
    throw Error(Code::data, {source.name, "there are no targets", "", "a target for each row", ""});
  }
  Table table = taken(std::move(source));
  std::optional<Table> test;
  if (source_test != nullptr) test = taken(*source_test);
  TableEncoding encoding = given ? read_table_encoding(request.encoding) : TableEncoding();
  TargetEncoding targets = given ? encoding.targets : derive_targets(table, options.task);
  const std::vector<RowPart> parts = draw(table, targets, request, test.has_value());
  if (!given) {
    const RowTest training = [&](std::size_t row) { return parts[row] == RowPart::train; };
    leave_out_names(table, test, training, notes);
    encoding = derive_encoding(table, std::move(targets), options, training, notes);
  }
  if (request.all) {
    Dataset data = all_rows(test ? join(table, *test) : table, encoding);
    data.notes.insert(data.notes.end(), notes.begin(), notes.end());
    return data;
  }
  Dataset data;
  const Targeted found = find_targets(table, encoding.targets);
  std::vector<std::string> rare;  // of the training part itself nothing is unknown
  data.train = encode(table, encoding, found, rows_of(parts, RowPart::train), given ? notes : rare);
  if (!found.note.empty()) notes.push_back(found.note);
  data.apart = !request.judge && request.plan.apart(test.has_value());
  data.held_out = encode(table, encoding, found, rows_of(parts, RowPart::held_out), notes);
  if (!test) {
    data.test = encode(table, encoding, found, rows_of(parts, RowPart::test), notes);
  } else {
    const Targeted others = find_targets(*test, encoding.targets);
    data.test = encode(*test, encoding, others, rows_where(std::vector<bool>(test->rows), false), notes);
    if (!others.note.empty()) notes.push_back(others.note);
  }
  describe(encoding, data);
  data.notes.insert(data.notes.end(), notes.begin(), notes.end());
  if (!given && data.classes == 1)
    data.notes.push_back(data.target_names[0] + ": there is one class, `" + data.class_names[0] +
                         "`, and every model is right");
  if (data.apart || (request.judge && !test)) return data;  // told of all sources alike; all of it
  data.notes.push_back("held out: " + std::to_string(data.test.size()) + " of " +
                       std::to_string(data.train.size() + data.test.size()) + " rows");
  return data;
}

}  // namespace thalweg
