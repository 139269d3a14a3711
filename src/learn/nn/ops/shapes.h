// What shapes become of operations that take several of them, or axes.
#pragma once

#include <algorithm>
#include <string>

#include "nn/ops/axis.h"
#include "thalweg/error.h"
#include "thalweg/params.h"

namespace thalweg {

// The shape that both are repeated to. Throws Error(usage) where sizes differ and neither is 1.
inline Shape broadcast(const char* name, const Shape& a, const Shape& b) {
  Shape out = a.size() < b.size() ? b : a;
  for (std::size_t i = 1; i <= std::min(a.size(), b.size()); ++i) {
    const std::int64_t left = a[a.size() - i], right = b[b.size() - i];
    if (left != right && left != 1 && right != 1) {
      throw Error(Code::usage, {name, "the shapes do not fit", print_shape(a) + " and " + print_shape(b),
                                "sizes that are equal, or 1, from the last dimension on", ""});
    }
    out[out.size() - i] = left == 1 ? right : left;
  }
  return out;
}

// The place of an axis that may be counted from the last.
inline std::size_t checked_axis(const char* name, int axis, const Shape& shape) {
  check_axis(name, axis, shape);
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<int>(shape.size()) : axis);
}

// Elements of the dimensions begin .. end-1.
inline std::size_t count_between(const Shape& shape, std::size_t begin, std::size_t end) {
  const auto at = [&](std::size_t i) { return shape.begin() + static_cast<std::ptrdiff_t>(i); };
  return static_cast<std::size_t>(count(Shape(at(begin), at(end))));
}

}  // namespace thalweg
