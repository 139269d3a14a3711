#include "experiments/lines.h"

#include "experiments/statistics.h"

namespace thalweg::experiments {
namespace {

Line steps(std::string name, const std::vector<double>& y, std::uint64_t every) {
  Line out{std::move(name), {}};
  for (std::size_t i = 0; i < y.size(); ++i) {
    out.points.push_back({static_cast<double>(i * every), y[i]});
  }
  return out;
}

}  // namespace

Line loss_line(std::string name, const std::vector<Trajectory>& runs, std::uint64_t every) {
  std::vector<std::vector<double>> rows;
  for (const Trajectory& run : runs) rows.push_back(run.losses);
  return steps(std::move(name), middles(rows), every);
}

Line accuracy_line(std::string name, const std::vector<Trajectory>& runs, std::uint64_t every) {
  std::vector<std::vector<double>> rows;
  for (const Trajectory& run : runs) {
    rows.emplace_back();
    for (const double accuracy : run.accuracies) rows.back().push_back(100 * accuracy);
  }
  return steps(std::move(name), middles(rows), every);
}

Line line(std::string name, const std::vector<double>& x, const std::vector<double>& y) {
  Line out{std::move(name), {}};
  for (std::size_t i = 0; i < x.size(); ++i) out.points.push_back({x[i], y[i]});
  return out;
}

}  // namespace thalweg::experiments
