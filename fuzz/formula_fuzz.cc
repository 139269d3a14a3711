// Texts as formulas: what is read prints and reads as the same function, errors say where, and no value or
// gradient at any point does harm.
#include <array>
#include <cmath>
#include <vector>

#include "target.h"
#include "thalweg/lab/problem.h"

namespace thalweg::fuzz {
namespace {

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void check(const std::string& text) {
  const auto printed = attempt_twice(Code::usage, [&] { return Problem(text).text(); });
  if (!printed) return;
  const Problem problem(text), again(*printed);
  require(again.text() == *printed, "a problem prints otherwise", *printed);
  if (problem.dimension() != 2) return;
  for (const std::array<double, 2>& x : {std::array{0.7, -1.3}, {0.0, 0.0}, {-1e300, 1e-300}, {2.0, 3.0}}) {
    std::array<double, 2> a{}, b{};
    require(same(problem.value(x), again.value(x)), "another value", text);
    problem.gradient(x, a);
    again.gradient(x, b);
    require(same(a[0], b[0]) && same(a[1], b[1]), "another gradient", text);
  }
}

}  // namespace
}  // namespace thalweg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check(std::string(thalweg::fuzz::text_of(data, size)));
  return 0;
}
