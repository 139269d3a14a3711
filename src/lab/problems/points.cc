// The samples of a linear regression, and the line that fits them best.
#include <cmath>

#include "data/csv_columns.h"
#include "files/input.h"
#include "problems/problem.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

CsvOptions options_of(const std::string& target) {
  CsvOptions options;
  options.target = target;
  options.task = Task::regress;
  return options;
}

void check(const std::string& file, std::size_t rows, std::size_t inputs) {
  const bool few = rows == 0 || inputs == 0;
  if (!few && inputs < static_cast<std::size_t>(kMostDimensions) && rows <= kMostInputs / inputs) return;
  throw Error(Code::data,
              {file, few ? "there is nothing to fit" : "the table is too large for a problem",
               std::to_string(rows) + " rows of " + std::to_string(inputs) + " inputs",
               "rows with 1 to " + std::to_string(static_cast<int>(kMostDimensions) - 1) +
                   " inputs beside the target, at most " + std::to_string(kMostInputs) + " in all",
               few ? "" : "try `thalweg train` for data of this size"});
}

// Of the inputs less their means: products of columns j and k, and of column j with the target.
struct NormalEquations {
  explicit NormalEquations(const Points& points) : n(points.inputs), means(n), products(n * n), sides(n) {
    const double size = static_cast<double>(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
      for (std::size_t j = 0; j < n; ++j) means[j] += points.u[i * n + j] / size;
      mean_t += points.t[i] / size;
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double* u = &points.u[i * n];
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t k = 0; k < n; ++k) products[j * n + k] += (u[j] - means[j]) * (u[k] - means[k]);
        sides[j] += (u[j] - means[j]) * (points.t[i] - mean_t);
      }
    }
  }

  // By elimination; empty where a column is a sum of others, up to rounding.
  std::vector<double> solve() {
    constexpr double kRounding = 1e-13;
    std::vector<double> whole(n);
    for (std::size_t j = 0; j < n; ++j) whole[j] = products[j * n + j];
    for (std::size_t j = 0; j < n; ++j) {
      const double pivot = products[j * n + j];
      if (!(pivot > kRounding * whole[j]) || !std::isfinite(pivot)) return {};
      for (std::size_t i = j + 1; i < n; ++i) {
        const double factor = products[i * n + j] / pivot;
        for (std::size_t k = j; k < n; ++k) products[i * n + k] -= factor * products[j * n + k];
        sides[i] -= factor * sides[j];
      }
    }
    std::vector<double> out(n);
    for (std::size_t j = n; j-- > 0;) {
      double rest = sides[j];
      for (std::size_t k = j + 1; k < n; ++k) rest -= products[j * n + k] * out[k];
      out[j] = rest / products[j * n + j];
    }
    return out;
  }

  std::size_t n;
  std::vector<double> means, products, sides;
  double mean_t = 0;
};

std::vector<std::string> names_of(std::size_t inputs) {
  if (inputs == 1) return {"a", "b"};
  std::vector<std::string> out;
  for (std::size_t j = 1; j <= inputs; ++j) out.push_back("a" + std::to_string(j));
  out.push_back("b");
  return out;
}

}  // namespace

Points read_points(const std::string& file, const std::string& target) {
  const TextFile text(file);
  const CsvOptions options = options_of(target);
  const CsvLayout layout = read_csv_layout(text.name(), text.text(), options);
  const std::size_t last = find_column(layout, target, "target");
  CsvChoice choice;  // no column is left out, and all are numbers
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (i != last) choice.columns.push_back({layout.columns[i].name, i, i, false, true});
  }
  choice.inputs = choice.columns.size();
  choice.columns.push_back({layout.columns[last].name, last, last, false, true});
  check(text.name(), layout.rows, choice.inputs);
  const Table table = read_csv(text.name(), text.text(), options, layout, choice);
  Points out{.inputs = choice.inputs, .u = {}, .t = {}};
  for (std::size_t row = 0; row < table.rows; ++row) {
    for (std::size_t i = 0; i <= choice.inputs; ++i) {
      const double number = table.at(row, i);
      if (!std::isfinite(number)) {
        throw Error(Code::data, {table.place ? table.place(row) : text.name(), "a number is missing",
                                 "column `" + choice.columns[i].name + "`", "a number in every cell", ""});
      }
      (i < choice.inputs ? out.u : out.t).push_back(number);
    }
  }
  return out;
}

Facts least_squares(const Points& points) {
  const std::size_t n = points.inputs;
  Facts out{.start = points.start, .minima = {}, .minimum = NAN};
  out.names = names_of(n);
  out.biases = 1;
  if (out.start.empty()) out.start = Point(n + 1);
  NormalEquations equations(points);
  Point best = equations.solve();
  if (best.empty()) return out;
  double intercept = equations.mean_t;
  for (std::size_t j = 0; j < n; ++j) intercept -= best[j] * equations.means[j];
  double errors = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    double line = best[0] * points.u[i * n];
    for (std::size_t j = 1; j < n; ++j) line += best[j] * points.u[i * n + j];
    const double error = line + intercept - points.t[i];
    errors += error * error;
  }
  best.push_back(intercept);
  out.minima = {std::move(best)};
  out.minimum = errors / (2 * static_cast<double>(points.size()));
  return out;
}

}  // namespace thalweg
