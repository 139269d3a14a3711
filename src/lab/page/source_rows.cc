#include "page/source_rows.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>

#include "base/file.h"
#include "base/spec.h"
#include "draw/number.h"
#include "thalweg/error.h"

namespace thalweg::page {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargest = std::uint64_t{4} << 20;
constexpr double kExact = 1e-6;  // of the scale of a column: what float32 tells apart

SourceColumn source_column(const Json& json) {
  SourceColumn out{.name = json.at("name").get<std::string>()};
  if (json.at("kind") == "categorical") {
    out.levels = json.at("levels").get<std::vector<std::string>>();
    out.other = json.value("other", false);
  } else {
    out.mean = json.at("mean").get<double>();
    out.scale = json.at("scale").get<double>();
  }
  return out;
}

// Rounded to what the input can tell, so that 4.12 is 4.12 again.
std::string number_cell(const SourceColumn& column, double input) {
  const double value = input * column.scale + column.mean;
  if (!std::isfinite(value)) return kNone;
  const double step =
      std::pow(10, std::floor(std::log10(kExact * std::abs(column.scale) * std::max(1.0, std::abs(input)))));
  const double rounded = step < 1 ? std::round(value * std::round(1 / step)) / std::round(1 / step)
                                  : std::round(value / step) * step;
  return print_number(std::isfinite(rounded) ? rounded : value);
}

std::string word_cell(const SourceColumn& column, std::span<const double> inputs) {
  const auto own = std::ranges::find(inputs, 1.0);
  if (own == inputs.end()) return kNone;
  const auto i = static_cast<std::size_t>(own - inputs.begin());
  return i < column.levels.size() ? column.levels[i] : "another";
}

}  // namespace

std::vector<SourceColumn> read_source_columns(const std::filesystem::path& path) {
  std::error_code failed;
  const std::uint64_t size = std::filesystem::file_size(path, failed);
  if (failed || size > kLargest) return {};
  try {
    const Json json = Json::parse(read_text_file(path, kLargest));
    std::vector<SourceColumn> out;
    if (json.at("kind") != "table") return out;
    for (const Json& column : json.at("columns")) out.push_back(source_column(column));
    return out;
  } catch (const Json::exception& error) {
    throw Error(Code::data, {path.string(), "is not an encoding", error.what(), "", ""});
  }
}

std::vector<std::string> source_row(const std::vector<SourceColumn>& columns,
                                    const std::vector<double>& inputs) {
  std::size_t width = 0;
  for (const SourceColumn& column : columns) width += column.width();
  if (width != inputs.size()) return {};
  std::vector<std::string> out;
  std::size_t at = 0;
  for (const SourceColumn& column : columns) {
    const std::span<const double> own = std::span(inputs).subspan(at, column.width());
    out.push_back(column.levels.empty() ? number_cell(column, own.front()) : word_cell(column, own));
    at += column.width();
  }
  return out;
}

}  // namespace thalweg::page
