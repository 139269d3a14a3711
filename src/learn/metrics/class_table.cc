// The metrics of each class as a table.
#include <algorithm>
#include <numeric>

#include <fmt/core.h>

#include "base/utf8.h"
#include "metrics/json.h"
#include "thalweg/metrics.h"

namespace thalweg {
namespace {

constexpr std::size_t kLongestName = 40;

// Characters, of which each takes a column of a terminal.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// The classes in their order; of more than `most` those of the lowest F1, the lowest first, before those
// without one.
std::vector<std::size_t> listed(const ClassMetrics& metrics, std::size_t most) {
  std::vector<std::size_t> out(metrics.names.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  if (out.size() <= most) return out;
  std::ranges::stable_sort(out, {}, [&](std::size_t c) {
    const double f1 = metrics.f1.of[c];
    return f1 == f1 ? f1 : 2;  // above all
  });
  out.resize(most);
  return out;
}

// The column of their samples, with its head and their sum; empty where they are not known.
std::vector<std::string> samples_of(const ClassMetrics& metrics, const std::vector<std::size_t>& classes) {
  if (metrics.rows.size() != metrics.names.size()) return {};
  std::vector<std::string> out = {"rows"};
  for (const std::size_t c : classes) out.push_back(fmt::format("{:.10g}", metrics.rows[c]));
  out.push_back(fmt::format("{:.10g}", std::accumulate(metrics.rows.begin(), metrics.rows.end(), 0.0)));
  return out;
}

}  // namespace

std::string ClassMetrics::text(std::size_t most) const {
  if (names.empty() || f1.of.size() != names.size()) return "";
  struct Column {
    const char* name;
    const ClassMetric* metric;
  };
  const Column columns[] = {{"precision", &precision},
                            {"recall", &recall},
                            {"f1", &f1},
                            {"auc", &auc},
                            {"average_precision", &average_precision}};
  const std::vector<std::size_t> told = listed(*this, most);
  std::vector<std::string> first = {"class"};
  for (const std::size_t c : told) first.push_back(shown(class_key(names[c]), kLongestName));
  first.emplace_back("macro");
  std::size_t width = 0;
  for (const std::string& name : first) width = std::max(width, width_of(name));
  const std::vector<std::string> samples = samples_of(*this, told);
  std::size_t digits = 0;
  for (const std::string& number : samples) digits = std::max(digits, number.size());
  std::string out;
  for (std::size_t i = 0; i < first.size(); ++i) {
    out += first[i] + std::string(width - width_of(first[i]), ' ');
    if (!samples.empty()) out += fmt::format("  {:>{}}", samples[i], digits);
    for (const auto& [name, metric] : columns) {
      const bool last = i + 1 == first.size();
      const double number = last                           ? metric->macro
                            : i > 0 && !metric->of.empty() ? metric->of[told[i - 1]]
                                                           : kNone;
      out += fmt::format("  {:>{}}",
                         i == 0             ? name
                         : number == number ? fmt::format("{:.4f}", number)
                                            : "-",
                         std::max<std::size_t>(6, std::string_view(name).size()));
    }
    out += "\n";
  }
  if (told.size() < names.size())
    out += fmt::format("{} of {} classes, those of the lowest f1\n", told.size(), names.size());
  return out;
}

}  // namespace thalweg
