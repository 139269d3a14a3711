// libsvm: sparse rows, `label index:value ...`, read into dense ones.
#include "data/readers/libsvm.h"

#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "data/cell.h"
#include "data/dense.h"
#include "data/table.h"
#include "files/input.h"
#include "files/place.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    kFileOption,
    count_option("features", "", kAtLeastOne,
                 "how many there are; by default the largest index, that of `test` included"),
    kTaskOption,
    kTestOption,
    scale_option(
        "none",
        "none: values as they are; standard: minus their mean, divided by their standard deviation in "
        "the training part"),
    kTargetScaleOption,
    kClampOption};

// Cuts one line into its words.
class Line {
 public:
  Line(const std::string& name, std::string_view text, std::size_t number)
      : name_(name), text_(text.substr(0, std::min(text.find('#'), text.size()))), number_(number) {
    pass_blanks();
  }

  bool done() const { return at_ == text_.size(); }
  std::size_t number() const { return number_; }
  std::string_view next() {
    begin_ = at_;
    at_ = std::min(text_.find_first_of(" \t\r", at_), text_.size());
    const std::string_view word = text_.substr(begin_, at_ - begin_);
    pass_blanks();
    return word;
  }
  // About the word that next() gave last.
  Error error(const std::string& what, std::string_view got, const std::string& want) const {
    return Error(Code::data, {print_place(name_, {number_, begin_ + 1}), what,
                              "`" + std::string(got.substr(0, 40)) + "`", want, ""});
  }

 private:
  void pass_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r", at_), text_.size()); }

  const std::string& name_;
  std::string_view text_;
  std::size_t number_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
};

std::uint32_t read_index(const Line& line, std::string_view word, std::string_view entry) {
  const std::optional<std::uint32_t> index = read_exactly<std::uint32_t>(word);
  if (index && *index < UINT32_MAX) return *index;
  throw line.error("the index of a feature is wrong", entry, "a whole number from 0 to 2^32 - 2");
}

void take_entry(const Line& line, std::string_view entry, SparseRows& out) {
  const std::size_t colon = entry.find(':');
  if (colon == std::string_view::npos) throw line.error("an entry is wrong", entry, "index:value");
  const std::uint32_t index = read_index(line, entry.substr(0, colon), entry);
  const std::optional<double> value = read_cell(entry.substr(colon + 1));
  if (!value) throw line.error("the value of a feature is not a finite number", entry, "index:value");
  if (out.indices.size() > out.begins.back() && index <= out.indices.back()) {
    const bool twice = index == out.indices.back();
    throw line.error(twice ? "a feature occurs twice in a row" : "the indices of a row do not ascend", entry,
                     "an index above " + std::to_string(out.indices.back()));
  }
  out.indices.push_back(index);
  out.values.push_back(*value);
}

void take_row(Line& line, SparseRows& out) {
  const std::string_view label = line.next();
  const std::optional<double> number = read_cell(label);
  if (!number) throw line.error("the label is not a number", label, "a number, then index:value");
  out.labels.push_back(*number);
  out.lines.push_back(static_cast<std::uint32_t>(line.number()));
  out.begins.push_back(out.indices.size());
  bool first = true;
  while (!line.done()) {
    const std::string_view word = line.next();
    const bool query = first && word.starts_with("qid:");
    out.queries = out.queries || query;
    first = false;
    if (!query) take_entry(line, word, out);
  }
}

std::uint32_t largest(const SparseRows& rows) {
  return rows.indices.empty() ? 0 : *std::max_element(rows.indices.begin(), rows.indices.end());
}

bool from_zero(const SparseRows& rows) {
  return std::find(rows.indices.begin(), rows.indices.end(), 0u) != rows.indices.end();
}

struct Numbering {
  std::uint32_t base = 1;
  std::size_t features = 0;
};

// A row whose index does not fit is refused.
void check_indices(const std::string& name, const SparseRows& rows, const Numbering& numbering) {
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    for (std::size_t i = rows.begins[row]; i < rows.begins[row + 1]; ++i) {
      const std::uint32_t index = rows.indices[i];
      if (index >= numbering.base && index - numbering.base < numbering.features) continue;
      throw Error(
          Code::data,
          {fmt::format("{}:{}", name, rows.lines[row]), "a feature is out of range", std::to_string(index),
           fmt::format("{} to {}", numbering.base, numbering.base + numbering.features - 1), ""});
    }
  }
}

Numbering find_numbering(const SparseRows& rows, const SparseRows* more, const Settings& settings,
                         std::string_view encoding) {
  if (!encoding.empty()) {
    const TableEncoding earlier = read_table_encoding(encoding);
    const bool zero = !earlier.columns.empty() && earlier.columns.front().name == "0";
    return {zero ? 0u : 1u, earlier.columns.size()};
  }
  const std::uint32_t base = from_zero(rows) || (more != nullptr && from_zero(*more)) ? 0 : 1;
  if (const double* features = std::get_if<double>(&option<kOptions, "features">(settings))) {
    return {base, static_cast<std::size_t>(*features)};
  }
  const std::uint32_t most = std::max(largest(rows), more != nullptr ? largest(*more) : 0u);
  return {base, std::size_t{most} + 1 - base};
}

Table to_table(const TextFile& file, std::shared_ptr<const SparseRows> rows, const Numbering& numbering) {
  check_dense(file.name(), rows->rows(), numbering.features, file.text().size());
  check_indices(file.name(), *rows, numbering);
  Table table{.name = file.name(), .rows = rows->rows()};
  table.width = numbering.features + 1;
  table.inputs = numbering.features;
  table.bytes = file.text().size();
  table.columns.reserve(numbering.features + 1);
  for (std::size_t i = 0; i < numbering.features; ++i) {
    table.columns.push_back({std::to_string(i + numbering.base), i, false, {}});
  }
  table.columns.push_back({"label", numbering.features, false, {}});
  const std::uint32_t base = numbering.base;
  const std::size_t inputs = table.inputs;
  table.at = [rows, base, inputs](std::size_t row, std::size_t column) {
    return column == inputs ? rows->labels[row] : rows->at(row, static_cast<std::uint32_t>(column) + base);
  };
  table.place = [rows, name = file.name()](std::size_t row) {
    return name + ":" + std::to_string(rows->lines[row]);
  };
  return table;
}

std::shared_ptr<const SparseRows> parse(const TextFile& file) {
  return std::make_shared<const SparseRows>(parse_libsvm(file.name(), file.text()));
}

Dataset read(const Settings& settings, const Request& request) {
  TextFile file(text_of(option<kOptions, "file">(settings)));
  const auto rows = parse(file);
  std::optional<TextFile> other;
  std::shared_ptr<const SparseRows> more;
  if (const std::string test = text_of(option<kOptions, "test">(settings)); !test.empty()) {
    other.emplace(test);
    more = parse(*other);
  }
  const Numbering numbering = find_numbering(*rows, more.get(), settings, request.encoding);
  Table table = to_table(file, rows, numbering);
  std::optional<Table> test;
  if (more) test = to_table(*other, more, numbering);
  file.forget();
  if (more) other->forget();
  const std::string note =
      fmt::format("{}: {} rows of {} features, numbered from {}{}", file.name(), table.rows,
                  numbering.features, numbering.base, rows->queries ? ", `qid` ignored" : "");
  Dataset data =
      to_dataset(std::move(table), test ? &*test : nullptr, table_options<kOptions>(settings), request);
  data.notes.insert(data.notes.begin(), note);
  return data;
}

}  // namespace

double SparseRows::at(std::size_t row, std::uint32_t index) const {
  const auto first = indices.begin() + static_cast<std::ptrdiff_t>(begins[row]);
  const auto last = indices.begin() + static_cast<std::ptrdiff_t>(begins[row + 1]);
  const auto found = std::lower_bound(first, last, index);
  return found != last && *found == index ? values[static_cast<std::size_t>(found - indices.begin())] : 0;
}

SparseRows parse_libsvm(const std::string& name, std::string_view bytes) {
  SparseRows out;
  const auto count = [&](char c) {
    return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), c));
  };
  const std::size_t rows = count('\n') + 1, entries = count(':');
  out.labels.reserve(rows);
  out.lines.reserve(rows);
  out.begins.reserve(rows + 1);
  out.indices.reserve(entries);
  out.values.reserve(entries);
  std::size_t number = 0;
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);  // a byte order mark
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    Line line(name, bytes.substr(0, end), ++number);
    if (!line.done()) take_row(line, out);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  out.begins.push_back(out.indices.size());
  return out;
}

extern constinit const Reader kLibsvmReader{
    {"libsvm",
     "sparse rows, `label index:value ...`, with indices from 1, or from 0 if one is 0; `qid` and "
     "comments "
     "are ignored; a fifth is held out, by class, unless `test` is named",
     "Chang and Lin 2011, LIBSVM", kOptions},
    read};

}  // namespace thalweg
