// Cases whose library keeps weights as (in, out): what goes by units, which are rows here, needs the last
// axis first.
#include <algorithm>

#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

bool goes_by_units(const Json& test) {
  const Json& hyper = member(test, "hyper");
  if (!hyper.is_object() || !hyper.contains("pre")) return false;
  const Json& pre = read_array(hyper.at("pre"), "pre");
  return std::ranges::any_of(pre, [](const Json& entry) {
    return entry.is_object() && entry.value("name", "") == "adaptive_grad_clip";
  });
}

// The numbers of a tensor whose last axis has `columns`, that axis first.
void transpose(Json& values, std::size_t columns) {
  if (values.is_null()) return;  // an absent gradient
  const std::vector<double> numbers = read_numbers(values, "a matrix");
  if (columns == 0 || numbers.size() % columns != 0) throw Malformed("a matrix does not fill its shape");
  const std::size_t rows = numbers.size() / columns;
  values = Json::array();
  for (std::size_t i = 0; i < numbers.size(); ++i) values.push_back(numbers[i % rows * columns + i / rows]);
}

}  // namespace

Json units_first(const Json& test) {
  if (!goes_by_units(test)) return test;
  if (member(test, "gradient").value("kind", "") != "explicit")
    throw Skip("units of a gradient that is not explicit");
  Json turned = test;
  Json& params = turned.at("params");
  for (std::size_t p = 0; p < params.size(); ++p) {
    Json& shape = params[p].at("shape");
    if (shape.size() < 2) continue;
    const auto columns = shape.back().get<std::size_t>();
    std::rotate(shape.begin(), shape.end() - 1, shape.end());
    transpose(params[p].at("init"), columns);
    for (Json& step : turned.at("gradient").at("steps")) transpose(step.at(p), columns);
    for (Json& entry : turned.at("expected")) transpose(entry.at("params").at(p), columns);
  }
  return turned;
}

}  // namespace thalweg::oracle
