// Replays tests/vectors/*.vec, whose README.md describes the format, and what their derivations make of long
// random gradients: in both types, on every SIMD target, from loops and from tiles.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "comm/test_ranks.h"
#include "params/test_params.h"
#include "ranks/given_by_one.h"
#include "thalweg/optimizer.h"
#include "transforms/transform.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

using Rows = std::vector<std::vector<double>>;
using Fields = std::map<std::string, std::string>;

fs::path vectors_folder() { return fs::path(THALWEG_TESTS) / "vectors"; }

// What tools/vectors.py --long makes of a file.
fs::path long_runs_of(const fs::path& path) { return fs::path(THALWEG_LONG_RUNS) / path.filename(); }

// The cases of a file: key -> text, continuation lines joined.
std::vector<Fields> read_cases(const fs::path& path) {
  std::ifstream in(path);
  std::vector<Fields> cases(1);
  std::string line, key;
  while (std::getline(in, line)) {
    if (line == "---") {
      if (!cases.back().empty()) cases.emplace_back();
    } else if (!line.empty() && line[0] != '#' && line[0] != ' ') {
      key = line.substr(0, line.find(' '));
      cases.back()[key] = line.substr(key.size());
    } else if (!line.empty() && line[0] == ' ') {
      cases.back()[key] += "\n" + line;
    }
  }
  if (cases.back().empty()) cases.pop_back();
  return cases;
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \n") + 1 - begin);
}

Rows read_rows(const std::string& text) {
  Rows rows;
  std::istringstream in(text);
  for (std::string row; std::getline(in, row, ';');) {
    std::istringstream words(row);
    rows.emplace_back();
    for (std::string word; words >> word;) rows.back().push_back(std::stod(word));
  }
  return rows;
}

Shape shape_of(const Fields& fields, std::size_t elements) {
  if (!fields.contains("shape")) return {static_cast<std::int64_t>(elements)};
  const Rows rows = read_rows(fields.at("shape"));
  return Shape(rows.at(0).begin(), rows.at(0).end());
}

constexpr double kInfinite = std::numeric_limits<double>::infinity();

double ulp_of(double x) {
  x = std::abs(x);
  return std::nextafter(x, kInfinite) - x;
}

// What the engine makes of a case: the elements after each step. Without ranks `comm` is null.
template <class T>
Rows replay(const Fields& fields, const std::string& chain, Comm* comm = nullptr) {
  const std::vector<double> start = read_rows(fields.at("p")).at(0);
  OneParameter<T> one(std::vector<T>(start.begin(), start.end()), shape_of(fields, start.size()));
  OptimizerOptions options;
  options.comm = comm;
  Optimizer optimizer(one.params(), Chain(chain), options);
  GivenByOne gradient(one.params(), comm);
  const Rows metrics = fields.contains("metric") ? read_rows(fields.at("metric")) : Rows();
  Rows rows;
  for (const std::vector<double>& grad : read_rows(fields.at("g"))) {
    one.set_grad({grad.begin(), grad.end()});
    optimizer.step(gradient.next());
    if (!metrics.empty()) optimizer.observe(metrics.at(0).at(rows.size()));
    rows.emplace_back(one.value().begin(), one.value().end());
  }
  return rows;
}

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void expect_same_shape(const Rows& got, const Rows& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t k = 0; k < got.size(); ++k) ASSERT_EQ(got[k].size(), want[k].size()) << "row " << k + 1;
}

void check_f64(const Fields& fields, const std::string& chain) {
  const Rows want = read_rows(fields.at("p'")), got = replay<double>(fields, chain);
  const double tolerance = std::stod(fields.at("tol"));
  expect_same_shape(got, want);
  if (testing::Test::HasFatalFailure()) return;
  for (std::size_t k = 0; k < got.size(); ++k) {
    for (std::size_t i = 0; i < got[k].size(); ++i) {
      EXPECT_LE(std::abs(got[k][i] - want[k][i]), tolerance * ulp_of(want[k][i]))
          << "f64, after update " << k + 1 << ", element " << i << ": got "
          << testing::PrintToString(got[k][i]) << ", want " << testing::PrintToString(want[k][i]);
    }
  }
}

// An update in float may be off by a few units in the last place of the largest number it met.
void check_f32(const Fields& fields, const std::string& chain) {
  constexpr double kUnits = 4;
  const Rows want = read_rows(fields.at("p'")), got = replay<float>(fields, chain);
  std::vector<double> largest = read_rows(fields.at("p")).at(0);
  expect_same_shape(got, want);
  if (testing::Test::HasFatalFailure()) return;
  for (std::size_t k = 0; k < got.size(); ++k) {
    for (std::size_t i = 0; i < got[k].size(); ++i) {
      largest[i] = std::max(std::abs(largest[i]), std::abs(want[k][i]));
      const double unit = largest[i] * std::numeric_limits<float>::epsilon();
      EXPECT_LE(std::abs(got[k][i] - want[k][i]), kUnits * unit)
          << "f32, after update " << k + 1 << ", element " << i << ": got "
          << testing::PrintToString(got[k][i]) << ", want " << testing::PrintToString(want[k][i]);
    }
  }
}

std::vector<fs::path> vector_files() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(vectors_folder())) {
    if (entry.path().extension() == ".vec") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(Vectors, EveryTransformHasAFile) {
  for (const Transform& transform : transforms()) {
    EXPECT_TRUE(fs::exists(vectors_folder() / (std::string(transform.spec.name) + ".vec")))
        << transform.spec.name;
  }
}

TEST(Vectors, EveryFileIsAboutItsName) {
  for (const fs::path& path : vector_files()) {
    bool found = false;
    for (const Fields& fields : read_cases(path)) {
      found = found || fields.at("chain").find(path.stem().string()) != std::string::npos;
    }
    EXPECT_TRUE(found) << path.filename();
  }
}

class EveryFile : public testing::TestWithParam<fs::path> {};

TEST_P(EveryFile, IsReproducedByTheEngine) {
  const std::vector<Fields> cases = read_cases(GetParam());
  ASSERT_FALSE(cases.empty());
  for (const Fields& fields : cases) {
    EXPECT_FALSE(read_rows(fields.at("p'")).empty());
    for (const char* key : {"chain", "same"}) {
      if (!fields.contains(key)) continue;
      SCOPED_TRACE(trimmed(fields.at("name")) + ": " + trimmed(fields.at(key)));
      check_f64(fields, trimmed(fields.at(key)));
      check_f32(fields, trimmed(fields.at(key)));
    }
  }
}

// Its numbers are those of one process, which are right.
template <class T>
void check_on_ranks(const Fields& fields, const std::string& chain) {
  const Rows alone = replay<T>(fields, chain);
  run_ranks(3, [&](TestRank& comm) {
    const Rows got = replay<T>(fields, chain, &comm);
    ASSERT_EQ(got.size(), alone.size());
    for (std::size_t k = 0; k < got.size(); ++k)
      EXPECT_TRUE(std::ranges::equal(got[k], alone[k], same_number))
          << "rank " << comm.rank() << ", row " << k + 1;
  });
}

TEST_P(EveryFile, IsReproducedOnThreeRanks) {
  for (const Fields& fields : read_cases(GetParam())) {
    SCOPED_TRACE(trimmed(fields.at("name")) + ": " + trimmed(fields.at("chain")));
    check_on_ranks<double>(fields, trimmed(fields.at("chain")));
    check_on_ranks<float>(fields, trimmed(fields.at("chain")));
  }
}

// The largest distance of a long run from its derivation, relative to numbers of size 1, `rows` of which are
// looked at. Gradients are exact in float, so that both sides see the same ones.
template <class T>
double worst_of_long_run(const Fields& run, const std::string& chain, std::string_view simd,
                         std::size_t rows) {
  const Rows want = read_rows(run.at("p'"));
  const std::vector<double> after = read_rows(run.at("after")).at(0);
  std::vector<T> numbers(want.at(0).size());
  fill_numbers(std::span(numbers), 3);
  OneParameter<T> one(numbers);
  OptimizerOptions options;
  options.simd = simd;
  Optimizer optimizer(one.params(), Chain(chain), options);
  double worst = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    while (static_cast<double>(optimizer.updates()) < after[row]) {
      fill_numbers(std::span(numbers), 100 + optimizer.updates());
      one.set_grad(numbers);
      optimizer.step();
    }
    for (std::size_t i = 0; i < want[row].size(); ++i) {
      const double got = static_cast<double>(one.value()[i]);
      if (!std::isfinite(got)) return kInfinite;
      worst = std::fmax(worst, std::abs(got - want[row][i]) / std::max(1.0, std::abs(want[row][i])));
    }
  }
  return worst;
}

bool begins_with_a_rule(const std::string& chain) {
  const std::string name = chain.substr(0, chain.find_first_of("( "));
  const auto is_it = [&](const Transform& transform) { return transform.spec.name == name; };
  const auto found = std::find_if(transforms().begin(), transforms().end(), is_it);
  return found != transforms().end() && found->part == Part::rule;
}

TEST_P(EveryFile, IsItsDerivationInDouble) {
  for (const Fields& run : read_cases(long_runs_of(GetParam()))) {
    const std::string chain = trimmed(run.at("chain"));
    for (const std::string_view simd : simd_targets()) {
      EXPECT_LT(worst_of_long_run<double>(run, chain, simd, 3), 1e-13) << chain << " " << simd;
    }
    if (!begins_with_a_rule(chain)) continue;
    EXPECT_LT(worst_of_long_run<double>(run, "momentum(0) | " + chain, "", 3), 1e-13) << chain << " in tiles";
  }
}

TEST_P(EveryFile, D3IsItsDerivationInSingle) {
  for (const Fields& run : read_cases(long_runs_of(GetParam()))) {
    const std::string chain = trimmed(run.at("chain"));
    for (const std::string_view simd : simd_targets()) {
      EXPECT_LT(worst_of_long_run<float>(run, chain, simd, 1), 1e-6) << chain << " " << simd;
      EXPECT_LT(worst_of_long_run<float>(run, chain, simd, 2), 2e-5) << chain << " " << simd;
    }
  }
}

TEST(Vectors, EveryRuleHasALongRun) {
  for (const Transform& transform : transforms()) {
    if (transform.part != Part::rule) continue;
    bool found = false;
    for (const Fields& run : read_cases(long_runs_of(std::string(transform.spec.name) + ".vec"))) {
      found = found || trimmed(run.at("chain")).starts_with(transform.spec.name);
    }
    EXPECT_TRUE(found) << "no case of " << transform.spec.name << " runs long";
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, EveryFile, testing::ValuesIn(vector_files()),
                         [](const auto& test) { return test.param.stem().string(); });

}  // namespace
}  // namespace thalweg
