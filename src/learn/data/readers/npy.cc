// npy: arrays in NumPy's .npy files, one of inputs and one of targets.
#include "data/readers/npy.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    required(path_option("inputs", "array of n rows, of any shape; nan is a missing number")),
    path_option("targets",
                "array of n targets, numbers or words, or n x k for the regression of k; needed to train and "
                "evaluate"),
    path_option("test_inputs", "a second array, held out"),
    path_option("test_targets", "its targets"),
    kTaskOption,
    scale_option("standard",
                 "standard: each element of a row minus its mean, divided by its standard deviation in the "
                 "training part; none: as it is"),
    kTargetScaleOption,
    path_option("weights", "array of n weights of the rows, each at least 0; needed to train and evaluate"),
    path_option("test_weights", "those of the second array"),
    kClampOption};

std::shared_ptr<const NpyArray> read_file(const Setting& path) {
  const std::string* name = std::get_if<std::string>(&path);
  if (name == nullptr) return nullptr;
  Input input(*name);
  return std::make_shared<const NpyArray>(read_npy(name_of(*name), input));
}

// A number that is infinite would make every other one 0.
void check_finite(const NpyArray& array) {
  if (array.header.kind != 'f') return;
  for (std::size_t row = 0; row < array.rows(); ++row) {
    for (std::size_t i = 0; i < array.row_size(); ++i) {
      if (!std::isinf(array.at(row, i))) continue;
      throw Error(Code::data,
                  {array.name + ", row " + std::to_string(row), "a number is not finite",
                   "inf at element " + std::to_string(i), "a number, or nan where it is missing", ""});
    }
  }
}

// Labels as texts: integers that no double holds differ, where their doubles may not.
struct Labels {
  std::vector<std::string> words;  // different ones
  std::vector<double> codes;       // of each row
};

Labels labels_of(const NpyArray& y) {
  Labels out;
  std::map<std::string, double> codes;
  for (std::size_t row = 0; row < y.rows(); ++row) {
    const std::string word = y.word(row, 0);
    if (word.empty()) {  // as an empty cell of a text
      out.codes.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const auto [found, fresh] = codes.emplace(word, static_cast<double>(codes.size()));
    if (fresh) out.words.push_back(found->first);
    out.codes.push_back(found->second);
  }
  return out;
}

// Inputs are numbers, and words are targets only, one a row, of classes.
void check_numbers(const NpyPair& pair, Task task) {
  const auto refuse = [](const NpyArray& array, const std::string& what, const std::string& want,
                         const std::string& hint) {
    throw Error(Code::data,
                {array.name, what, "`" + array.word(0, 0).substr(0, 40) + "` and the like", want, hint});
  };
  if (pair.inputs->header.holds_words())
    refuse(*pair.inputs, "the inputs are words", "numbers",
           "array.astype(numpy.float32) if they are numbers; csv reads words as categories");
  if (pair.weights && (pair.weights->header.holds_words() || pair.weights->row_size() != 1))
    refuse(*pair.weights, "the weights are not one number a row", "an array of n numbers", "");
  if (!pair.targets || !pair.targets->header.holds_words()) return;
  if (pair.targets->row_size() != 1)
    refuse(*pair.targets, "the targets are several words a row", "one class a row",
           "array[:, 0] is one of them");
  if (task == Task::regress)
    refuse(*pair.targets, "the targets are words", "numbers, for task=regress",
           "array.astype(numpy.float32) if they are numbers");
}

// Whether targets are to be told apart as texts: they are words, or some are too large for a double, and
// classes are wanted, or likely.
bool are_labels(const NpyArray& y, Task task) {
  constexpr double kExact = 0x1p53;
  if (y.header.holds_words()) return true;
  if (task == Task::regress || y.row_size() != 1 || y.header.kind == 'f' || y.header.size < 8) return false;
  std::set<std::string> different;
  bool large = false;
  for (std::size_t row = 0; row < y.rows(); ++row) {
    large = large || std::abs(y.at(row, 0)) >= kExact;
    if (different.size() <= kMostGuessedClasses) different.insert(y.word(row, 0));
  }
  return large && (task == Task::classify || are_few(different.size(), y.rows()));
}

void check_rows(const NpyArray& array, const std::string& what, const NpyArray& inputs) {
  if (array.rows() == inputs.rows()) return;
  throw Error(Code::data, {array.name, "there must be as many " + what + " as inputs",
                           std::to_string(array.rows()), std::to_string(inputs.rows()), ""});
}

// `labels`: the targets are told apart as texts.
Table to_table(const NpyPair& pair, bool labels) {
  const NpyArray& x = *pair.inputs;
  Table table{.name = x.name, .rows = x.rows()};
  table.bytes = x.bytes.size();
  table.inputs = x.row_size();
  table.width = table.inputs;
  check_finite(x);
  table.columns.reserve(table.inputs + 1);
  for (std::size_t i = 0; i < table.inputs; ++i)
    table.columns.push_back({"x" + std::to_string(i), i, false, {}});
  if (pair.targets) {
    const NpyArray& y = *pair.targets;
    check_rows(y, "targets", x);
    check_finite(y);
    const bool one = y.row_size() == 1;
    for (std::size_t i = 0; i < y.row_size(); ++i) {
      table.columns.push_back({one ? "y" : "y" + std::to_string(i), table.inputs + i, false, {}});
    }
  }
  std::shared_ptr<const Labels> words;
  if (pair.targets && labels) {
    words = std::make_shared<const Labels>(labels_of(*pair.targets));
    table.columns.back().categorical = true;
    table.columns.back().levels = words->words;
  }
  table.at = [pair, words, inputs = table.inputs](std::size_t row, std::size_t column) {
    if (words && column == inputs) return words->codes[row];
    return column < inputs ? pair.inputs->at(row, column) : pair.targets->at(row, column - inputs);
  };
  table.place = [name = x.name](std::size_t row) { return name + ", row " + std::to_string(row); };
  if (pair.weights) {
    check_rows(*pair.weights, "weights", x);
    set_weights(table, pair.weights->name, [w = pair.weights](std::size_t row) { return w->at(row, 0); });
  }
  return table;
}

// The columns of an array have no names: their number must be that of the training data.
void check_columns(const Table& table, const TableEncoding& wanted) {
  const std::size_t targets = wanted.targets.columns.size();
  if (table.inputs == wanted.columns.size() && (table.targets() == 0 || table.targets() == targets)) return;
  const auto print = [](std::size_t inputs, std::size_t outputs) {
    return std::to_string(inputs) + " inputs and " + std::to_string(outputs) + " targets per row";
  };
  throw Error(Code::data, {table.name, "the arrays are not shaped like the training data",
                           print(table.inputs, table.targets()), print(wanted.columns.size(), targets), ""});
}

std::string print_shape_of(const NpyArray& array) {
  const auto print = [](std::uint64_t dim) { return std::to_string(dim); };
  const int size = array.header.kind == 'U' ? array.header.size / 4 : array.header.size;
  return array.name + ": " + join(array.header.dims, " x ", print) + " of " + array.header.kind +
         std::to_string(size);
}

Dataset read(const Settings& settings, const Request& request) {
  const Setting none;  // what is only to be predicted needs no weights
  const NpyPair pair{read_file(option<kOptions, "inputs">(settings)),
                     read_file(option<kOptions, "targets">(settings)),
                     read_file(request.all ? none : option<kOptions, "weights">(settings))};
  const NpyPair other{read_file(option<kOptions, "test_inputs">(settings)),
                      read_file(option<kOptions, "test_targets">(settings)),
                      read_file(request.all ? none : option<kOptions, "test_weights">(settings))};
  if (other.targets != nullptr && other.inputs == nullptr) {
    throw Error(Code::usage, {"npy", "`test_targets` needs its counterpart", "", "`test_inputs` too", ""});
  }
  return read_arrays(pair, other, table_options<kOptions>(settings), request);
}

}  // namespace

Dataset read_arrays(const NpyPair& pair, const NpyPair& held_out, const TableOptions& options,
                    const Request& request) {
  check_numbers(pair, options.task);
  if (held_out.inputs) check_numbers(held_out, options.task);
  std::optional<TableEncoding> earlier;
  if (!request.encoding.empty()) earlier = read_table_encoding(request.encoding);
  const auto labelled = [&](const NpyPair& one) {
    if (earlier && one.targets && !one.targets->header.holds_words()) return earlier->targets.categorical;
    return one.targets && are_labels(*one.targets, options.task);
  };
  const bool labels = labelled(pair);
  Table table = to_table(pair, labels);
  std::optional<Table> test;
  if (held_out.inputs) test = to_table(held_out, labels || labelled(held_out));
  const TableEncoding wanted = earlier ? *earlier : outline(table);
  check_columns(table, wanted);
  if (test) check_columns(*test, wanted);
  Dataset data = to_dataset(std::move(table), test ? &*test : nullptr, options, request);
  data.notes.insert(data.notes.begin(), print_shape_of(*pair.inputs));
  if (pair.targets) data.notes.insert(data.notes.begin() + 1, print_shape_of(*pair.targets));
  return data;
}

extern constinit const Reader kNpyReader{
    {"npy",
     "NumPy arrays, inputs and targets in one file each; a fifth is held out, "
     "by class, unless `test_inputs` "
     "is named",
     "numpy.lib.format 1.0 to 3.0", kOptions},
    read};

}  // namespace thalweg
