// Where the words of a drawing stand so that they cover neither a line nor each other.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "draw/drawing.h"

namespace thalweg::page {

struct Box {
  double left, top, right, bottom;

  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
  // Whether the straight line between two points passes through it.
  bool meets(const Point& from, const Point& to) const;
};

// Places beside a point, from it: `right` words begin at x, others end there.
struct Beside {
  double x, y;
  bool right;
};

class WordPlaces {
 public:
  // Words stay within a box; the letters of a line are `letter` wide and `line` high.
  WordPlaces(const Box& within, double letter, double line) : within_(within), letter_(letter), line_(line) {}

  // What words may not cover; a point that is not finite parts a line.
  void avoid(const Box& box) { taken_.push_back(box); }
  void avoid(std::vector<Point> line) { lines_.push_back(std::move(line)); }

  // The nearest place for words beside a point, which is then taken; none where there is none near.
  std::optional<Beside> take(const Point& at, std::string_view words);

 private:
  bool is_free(const Box& box) const;

  Box within_;
  double letter_, line_;
  std::vector<Box> taken_;
  std::vector<std::vector<Point>> lines_;
};

}  // namespace thalweg::page
