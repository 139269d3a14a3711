#include "problems/expression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "params/test_params.h"
#include "thalweg/lab/problem.h"

namespace thalweg {
namespace {

using Function = std::function<double(double, double)>;

Expression formula(const std::string& text) { return Expression(Source{"formula", text}); }

double value(const std::string& text, double x = 0.7, double y = -1.3) {
  return formula(text).value(std::vector<double>{x, y});
}

std::vector<double> gradient(const std::string& text, double x, double y) {
  std::vector<double> out(2, NAN);
  formula(text).gradient(std::vector<double>{x, y}, out);
  return out;
}

TEST(Formulas, OperationsBindAsInMathematics) {
  EXPECT_EQ(value("1 + 2*3"), 7);
  EXPECT_EQ(value("8 - 3 - 2"), 3);
  EXPECT_EQ(value("8/4/2"), 1);
  EXPECT_EQ(value("2^3^2"), 512);
  EXPECT_EQ(value("-2^2"), -4);
  EXPECT_EQ(value("2^-1"), 0.5);
  EXPECT_EQ(value("2*-3"), -6);
  EXPECT_EQ(value("--+-3"), -3);
  EXPECT_EQ(value("(1 + 2)*3"), 9);
  EXPECT_EQ(value(".5e1 + 1."), 6);
  EXPECT_EQ(value("pi"), std::numbers::pi);
  EXPECT_EQ(value("log(e)"), 1);
  EXPECT_EQ(value("abs(y)*x"), 1.3 * 0.7);
}

struct Derived {
  std::string text;
  Function value, by_x, by_y;  // derived by hand
};

const std::vector<Derived> kDerived = {
    {"(1-x)^2 + 100*(y-x^2)^2",
     [](double x, double y) { return (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x); },
     [](double x, double y) { return -2 * (1 - x) - 400 * x * (y - x * x); },
     [](double x, double y) { return 200 * (y - x * x); }},
    {"sin(x*y) + cos(x)/y", [](double x, double y) { return std::sin(x * y) + std::cos(x) / y; },
     [](double x, double y) { return y * std::cos(x * y) - std::sin(x) / y; },
     [](double x, double y) { return x * std::cos(x * y) - std::cos(x) / (y * y); }},
    {"exp(-x^2 - y^2)", [](double x, double y) { return std::exp(-x * x - y * y); },
     [](double x, double y) { return -2 * x * std::exp(-x * x - y * y); },
     [](double x, double y) { return -2 * y * std::exp(-x * x - y * y); }},
    {"log(x)*sqrt(abs(y))", [](double x, double y) { return std::log(x) * std::sqrt(std::abs(y)); },
     [](double x, double y) { return std::sqrt(std::abs(y)) / x; },
     [](double x, double y) { return std::log(x) * (y > 0 ? 1 : -1) / (2 * std::sqrt(std::abs(y))); }},
    {"x^y", [](double x, double y) { return std::pow(x, y); },
     [](double x, double y) { return y * std::pow(x, y - 1); },
     [](double x, double y) { return std::pow(x, y) * std::log(x); }},
    {"y^3 - 2^x", [](double x, double y) { return y * y * y - std::pow(2, x); },
     [](double x, double) { return -std::pow(2, x) * std::numbers::ln2; },
     [](double, double y) { return 3 * y * y; }},
};

TEST(Formulas, ValuesAndGradientsAreThoseDerivedByHand) {
  for (const Derived& one : kDerived) {
    for (const double x : {0.3, 0.9, 2.5}) {
      for (const double y : {-1.7, 0.4, 1.1}) {
        SCOPED_TRACE(one.text);
        const auto near = [](double got, double want) {
          EXPECT_NEAR(got, want, 1e-13 * std::max(1.0, std::abs(want)));
        };
        near(value(one.text, x, y), one.value(x, y));
        const std::vector<double> slopes = gradient(one.text, x, y);
        near(slopes[0], one.by_x(x, y));
        near(slopes[1], one.by_y(x, y));
      }
    }
  }
}

// Random formulas: sums, products, quotients, powers and functions of each other.
std::string random_formula(std::uint64_t seed, std::uint64_t& drawn, int depth) {
  const auto draw = [&](int n) { return static_cast<int>(std::abs(sample_number(seed, drawn++)) * 1e6) % n; };
  if (depth == 0) return std::vector<std::string>{"x", "y", "1.5", "0.25"}[draw(4)];
  const auto inner = [&] { return random_formula(seed, drawn, depth - 1); };
  switch (draw(7)) {
    case 0:
      return "(" + inner() + " + " + inner() + ")";
    case 1:
      return "(" + inner() + " - " + inner() + ")";
    case 2:
      return inner() + "*" + inner();
    case 3:
      return inner() + "/(2 + sin(" + inner() + "))";
    case 4:
      return "(" + inner() + ")^2";
    case 5:
      return "exp(-abs(" + inner() + "))";
    default:
      return "cos(" + inner() + ")";
  }
}

TEST(Formulas, GradientsOfRandomOnesAreThoseOfCentralDifferences) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::uint64_t drawn = 0;
    const Expression f = formula(random_formula(seed, drawn, 4));
    const std::vector<double> at = {0.37, -0.81};
    std::vector<double> slopes(2);
    f.gradient(at, slopes);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto moved = [&](double h) {
        std::vector<double> x = at;
        x[i] += h;
        return f.value(x);
      };
      const double h = 2e-4,
                   difference = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
      EXPECT_NEAR(slopes[i], difference, 1e-7 * std::max(1.0, std::abs(slopes[i]))) << f.text();
    }
  }
}

TEST(Formulas, SlopesOfKinksAreZero) {
  for (const char* text : {"abs(x)", "sqrt(x^2 + y^2)", "sqrt(x)", "x^0.5", "x^2", "x^0", "abs(x)^1.5"}) {
    EXPECT_EQ(gradient(text, 0, 0), (std::vector<double>{0, 0})) << text;
  }
}

TEST(Formulas, WhatDoesNotVaryHasNoSlope) {
  EXPECT_EQ(gradient("(0-2)^2 * x", 3, 4), (std::vector<double>{4, 0}));
  EXPECT_EQ(gradient("(x - 5)^2", 3, 4), (std::vector<double>{-4, 0}));
  EXPECT_EQ(gradient("7", 3, 4), (std::vector<double>{0, 0}));
}

struct Refused {
  std::string text;
  std::size_t column;  // of the caret, from 1
  std::string says;
};

const std::vector<Refused> kRefused = {
    {"x +", 4, "the formula ends too early"},
    {"2x", 2, "a product is written 2*x"},
    {"x y", 3, "a product is written 2*x"},
    {"x**2", 3, "a power is written x^2"},
    {"(x + 1", 7, "a bracket is not closed"},
    {"(x]", 3, "unexpected character"},
    {"x + 1)", 6, "unexpected character"},
    {"x + sine(y)", 5, "did you mean `sin`?"},
    {"x + z", 5, "unknown name"},
    {"sin x", 5, "`(` after `sin`"},
    {"1e999*x", 1, "out of range"},
    {"x + .", 5, "not a number"},
    {"x + \xc3\xa4", 5, "`\xc3\xa4`"},
    {"x,y", 2, "unexpected character"},
    {std::string(65, '(') + "x", 66, "too deep"},
    {std::string(100'000, '-') + "x", 10'001, "too long"},
    {std::string(5'000, '-') + "x", 66, "too deep"},
};

TEST(Formulas, MistakesAreShownWithACaret) {
  for (const Refused& one : kRefused) {
    SCOPED_TRACE(one.text.substr(0, 80));
    const std::string message = usage_error([&] { Problem problem(one.text); });
    expect_contains(message, one.says);
    expect_contains(message, "column " + std::to_string(one.column) + ":");
  }
}

TEST(Formulas, LongOnesArePossible) {
  std::string text = "x";
  for (int i = 0; i < 2'000; ++i) text += " + y";
  EXPECT_EQ(gradient(text, 1, 1), (std::vector<double>{1, 2000}));
  EXPECT_EQ(value(std::string(64, '(') + "x" + std::string(64, ')'), 3), 3);
}

TEST(Formulas, AreProblemsWithoutKnownMinima) {
  const Problem problem(" (1-x)^2 \t+ 100*(y-x^2)^2 ");
  EXPECT_EQ(problem.text(), "(1-x)^2 + 100*(y-x^2)^2");
  EXPECT_EQ(Problem(problem.text()).text(), problem.text());
  EXPECT_EQ(problem.dimension(), 2u);
  EXPECT_TRUE(problem.minima().empty());
  EXPECT_TRUE(std::isnan(problem.minimum()));
  EXPECT_TRUE(std::isnan(problem.distance(problem.start())));
  const Descent own = descend(problem, Chain("adam(lr=0.05)"), {.updates = 50});
  const Descent listed = descend(Problem("rosenbrock"), Chain("adam(lr=0.05)"), {.updates = 50});
  for (std::size_t i = 0; i < own.path.size(); ++i) EXPECT_NEAR(own.path[i], listed.path[i], 1e-9);
}

TEST(Formulas, StartWhereTheyAreFiniteAndSteep) {
  const auto start = [](const char* text) {
    const Problem problem(text);
    return std::vector<double>(problem.start().begin(), problem.start().end());
  };
  EXPECT_EQ(start("x*x + y"), (std::vector<double>{-1.2, 1}));
  EXPECT_EQ(start("log(x) + y"), (std::vector<double>{1.2, 1}));
  EXPECT_EQ(start("log(x) - sqrt(-y)"), (std::vector<double>{1.2, -1}));
  EXPECT_EQ(start("3"), (std::vector<double>{-1.2, 1}));
}

TEST(Formulas, HaveTheDimensionsOfTheirVariables) {
  const auto names = [](const char* text) { return Problem(text).names(); };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names("x^2"), Names{"x"});
  EXPECT_EQ(names("sin(x)*exp(-x)"), Names{"x"});
  EXPECT_EQ(names("x + y"), (Names{"x", "y"}));
  EXPECT_EQ(names("y^2"), (Names{"x", "y"}));
  EXPECT_EQ(names("7"), (Names{"x", "y"}));
  EXPECT_EQ(names("x1^2"), Names{"x1"});
  EXPECT_EQ(names("x3*x1"), (Names{"x1", "x2", "x3"}));
  EXPECT_EQ(Problem("x1000").dimension(), 1000u);
  EXPECT_EQ(gradient("x1*x2^2", 3, 4), (std::vector<double>{16, 24}));
  const Problem problem("x1 + 2*x2 + x4^2");
  EXPECT_EQ(std::vector<double>(problem.start().begin(), problem.start().end()),
            (std::vector<double>{-1.2, 1, -1.2, 1}));
  std::vector<double> slopes(4);
  problem.gradient(problem.start(), slopes);
  EXPECT_EQ(slopes, (std::vector<double>{1, 2, 0, 2}));
  for (const char* bad : {"x + x1", "x2*y", "x1 + x", "x0", "x01", "x1a", "x1001", "x99999999999999999999"})
    EXPECT_NE(usage_error([&] { Problem unused(bad); }), "") << bad;
}

TEST(Formulas, NamesOfProblemsAreNone) {
  expect_contains(usage_error([] { Problem("rosenbrok"); }), "did you mean `rosenbrock`?");
  expect_contains(usage_error([] { Problem("expo(x)"); }), "a problem");
  EXPECT_EQ(Problem("quadratic(1e+2)").text(), "quadratic(100)");
}

}  // namespace
}  // namespace thalweg
