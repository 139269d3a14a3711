// Replays tests/vectors/*.vec, whose README.md describes the format.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "params/test_params.h"
#include "thalweg/optimizer.h"
#include "transforms/transform.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

using Rows = std::vector<std::vector<double>>;
using Fields = std::map<std::string, std::string>;

fs::path vectors_folder() { return fs::path(THALWEG_TESTS) / "vectors"; }

// The cases of a file: key -> text, continuation lines joined.
std::vector<Fields> read_cases(const fs::path& path) {
  std::ifstream in(path);
  std::vector<Fields> cases(1);
  std::string line, key;
  while (std::getline(in, line)) {
    if (line == "---") {
      cases.emplace_back();
    } else if (!line.empty() && line[0] != '#' && line[0] != ' ') {
      key = line.substr(0, line.find(' '));
      cases.back()[key] = line.substr(key.size());
    } else if (!line.empty() && line[0] == ' ') {
      cases.back()[key] += "\n" + line;
    }
  }
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

double ulp_of(double x) {
  x = std::abs(x);
  return std::nextafter(x, std::numeric_limits<double>::infinity()) - x;
}

// What the engine makes of a case: the elements after each step.
template <class T>
Rows replay(const Fields& fields) {
  const std::vector<double> start = read_rows(fields.at("p")).at(0);
  OneParameter<T> one(std::vector<T>(start.begin(), start.end()), shape_of(fields, start.size()));
  Optimizer optimizer(one.params(), Chain(trimmed(fields.at("chain"))));
  const Rows metrics = fields.contains("metric") ? read_rows(fields.at("metric")) : Rows();
  Rows rows;
  for (const std::vector<double>& grad : read_rows(fields.at("g"))) {
    one.set_grad({grad.begin(), grad.end()});
    optimizer.step();
    if (!metrics.empty()) optimizer.observe(metrics.at(0).at(rows.size()));
    rows.emplace_back(one.value().begin(), one.value().end());
  }
  return rows;
}

void expect_same_shape(const Rows& got, const Rows& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t k = 0; k < got.size(); ++k) ASSERT_EQ(got[k].size(), want[k].size()) << "row " << k + 1;
}

void check_f64(const Fields& fields) {
  const Rows want = read_rows(fields.at("p'")), got = replay<double>(fields);
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
void check_f32(const Fields& fields) {
  constexpr double kUnits = 4;
  const Rows want = read_rows(fields.at("p'")), got = replay<float>(fields);
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
    SCOPED_TRACE(trimmed(fields.at("name")) + ": " + trimmed(fields.at("chain")));
    EXPECT_FALSE(read_rows(fields.at("p'")).empty());
    check_f64(fields);
    check_f32(fields);
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, EveryFile, testing::ValuesIn(vector_files()),
                         [](const auto& test) { return test.param.stem().string(); });

}  // namespace
}  // namespace thalweg
