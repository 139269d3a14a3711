#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/utf8.h"
#include "draw/base64.h"
#include "draw/html.h"
#include "draw/number.h"
#include "page/parts.h"

namespace thalweg::page {
namespace {

constexpr double kLeastSide = 2, kMostSide = 64;  // of a picture
constexpr std::size_t kMostShown = 12;            // columns of a row of the table
constexpr std::size_t kLongestClass = 60;

struct Size {
  std::size_t channels = 0, height = 0, width = 0;  // 0: the samples are not pictures

  std::size_t numbers() const { return channels * height * width; }
};

// Grey, or red, green and blue.
Size picture_size(const std::vector<double>& image) {
  const auto is_side = [](double n) { return n >= kLeastSide && n <= kMostSide && n == std::floor(n); };
  if (image.size() != 3 || (image[0] != 1 && image[0] != 3) || !is_side(image[1]) || !is_side(image[2]))
    return {};
  return {static_cast<std::size_t>(image[0]), static_cast<std::size_t>(image[1]),
          static_cast<std::size_t>(image[2])};
}

void append(std::string& to, std::uint32_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(number >> (8 * i) & 0xff);
}

// A bitmap of blue, green and red bytes, the least input black and the largest white; rows from the bottom,
// of whole words.
std::string bitmap(const std::vector<double>& inputs, Size size) {
  const auto [lo, hi] = std::minmax_element(inputs.begin(), inputs.end());
  const double least = *lo, span = *hi > *lo ? *hi - *lo : 1;
  const std::size_t plane = size.height * size.width, stride = (3 * size.width + 3) / 4 * 4;
  constexpr std::uint32_t kHead = 14 + 40;
  std::string out = "BM";
  const auto width = static_cast<std::uint32_t>(size.width), height = static_cast<std::uint32_t>(size.height);
  const auto all = static_cast<std::uint32_t>(kHead + stride * size.height);
  for (const std::uint32_t number : {all, 0u, kHead, 40u, width, height}) append(out, number, 4);
  for (const std::uint32_t number : {1u, 24u}) append(out, number, 2);
  for (int i = 0; i < 6; ++i) append(out, 0, 4);
  for (std::size_t row = size.height; row-- > 0;) {
    const std::size_t end = out.size() + stride;
    for (std::size_t x = 0; x < size.width; ++x) {
      for (std::size_t channel = 3; channel-- > 0;) {
        const double input = inputs[std::min(channel, size.channels - 1) * plane + row * size.width + x];
        append(out, static_cast<std::uint32_t>(std::lround((input - least) / span * 255)), 1);
      }
    }
    out.resize(end);
  }
  return out;
}

std::string told(const Example& example) {
  if (std::isfinite(example.probability)) return percent(example.probability);
  return std::isfinite(example.error) ? "off by " + significant(example.error, 3) : "";
}

bool all_finite(const std::vector<double>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); });
}

std::string picture(const Example& example, Size size) {
  const std::string truth = shown(example.truth, kLongestClass);
  const std::string prediction = shown(example.prediction, kLongestClass);
  const std::string words = fmt::format("{} classified as {}, {}", truth, prediction, told(example));
  return fmt::format(
      "<li><img alt=\"row {}: {}\" width=\"{}\" height=\"{}\" src=\"data:image/bmp;base64,{}\"><b>{}</b> "
      "classified as <b>{}</b><span>{}, row {}</span></li>\n",
      count(example.row), escape(words), size.width, size.height, base64(bitmap(example.inputs, size)),
      escape(truth), escape(prediction), told(example), count(example.row));
}

std::string pictures(const Examples& examples, Size size) {
  std::string out;
  for (const Example& example : examples.worst) {
    if (example.inputs.size() == size.numbers() && all_finite(example.inputs)) out += picture(example, size);
  }
  return out.empty() ? "" : "<ul class=\"examples\">\n" + out + "</ul>\n";
}

// What a row of the table of examples shows of its sample: the cells of its source, or the inputs.
struct ShownColumns {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> cells;  // one list an example
  bool of_source = false;
};

ShownColumns shown_columns(const Examples& examples) {
  ShownColumns out;
  for (const Example& example : examples.worst)
    out.cells.push_back(source_row(examples.columns, example.inputs));
  out.of_source = std::ranges::none_of(out.cells, [](const auto& row) { return row.empty(); });
  if (out.of_source) {
    for (const SourceColumn& column : examples.columns) out.names.push_back(column.name);
    return out;
  }
  out.names = examples.features;
  for (std::size_t i = 0; i < out.cells.size(); ++i) {
    const std::vector<double>& inputs = examples.worst[i].inputs;
    out.cells[i].clear();
    for (std::size_t k = 0; k < out.names.size(); ++k)
      out.cells[i].push_back(k < inputs.size() ? significant(inputs[k], 3) : kNone);
  }
  return out;
}

std::string rows(const Examples& examples) {
  const ShownColumns columns = shown_columns(examples);
  const std::size_t shown = std::min(kMostShown, columns.names.size());
  Table made;
  made.id = "worst";
  made.caption = columns.of_source ? "Rows as they stand in the source." : "Inputs as the model sees them.";
  if (shown < columns.names.size())
    made.caption += fmt::format(" The first {} of {} columns.", shown, columns.names.size());
  made.head = {"Row", "True", "Predicted", examples.classes.empty() ? "Error" : "Probability"};
  const auto count_shown = static_cast<std::ptrdiff_t>(shown);
  made.head.insert(made.head.end(), columns.names.begin(), columns.names.begin() + count_shown);
  for (std::size_t i = 0; i < examples.worst.size(); ++i) {
    const Example& example = examples.worst[i];
    std::vector<std::string> row = {count(example.row), example.truth, example.prediction, told(example)};
    row.insert(row.end(), columns.cells[i].begin(), columns.cells[i].begin() + count_shown);
    made.rows.push_back(std::move(row));
  }
  return table(made);
}

// How dark a cell is: 0 to 5 by its share of the samples of its class.
int shade(double n, double all) {
  return n > 0 && all > 0 ? 1 + static_cast<int>(std::min(1.0, n / all) * 4) : 0;
}

std::string confusion(const RunData& data) {
  const Examples& examples = data.examples;
  if (examples.confusion.empty()) return "";
  std::string head = "<th scope=\"col\">true class</th>", body;
  for (const std::string& name : examples.classes)
    head += "<th scope=\"col\">" + escape(shown(name, kLongestClass)) + "</th>";
  for (std::size_t i = 0; i < examples.confusion.size() && i < examples.classes.size(); ++i) {
    const std::vector<double>& row = examples.confusion[i];
    double all = 0;
    for (const double n : row) all += n;
    body += "<tr><th scope=\"row\">" + escape(shown(examples.classes[i], kLongestClass)) + "</th>";
    for (std::size_t k = 0; k < row.size(); ++k) {
      body += fmt::format("<td class=\"{} c{}\">{}</td>", k == i ? "right" : "wrong", shade(row[k], all),
                          row[k] == 0 ? "" : count(row[k]));
    }
    body += "</tr>\n";
  }
  return fmt::format(
      "<h3>Confusion matrix</h3><p class=\"caption\" id=\"confusion-caption\">Of {} samples: rows are "
      "true classes, columns are predicted classes.</p>\n<div class=\"scroll\" role=\"group\" "
      "aria-labelledby=\"confusion-caption\" tabindex=\"0\"><table class=\"confusion\" "
      "aria-labelledby=\"confusion-caption\">\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></"
      "div>\n",
      part_of(data), head, body);
}

std::string worst(const RunData& data) {
  const Examples& examples = data.examples;
  if (examples.worst.empty()) return "";
  const Size size = picture_size(examples.image);
  std::string shown = size.width > 0 ? pictures(examples, size) : "";
  if (shown.empty()) shown = rows(examples);
  const char* why = examples.classes.empty() ? "largest errors" : "lowest probability of the true class";
  return fmt::format("<h3>Worst examples</h3><p class=\"caption\">The {} {} samples with the {}.</p>\n{}",
                     examples.worst.size(), part_of(data), why, shown);
}

}  // namespace

std::string examples_section(const RunData& data) {
  return section("examples", "What it gets wrong", confusion(data) + worst(data));
}

std::string environment_section(const RunData& data) {
  std::vector<Tile> shown;
  for (const auto& [name, value] : data.environment) {
    std::string label = name == "version" ? "Thalweg" : name;
    if (label.front() >= 'a' && label.front() <= 'z') label.front() = static_cast<char>(label.front() - 32);
    shown.push_back({std::move(label), value, "", ""});
  }
  return section("environment", "Environment", tiles(shown, "facts environment"));
}

}  // namespace thalweg::page
