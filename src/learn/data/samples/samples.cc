#include <algorithm>
#include <cmath>

#include "base/spec.h"
#include "base/threads.h"
#include "data/samples/convert.h"
#include "data/subset.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kMaxSamples = UINT32_MAX;

// Samples among `elements` numbers.
std::size_t count_samples(std::size_t features, std::size_t elements) {
  if (features == 0 || elements % features != 0 || elements / features > kMaxSamples) {
    throw Error(Code::usage, {"samples", "not a whole number of samples, or too many",
                              std::to_string(elements) + " numbers",
                              "at most 2^32 - 1 rows of " + std::to_string(features), ""});
  }
  return elements / features;
}

// Rows come in random order: without a hint the first lines of each are waited for.
template <class T>
void prefetch_row(std::span<const T> row) {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kMost = 4096;
  const char* bytes = reinterpret_cast<const char*>(row.data());
  for (std::size_t at = 0; at < std::min(row.size_bytes(), kMost); at += kLine)
    __builtin_prefetch(bytes + at);
}

// Calls put(row, to) for the begin-th to the end-th of the named rows, and asks for those after them.
template <class T, class Put>
void for_rows(const std::vector<T>& all, std::size_t features, std::span<const std::uint32_t> rows,
              std::size_t begin, std::size_t end, float* to, const Put& put) {
  constexpr std::size_t kAhead = 8;  // rows: about as long as memory takes
  const auto row = [&](std::size_t i) { return std::span(all).subspan(rows[i] * features, features); };
  for (std::size_t i = begin; i < std::min(begin + kAhead, end); ++i) prefetch_row(row(i));
  for (std::size_t i = begin; i < end; ++i) {
    if (i + kAhead < rows.size()) prefetch_row(row(i + kAhead));
    put(row(i), to + i * features);
  }
}

}  // namespace

void Samples::assign(std::size_t features, std::vector<std::uint8_t> inputs) {
  size_ = count_samples(features, inputs.size());
  features_ = features;
  bytes_ = std::move(inputs);
  floats_.clear();
}

void Samples::assign(std::size_t features, std::vector<float> inputs) {
  size_ = count_samples(features, inputs.size());
  features_ = features;
  floats_ = std::move(inputs);
  bytes_.clear();
}

void Samples::set_scaling(const Scaling& scaling) {
  if (!std::isfinite(scaling.offset) || !std::isfinite(scaling.factor)) {
    throw Error(Code::usage, {"scaling", "offset and factor must be finite",
                              print_number(scaling.offset) + " and " + print_number(scaling.factor), "", ""});
  }
  scaling_ = scaling;
  parts_ = split(scaling);
}

void Samples::check_lengths(std::size_t columns, std::string_view where) const {
  const auto expect = [&](std::string_view what, std::size_t got, std::size_t each) {
    if (got == 0 || got == size_ * each) return;
    const std::string of = each == 1 ? "" : " x " + std::to_string(each);
    throw Error(Code::usage, {std::string(where), std::string(what) + " are not one per sample" + of,
                              std::to_string(got), std::to_string(size_ * each), ""});
  };
  expect("labels", labels.size(), 1);
  expect("values", values.size(), columns);
  expect("weights", weights.size(), 1);
  expect("row numbers", rows.size(), 1);
}

void Samples::check(std::span<const std::uint32_t> wanted) const {
  if (std::all_of(wanted.begin(), wanted.end(), [&](std::uint32_t row) { return row < size_; })) return;
  throw Error(Code::usage,
              {"samples", "a row does not exist", "", "rows below " + std::to_string(size_), ""});
}

void Samples::check(std::span<const std::uint32_t> wanted, std::span<float> out) const {
  check(wanted);
  if (out.size() == wanted.size() * features_) return;
  throw Error(Code::usage, {"samples", "the output has another size", std::to_string(out.size()) + " numbers",
                            std::to_string(wanted.size()) + " rows of " + std::to_string(features_), ""});
}

Samples Samples::subset(std::span<const std::uint32_t> wanted) const {
  check(wanted);
  const std::size_t columns = size_ == 0 ? 0 : values.size() / size_;
  check_lengths(columns);
  Samples out;
  out.size_ = wanted.size();
  out.features_ = features_;
  out.scaling_ = scaling_;
  out.parts_ = parts_;
  append_rows(bytes_, wanted, features_, out.bytes_);
  append_rows(floats_, wanted, features_, out.floats_);
  append_rows(labels, wanted, 1, out.labels);
  append_rows(values, wanted, columns, out.values);
  append_rows(weights, wanted, 1, out.weights);
  append_rows(rows, wanted, 1, out.rows);
  if (rows.empty()) out.rows.assign(wanted.begin(), wanted.end());
  return out;
}

void Samples::copy_rows(std::span<const std::uint32_t> wanted, std::size_t begin, std::size_t end,
                        float* to) const {
  if (!floats_.empty()) {
    for_rows(floats_, features_, wanted, begin, end, to,
             [&](std::span<const float> row, float* at) { convert(scaling_, row, at); });
    return;
  }
  for_rows(bytes_, features_, wanted, begin, end, to, [&](std::span<const std::uint8_t> row, float* at) {
    parts_ ? convert(*parts_, row, at) : convert(scaling_, row, at);
  });
}

void Samples::gather(std::span<const std::uint32_t> wanted, std::span<float> out) const {
  check(wanted, out);
  copy_rows(wanted, 0, wanted.size(), out.data());
}

void Samples::gather(std::span<const std::uint32_t> wanted, std::span<float> out, Team& team) const {
  constexpr std::size_t kPart = 8192;  // numbers that are worth being another thread's
  check(wanted, out);
  const std::size_t grain = std::max<std::size_t>(1, kPart / std::max<std::size_t>(1, features_));
  for_each_part(team, wanted.size(), grain,
                [&](std::size_t begin, std::size_t end) { copy_rows(wanted, begin, end, out.data()); });
}

}  // namespace thalweg
