#include "draw/drawing.h"

#include <fmt/format.h>

#include "draw/html.h"
#include "draw/number.h"

namespace thalweg::page {

std::string text(std::string_view look, double x, double y, std::string_view words) {
  return fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>", look, coordinate(x), coordinate(y),
                     escape(words));
}

std::string axis_name(const std::string& name, const Axis& axis) {
  if (axis.log) return name + " (log scale)";
  return axis.exponent == 0 ? name : name + " (\u00d7" + power_of_ten(axis.exponent) + ")";
}

}  // namespace thalweg::page
