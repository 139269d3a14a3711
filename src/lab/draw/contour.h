// The outlines of where a function on a grid is at least a level (marching squares; Lorensen and Cline 1987
// in two dimensions).
#pragma once

#include <cstddef>
#include <vector>

namespace thalweg::page {

struct Place {
  double x = 0, y = 0;  // in cells of the grid: column and row
  bool operator==(const Place&) const = default;
};

using Outline = std::vector<Place>;  // closed: the last point is joined to the first

// Outlines of the part of a grid of columns x rows values, row by row, where they are at least `level`; along
// its edge they follow the edge. Filled by the rule of even and odd they are that part. NaN is below every
// level. Values between the points of the grid are interpolated linearly along its lines; where the corners
// of a cell are above and below crosswise, their mean decides which of them are joined. Outlines are
// simplified: no point that is left out is further than `tolerance` cells from its line.
std::vector<Outline> outlines(const std::vector<double>& values, std::size_t columns, std::size_t rows,
                              double level, double tolerance = 0);

}  // namespace thalweg::page
