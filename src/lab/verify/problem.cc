// The kind `test_function`: values of a problem at given points, and where it is least.
#include <algorithm>
#include <cmath>

#include "problems/problem.h"
#include "thalweg/lab/problem.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

struct OtherName {
  std::string_view theirs;
  std::string_view ours;
};

constexpr OtherName kOtherNames[] = {
    {"quadratic_1d", "sphere"},
    {"styblinski_tang_2d", "styblinski_tang"},
    {"sum_of_squares_3d", "sphere"},
};

// The problem is named by the end of the case's id, "ensmallen/problem-booth", and has as many dimensions as
// the minimizer.
Problem problem_of(const std::string& id, std::size_t dimension) {
  constexpr std::string_view kMark = "problem-";
  const std::size_t at = id.find(kMark);
  if (at == std::string::npos) throw Malformed("`id` names no problem");
  std::string_view name = std::string_view(id).substr(at + kMark.size());
  for (const OtherName& other : kOtherNames) {
    if (other.theirs == name) name = other.ours;
  }
  const auto specs = problem_specs();
  const auto spec = std::ranges::find(specs, name, &Spec::name);
  if (spec == specs.end()) throw Skip("problem " + std::string(name) + " is not known");
  const bool any = (*spec)->find("dimension").has_value();
  return Problem(std::string(name) + (any ? "(dimension=" + std::to_string(dimension) + ")" : ""));
}

double apart(const std::vector<double>& a, const std::vector<double>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

const std::vector<double>& nearest_minimum(const Problem& problem, const std::vector<double>& x) {
  const auto& minima = problem.minima();
  return *std::min_element(minima.begin(), minima.end(),
                           [&](const auto& a, const auto& b) { return apart(a, x) < apart(b, x); });
}

std::vector<double> read_point(const Json& test, const char* key, std::size_t dimension) {
  std::vector<double> point = read_numbers(member(test, key), key);
  if (point.size() == dimension) return point;
  throw Malformed("`" + std::string(key) + "` is a point of another dimension");
}

}  // namespace

void replay_problem(const Json& test, Comm*, Comparison& comparison) {
  const std::size_t dimension = read_numbers(member(test, "minimizer"), "minimizer").size();
  const Problem problem = problem_of(read_string(member(test, "id"), "id"), dimension);
  const std::vector<double> minimizer = read_point(test, "minimizer", problem.dimension());
  const double minimum = read_number(member(test, "minimum"), "minimum");
  comparison.add(0, "minimum", 0, problem.minimum(), minimum);
  comparison.add(0, "value at the minimizer", 0, problem.value(minimizer), minimum);
  const std::vector<double>& ours = nearest_minimum(problem, minimizer);
  for (std::size_t i = 0; i < ours.size(); ++i) comparison.add(0, "minimizer", i, ours[i], minimizer[i]);
  if (!test.contains("initial_value")) return;
  const std::vector<double> start = read_point(test, "initial_point", problem.dimension());
  comparison.add(0, "value at the initial point", 0, problem.value(start),
                 read_number(test.at("initial_value"), "initial_value"));
}

}  // namespace thalweg::oracle
