// For fuzz targets of data formats: what must hold of every data set that is read.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "target.h"
#include "thalweg/dataset.h"

namespace thalweg::fuzz {

inline void check_targets(const Dataset& data, const Samples& part) {
  require(part.labels.empty() != part.values.empty(), "neither labels nor values, or both");
  if (part.labels.empty()) {
    require(part.values.size() == part.size() * data.columns, "values of another size");
    require(std::ranges::all_of(part.values, [](double x) { return std::isfinite(x); }),
            "a value is not finite");
    return;
  }
  require(part.labels.size() == part.size(), "as many labels as samples");
  for (const std::int32_t label : part.labels) {
    require(label >= 0 && static_cast<std::size_t>(label) < data.classes, "a label is not a class");
  }
}

// Everything that a data set holds, as bytes.
inline std::string contents(const Dataset& data) {
  std::string out = data.full_text + " " + print_shape(data.sample) + " " + std::to_string(data.classes);
  const auto add = [&](const auto& numbers) {
    out.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof numbers[0]);
  };
  require(data.train.size() > 0, "nothing to train on");
  for (const Samples* part : {&data.train, &data.test}) {
    if (part->size() == 0) continue;
    require(part->rows.size() == part->size(), "as many rows as samples");
    require(part->features() == thalweg::count(data.sample), "samples of another shape");
    check_targets(data, *part);
    std::vector<std::uint32_t> rows(part->size());
    std::iota(rows.begin(), rows.end(), 0U);
    std::vector<float> inputs(part->size() * part->features());
    part->gather(rows, inputs);
    require(std::ranges::all_of(inputs, [](float x) { return std::isfinite(x); }), "an input is not finite");
    add(inputs);
    add(part->labels);
    add(part->values);
    add(part->rows);
  }
  return out;
}

// Reads the bytes as a file of the format, twice, and its data again under the encoding of the first time.
inline void check_format(const std::string& format, const std::string& ending, std::string_view bytes) {
  static const Folder folder;
  const std::filesystem::path path = folder.write("data." + ending, bytes);
  const std::string source = format + "(\"" + path.string() + "\")";
  const auto read = attempt_twice(Code::data, [&] { return contents(load_dataset(source, 1)); });
  if (!read) return;
  const Dataset once = load_dataset(source, 1);
  require(contents(load_dataset(source, 1, once.encoding)) == *read, "other data under their own encoding",
          once.encoding);
}

}  // namespace thalweg::fuzz
