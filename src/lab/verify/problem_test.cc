// Cases of the kind test_function.
#include "verify/test_verify.h"

namespace thalweg {
namespace {

Json himmelblau() {
  return {{"kind", "test_function"},
          {"id", "someone/problem-himmelblau"},
          {"initial_point", {1.0, 1.0}},
          {"initial_value", 106.0},
          {"minimizer", {-2.8051, 3.1313}},
          {"minimum", 0.0},
          {"tolerance", {{"rtol", 0.0}, {"atol", 5e-4}}}};
}

TEST_F(Verify, ValuesOfProblemsArePutBesideTheirs) {
  expect_pass(himmelblau());
  Json without_start = himmelblau();
  without_start.erase("initial_value");
  without_start.erase("initial_point");
  expect_pass(without_start);
  expect_fail(changed(himmelblau(), "initial_value", 107.0), "1 of 5 numbers differ");
  expect_fail(changed(himmelblau(), "minimum", 1.0), "of `minimum`");
  expect_fail(changed(himmelblau(), "minimizer", {-2.8, 3.1313}), "of `minimizer`");
}

TEST_F(Verify, AProblemHasAsManyDimensionsAsTheCase) {
  for (const std::size_t n : {1u, 3u, 7u}) {
    Json test = himmelblau();
    test["id"] = "someone/problem-sphere";
    test["initial_point"] = std::vector<double>(n, 2.0);
    test["initial_value"] = 4.0 * double(n);
    test["minimizer"] = std::vector<double>(n, 0.0);
    expect_pass(test);
  }
  expect_fail(changed(himmelblau(), "minimizer", {3.0, 2.0, 1.0}), "another dimension");
  expect_fail(changed(himmelblau(), "initial_point", {3.0}), "another dimension");
}

TEST_F(Verify, ProblemsThatAreNotKnownAreSkipped) {
  expect_skip(changed(himmelblau(), "id", "someone/problem-nonesuch"), "problem nonesuch is not known");
  expect_fail(changed(himmelblau(), "id", "himmelblau"), "`id` names no problem");
}

}  // namespace
}  // namespace thalweg
