// npy: arrays in NumPy's .npy files, one of inputs and one of targets.
#include "data/readers/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <set>

#include "data/table.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    required(path_option("inputs", "array of n rows, of any shape; nan is a missing number")),
    path_option("targets",
                "array of n targets, or n x k for the regression of k; needed to train and evaluate"),
    path_option("test_inputs", "a second array, held out"),
    path_option("test_targets", "its targets"),
    kTaskOption,
    scale_option("standard",
                 "standard: each element of a row minus its mean, divided by its standard deviation in the "
                 "training part; none: as it is")};

constexpr std::uint32_t kMaxHeader = 1 << 20;
constexpr std::size_t kMaxDims = 32;

// The few forms of Python's literals that a header is made of.
class Literals {
 public:
  Literals(const std::string& where, std::string_view text) : where_(where), text_(text) {}

  bool take(char c) {
    pass_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) throw error("`" + std::string(1, c) + "`");
  }
  std::string text() {
    const char quote = take('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) throw error("a closing quote");
    const std::string out(text_.substr(at_, end - at_));
    at_ = end + 1;
    return out;
  }
  bool truth() {
    pass_blanks();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    throw error("True or False");
  }
  std::uint64_t number() {
    pass_blanks();
    std::uint64_t number = 0;
    const char* begin = text_.data() + at_;
    const auto [end, fault] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (fault != std::errc()) throw error("a whole number");
    at_ += static_cast<std::size_t>(end - begin);
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote 3L
    return number;
  }
  void finish() {
    pass_blanks();
    if (at_ != text_.size()) throw error("the end");
  }
  Error error(const std::string& want) const {
    const std::string got = at_ < text_.size() ? "`" + std::string(text_.substr(at_, 20)) + "`" : "the end";
    return Error(Code::data,
                 {where_ + ", header byte " + std::to_string(at_), "the header is malformed", got, want, ""});
  }

 private:
  void pass_blanks() { at_ = std::min(text_.find_first_not_of(" \n\t", at_), text_.size()); }

  const std::string& where_;
  std::string_view text_;
  std::size_t at_ = 0;
};

std::vector<std::uint64_t> take_shape(Literals& text) {
  std::vector<std::uint64_t> dims;
  text.expect('(');
  while (!text.take(')')) {
    if (dims.size() == kMaxDims) throw text.error("at most 32 dimensions");
    dims.push_back(text.number());
    if (!text.take(',')) {
      text.expect(')');
      break;
    }
  }
  return dims;
}

void take_type(const std::string& where, const std::string& type, NpyHeader& header) {
  constexpr std::string_view kTypes[] = {"f4", "f8", "b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"};
  const bool ordered = !type.empty() && std::string_view("<>|=").find(type[0]) != std::string_view::npos;
  const std::string_view element = std::string_view(type).substr(ordered ? 1 : 0);
  if (std::find(std::begin(kTypes), std::end(kTypes), element) == std::end(kTypes)) {
    const bool object = element.starts_with('O');
    throw Error(
        Code::data,
        {where, object ? "an array of Python objects is not read" : "the elements are of an unknown type",
         "`" + type + "`", "f4, f8, b1, u1 to u8 or i1 to i8", "array.astype(numpy.float32)"});
  }
  header.kind = element[0];
  header.size = element[1] - '0';
  header.big = type[0] == '>';
}

// Offsets of the elements of one row, in C order, in an array whose first dimension moves fastest.
std::vector<std::size_t> fortran_offsets(std::span<const std::uint64_t> dims) {
  std::vector<std::size_t> offsets = {0};
  std::size_t stride = dims[0];
  for (std::size_t d = 1; d < dims.size(); ++d) {
    std::vector<std::size_t> next;
    next.reserve(offsets.size() * dims[d]);
    for (const std::size_t offset : offsets) {
      for (std::size_t i = 0; i < dims[d]; ++i) next.push_back(offset + i * stride);
    }
    offsets = std::move(next);
    stride *= dims[d];
  }
  return offsets;
}

std::uint32_t read_length(Input& input, unsigned version) {
  const std::vector<std::uint8_t> bytes = input.read(version == 1 ? 2 : 4);
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data(), bytes.size());
  return length;
}

NpyHeader read_header(const std::string& name, Input& input) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  const std::vector<std::uint8_t> magic = input.read(8);
  const unsigned version = magic[6];
  if (!std::equal(kMagic.begin(), kMagic.end(), magic.begin(),
                  [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; })) {
    throw input.error(0, "the file does not begin like a .npy file", "", "\\x93NUMPY");
  }
  if (version < 1 || version > 3 || magic[7] != 0) {
    throw input.error(6, "another version", std::to_string(version) + "." + std::to_string(magic[7]),
                      "1.0, 2.0 or 3.0");
  }
  const std::uint32_t length = read_length(input, version);
  if (length > kMaxHeader) {
    throw input.error(8, "the header is too long", std::to_string(length),
                      "at most " + std::to_string(kMaxHeader));
  }
  const std::vector<std::uint8_t> text = input.read(length);
  return parse_npy_header(name, {reinterpret_cast<const char*>(text.data()), text.size()});
}

struct Pair {
  std::shared_ptr<const NpyArray> inputs;
  std::shared_ptr<const NpyArray> targets;  // or none
};

std::shared_ptr<const NpyArray> read_file(const Setting& path) {
  const std::string* name = std::get_if<std::string>(&path);
  if (name == nullptr) return nullptr;
  Input input(*name);
  return std::make_shared<const NpyArray>(read_npy(*name, input));
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

std::int64_t to_signed(std::uint64_t element, int size) {
  const int unused = 64 - 8 * size;  // bits
  return static_cast<std::int64_t>(element << unused) >> unused;
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
    const auto [found, fresh] = codes.emplace(y.word(row, 0), static_cast<double>(codes.size()));
    if (fresh) out.words.push_back(found->first);
    out.codes.push_back(found->second);
  }
  return out;
}

// Whether targets are to be told apart as texts: some are too large for a double, and classes are wanted, or
// likely.
bool are_labels(const NpyArray& y, Task task) {
  constexpr double kExact = 0x1p53;
  if (task == Task::regress || y.row_size() != 1 || y.header.kind == 'f' || y.header.size < 8) return false;
  std::set<std::string> different;
  bool large = false;
  for (std::size_t row = 0; row < y.rows(); ++row) {
    large = large || std::abs(y.at(row, 0)) >= kExact;
    if (different.size() <= kMostGuessedClasses) different.insert(y.word(row, 0));
  }
  return large && (task == Task::classify || are_few(different.size(), y.rows()));
}

// `labels`: the targets are told apart as texts.
Table to_table(const Pair& pair, bool labels) {
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
    if (y.rows() != x.rows()) {
      throw Error(Code::data, {y.name, "there must be as many targets as inputs", std::to_string(y.rows()),
                               std::to_string(x.rows()), ""});
    }
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
  return array.name + ": " + join(array.header.dims, " x ", print) + " of " + array.header.kind +
         std::to_string(array.header.size);
}

Dataset read(const Settings& settings, const Request& request) {
  const Pair pair{read_file(option<kOptions, "inputs">(settings)),
                  read_file(option<kOptions, "targets">(settings))};
  const Pair other{read_file(option<kOptions, "test_inputs">(settings)),
                   read_file(option<kOptions, "test_targets">(settings))};
  if (other.targets != nullptr && other.inputs == nullptr) {
    throw Error(Code::usage, {"npy", "`test_targets` needs its counterpart", "", "`test_inputs` too", ""});
  }
  const TableOptions options = table_options<kOptions>(settings);
  std::optional<TableEncoding> earlier;
  if (!request.encoding.empty()) earlier = read_table_encoding(request.encoding);
  const bool labels =
      earlier ? earlier->targets.categorical : pair.targets && are_labels(*pair.targets, options.task);
  Table table = to_table(pair, labels);
  std::optional<Table> test;
  if (other.inputs) test = to_table(other, labels);
  const TableEncoding wanted = earlier ? *earlier : outline(table);
  check_columns(table, wanted);
  if (test) check_columns(*test, wanted);
  Dataset data = to_dataset(std::move(table), test ? &*test : nullptr, options, request);
  data.notes.insert(data.notes.begin(), print_shape_of(*pair.inputs));
  if (pair.targets) data.notes.insert(data.notes.begin() + 1, print_shape_of(*pair.targets));
  return data;
}

}  // namespace

NpyHeader parse_npy_header(const std::string& where, std::string_view text) {
  NpyHeader header;
  Literals literals(where, text);
  std::vector<std::string> keys;
  literals.expect('{');
  while (!literals.take('}')) {
    keys.push_back(literals.text());
    literals.expect(':');
    if (keys.back() == "descr") {
      take_type(where, literals.text(), header);
    } else if (keys.back() == "fortran_order") {
      header.fortran = literals.truth();
    } else if (keys.back() == "shape") {
      header.dims = take_shape(literals);
    } else {
      throw literals.error("descr, fortran_order or shape");
    }
    if (!literals.take(',')) {
      literals.expect('}');
      break;
    }
  }
  literals.finish();
  std::sort(keys.begin(), keys.end());
  if (keys != std::vector<std::string>{"descr", "fortran_order", "shape"}) {
    throw literals.error("descr, fortran_order and shape once each");
  }
  return header;
}

std::uint64_t NpyArray::bits(std::size_t row, std::size_t i) const {
  const std::uint8_t* from =
      bytes.data() + (row * stride + offsets[i]) * static_cast<std::size_t>(header.size);
  std::uint64_t bits = 0;
  std::memcpy(&bits, from, static_cast<std::size_t>(header.size));
  return header.big ? __builtin_bswap64(bits) >> (64 - 8 * header.size) : bits;
}

double NpyArray::at(std::size_t row, std::size_t i) const {
  const std::uint64_t element = bits(row, i);
  switch (header.kind) {
    case 'f':
      return header.size == 8
                 ? std::bit_cast<double>(element)
                 : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(element)));
    case 'i':
      return static_cast<double>(to_signed(element, header.size));
    case 'b':
      return element != 0;
    default:
      return static_cast<double>(element);
  }
}

std::string NpyArray::word(std::size_t row, std::size_t i) const {
  if (header.kind == 'i') return std::to_string(to_signed(bits(row, i), header.size));
  if (header.kind == 'u') return std::to_string(bits(row, i));
  return print_number(at(row, i));
}

NpyArray read_npy(const std::string& name, Input& input) {
  NpyArray array{name, read_header(name, input), {}, {}, 1};
  const std::vector<std::uint64_t>& dims = array.header.dims;
  std::uint64_t elements = 1;
  std::uint64_t size = 0;
  bool fits = true;
  for (const std::uint64_t dim : dims) fits = fits && !__builtin_mul_overflow(elements, dim, &elements);
  fits = fits && !__builtin_mul_overflow(elements, static_cast<unsigned>(array.header.size), &size);
  if (!fits || size > input.at_most()) {
    throw input.error(input.at(), "fewer bytes than the shape requires",
                      "at most " + std::to_string(input.at_most()), fits ? std::to_string(size) : "too many");
  }
  if (dims.empty() || elements == 0) {
    throw input.error(input.at(), "the array is empty or has no rows", "", "n rows");
  }
  check_dense(name, dims[0], elements / dims[0], size);
  array.bytes = input.read(size);
  input.finish();
  if (array.header.fortran) {
    array.offsets = fortran_offsets(dims);
  } else {
    array.stride = elements / dims[0];
    array.offsets.resize(array.stride);
    for (std::size_t i = 0; i < array.stride; ++i) array.offsets[i] = i;
  }
  return array;
}

extern constinit const Reader kNpyReader{
    {"npy",
     "NumPy arrays, inputs and targets in one file each; a fifth is held out, "
     "by class, unless `test_inputs` "
     "is named",
     "numpy.lib.format 1.0 to 3.0", kOptions},
    read};

}  // namespace thalweg
