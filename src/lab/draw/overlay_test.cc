#include "draw/overlay.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace thalweg::page {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t times(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

Overlay two() {
  return {
      .id = "o",
      .title = "a < b",
      .x_name = "update",
      .y_name = "value",
      .y_unit = "",
      .curves = {{.name = "first", .points = {{0, 1}, {5, 2}, {10, 3}}, .labels = {{{5, 2}, "half"}}},
                 {.name = "second", .points = {{0, 3}, {5, NAN}, {10, 1}}, .marked = true, .labels = {}}}};
}

TEST(Overlay, CurvesDifferInMoreThanColour) {
  const std::string svg = draw(two());
  EXPECT_TRUE(has(svg, "curve c0"));
  EXPECT_TRUE(has(svg, "curve c1"));
  EXPECT_EQ(times(svg, "stroke-dasharray"), 1u);
  EXPECT_EQ(times(svg, "class=\"mark\""), 2u);  // of the second, not where it has a gap
  EXPECT_TRUE(has(svg, "a &lt; b"));
  EXPECT_TRUE(has(svg, ">half</text>"));
  EXPECT_TRUE(has(svg, "first: 1.000 at 0, 3.000 at 10.00."));
  EXPECT_FALSE(has(svg, "nan"));
}

TEST(Overlay, WordsDoNotCoverEachOther) {
  Overlay o = two();
  o.curves[0].labels.assign(40, {{5, 2}, "the same place"});
  const std::string svg = draw(o);
  EXPECT_EQ(times(svg, "class=\"dot\""), 40u);
  const std::size_t words = times(svg, ">the same place</text>");
  EXPECT_GE(words, 2u);
  EXPECT_LE(words, 12u);
}

TEST(Overlay, ALogAxisLeavesOutWhatIsNotPositive) {
  Overlay o = two();
  o.log_x = true;
  EXPECT_TRUE(has(draw(o), "first: 2.000 at 5.000, 3.000 at 10.00."));
  o.curves.clear();
  EXPECT_TRUE(has(draw(o), "no numbers yet"));
}

TEST(Overlay, AFileOfItsOwnNamesItsCurves) {
  const std::string svg = standalone(two());
  for (const char* part : {"xmlns=", "<style>", ">first</text>", ">second</text>", "prefers-color-scheme"})
    EXPECT_TRUE(has(svg, part)) << part;
  const std::string list = overlay_legend({"a", "<b>"});
  EXPECT_EQ(times(list, "<li>"), 2u);
  EXPECT_TRUE(has(list, "&lt;b&gt;"));
}

}  // namespace
}  // namespace thalweg::page
