// What the documents show is what is compiled and run.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "thalweg/chain.h"
#include "thalweg/lab/problem.h"

namespace {

std::string read(const std::string& path) {
  std::ifstream file(std::string(THALWEG_ROOT) + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The first fenced block behind a comment that names the example it is taken from.
TEST(Readme, ProgramsArePartsOfExamples) {
  const std::string readme = read("README.md");
  int found = 0;
  for (std::size_t at = 0; (at = readme.find("<!-- examples/", at)) != std::string::npos; ++at) {
    const std::size_t begin = at + 5;
    const std::string path = readme.substr(begin, readme.find(" -->", at) - begin);
    const std::size_t block = readme.find("```cpp\n", at) + 7;
    const std::string code = readme.substr(block, readme.find("```", block) - block);
    ASSERT_FALSE(code.empty());
    EXPECT_NE(read(path).find(code), std::string::npos) << path << " does not hold:\n" << code;
    ++found;
  }
  EXPECT_GE(found, 1);
}

// Of 1, 2 and 5 times the powers of ten, as the README says.
double best_rate(const std::string& before, const std::string& behind) {
  const thalweg::Problem problem("beale");
  double best = 0, least = INFINITY;
  for (int power = -5; power <= 1; ++power) {
    for (const double digit : {1, 2, 5}) {
      const double rate = digit * std::pow(10, power);
      const thalweg::Descent descent =
          descend(problem, thalweg::Chain(before + std::to_string(rate) + behind), {.until_diverged = true});
      if (descent.diverged || descent.losses.back() >= least) continue;
      best = rate, least = descent.losses.back();
    }
  }
  return best;
}

TEST(Readme, RatesOfThePictureAreTheBestOfTheirKind) {
  EXPECT_NE(read("README.md").find("\"gd(lr=0.05); momentum(0.9) | lr(0.01); adam(lr=0.2)\""),
            std::string::npos);
  EXPECT_DOUBLE_EQ(best_rate("gd(lr=", ")"), 0.05);
  EXPECT_DOUBLE_EQ(best_rate("momentum(0.9) | lr(", ")"), 0.01);
  EXPECT_DOUBLE_EQ(best_rate("adam(lr=", ")"), 0.2);
}

}  // namespace
