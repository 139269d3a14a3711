#include "landscape/picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "thalweg/error.h"

namespace thalweg {
namespace {

using nlohmann::json;

// f over [-1, 1]^2.
Landscape over(double (*f)(double x, double y), std::size_t points = 41) {
  Landscape out{"a <title>", "made & drawn.", "x", "y", {{-1, 1, -1, 1}, points, points, {}}, {}, NAN, {}};
  const double last = static_cast<double>(points - 1);
  for (std::size_t j = 0; j < points; ++j) {
    for (std::size_t i = 0; i < points; ++i) {
      out.surface.values.push_back(
          f(2 * static_cast<double>(i) / last - 1, 2 * static_cast<double>(j) / last - 1));
    }
  }
  return out;
}

Landscape bowl() {
  Landscape out = over([](double x, double y) { return x * x + y * y; });
  out.minima = {{0, 0}};
  out.least = 0;
  out.paths = {
      {"one", "lr(0.1)", {{-0.5, 0.5}, {0, 0.25}, {0, 0}}, {0.5, 0.0625, 0}, {0.7, 0.25, 0}, {}, false},
      {"</script><b>", "", {{-0.5, 0.5}, {2, 1e200}}, {0.5, 1e300}, {}, {}, true}};
  return out;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

TEST(LandscapeLevels, AreEvenWhereTheValuesAre) {
  const page::Levels levels = page::levels_of(over([](double x, double y) { return x + y; }));
  EXPECT_FALSE(levels.log);
  ASSERT_GE(levels.values.size(), 5u);
  const double step = levels.values[1] - levels.values[0];
  for (std::size_t i = 1; i < levels.values.size(); ++i) {
    EXPECT_NEAR(levels.values[i] - levels.values[i - 1], step, 1e-12);
  }
}

TEST(LandscapeLevels, AreOfDecadesWhereTheValuesSpanMany) {
  Landscape steep = over([](double x, double y) { return 3 + std::exp(8 * (x + y)); });
  steep.least = 3;
  const page::Levels levels = page::levels_of(steep);
  EXPECT_TRUE(levels.log);
  EXPECT_EQ(levels.floor, 3);
  EXPECT_LE(levels.values.size(), 15u);
  for (const double level : levels.values) {
    const double decade = std::log10(level - 3) - std::floor(std::log10(level - 3) + 1e-9);
    const bool round = std::abs(decade) < 1e-6 || std::abs(decade - std::log10(2)) < 1e-6 ||
                       std::abs(decade - std::log10(3)) < 1e-6 || std::abs(decade - std::log10(5)) < 1e-6;
    EXPECT_TRUE(round) << level;
  }
}

TEST(LandscapeLevels, NothingToShowIsNoError) {
  EXPECT_TRUE(page::levels_of(over([](double, double) { return 2.0; })).values.empty());
  EXPECT_TRUE(page::levels_of(over([](double, double) { return std::nan(""); })).values.empty());
  for (const auto f :
       {+[](double, double) { return 2.0; }, +[](double, double) { return std::nan(""); },
        +[](double x, double) { return 1 / x; }, +[](double x, double) { return std::log(x); }}) {
    EXPECT_NE(landscape_svg(over(f)).find("</svg>"), std::string::npos);
    EXPECT_NE(landscape_html(over(f)).find("</html>"), std::string::npos);
  }
}

TEST(LandscapeFrame, PlacesAndFarPoints) {
  const page::Frame frame({-1, 1, -1, 1});
  const page::Point middle = frame.at({0, 0});
  EXPECT_NEAR(frame.at({1, 1}).x - middle.x, middle.x - frame.at({-1, 1}).x, 1e-9);
  EXPECT_LT(frame.at({0, 1}).y, middle.y);  // y grows upwards
  const page::Point far = frame.at({1e300, 1e300});
  EXPECT_LT(std::abs(far.x), 1e5);
  const page::Point one = frame.at({1, 1});
  EXPECT_NEAR((far.y - middle.y) / (far.x - middle.x), (one.y - middle.y) / (one.x - middle.x), 1e-6);
}

TEST(LandscapePicture, StandsAloneAndSaysWhatIsCutOff) {
  const std::string svg = landscape_svg(bowl());
  EXPECT_TRUE(svg.starts_with("<svg "));
  EXPECT_NE(svg.find("xmlns=\"http://www.w3.org/2000/svg\""), std::string::npos);
  EXPECT_NE(svg.find("prefers-color-scheme: dark"), std::string::npos);
  EXPECT_NE(svg.find("a &lt;title&gt;"), std::string::npos);
  EXPECT_NE(svg.find("diverges after update 1"), std::string::npos);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(count_of(svg, "class=\"track\" d=\"M"), 2u);
  EXPECT_EQ(count_of(svg, "<g class=\"line s"), 2u);  // of the legend
  EXPECT_EQ(count_of(svg, "<title>minimum</title>"), 1u);
}

TEST(LandscapePicture, TheResultOfALongNameIsSaid) {
  Landscape landscape = bowl();
  landscape.paths[0].name = "clip_norm(1) | momentum(0.9) | lr(0.003)";
  const std::string svg = landscape_svg(landscape);
  const std::regex line(">clip_norm\\(1\\)[^<]*…[^<]*lr\\(0.003\\): loss 0 after 2<title>([^<]*)<");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(svg, found, line));
  EXPECT_EQ(found[1], "clip_norm(1) | momentum(0.9) | lr(0.003): loss 0 after 2");
}

TEST(LandscapePicture, LeavingIsSaid) {
  Landscape landscape = bowl();
  landscape.paths.pop_back();
  landscape.paths[0].points[1] = {3, 0};
  EXPECT_EQ(page::path_remark(landscape, landscape.paths[0]), "leaves the picture at update 1");
  landscape.paths[0].updates = {0, 50, 100};
  EXPECT_EQ(page::path_remark(landscape, landscape.paths[0]), "leaves the picture at update 50");
}

TEST(LandscapePage, IsOneFileThatAsksNothing) {
  const std::string html = landscape_html(bowl());
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(count_of(html, "script-src"), 1u);
  EXPECT_EQ(count_of(html, "<script"), 3u);
  EXPECT_EQ(count_of(html, "</script"), 3u);  // no text of a path ends one
  EXPECT_EQ(count_of(html, "http"),
            count_of(html, "http-equiv") + count_of(html, "http://www.w3.org/2000/svg"));
  EXPECT_EQ(html.find("src="), std::string::npos);
  for (const char* part :
       {"class=\"play\"", "class=\"time\"", "class=\"speed\"", "<canvas", "aria-label=\"update\"",
        "prefers-reduced-motion", "Home", "requestAnimationFrame"}) {
    EXPECT_NE(html.find(part), std::string::npos) << part;
  }
}

TEST(LandscapePage, DataAreThoseOfThePaths) {
  const Landscape landscape = bowl();
  const json data = json::parse(page::animation_data(landscape, page::levels_of(landscape), "one", true));
  EXPECT_EQ(data["last"], 2);
  ASSERT_EQ(data["paths"].size(), 2u);
  EXPECT_EQ(data["paths"][0]["u"], json::parse("[0, 1, 2]"));
  EXPECT_EQ(data["paths"][0]["l"], json::parse("[0.5, 0.0625, 0]"));
  EXPECT_EQ(data["paths"][0]["p"].size(), 6u);
  const json& surface = data["surface"];
  EXPECT_EQ(surface["z"].size(), surface["n"].get<std::size_t>() * surface["m"].get<std::size_t>());
  ASSERT_EQ(surface["axes"].size(), 3u);
  EXPECT_EQ(surface["axes"][0]["name"], "x");
  EXPECT_EQ(surface["axes"][0]["ticks"][0], json::parse("[0, \"\u22121.0\"]"));
  EXPECT_EQ(surface["axes"][2]["name"], "loss");
  EXPECT_GE(surface["axes"][2]["ticks"].size(), 2u);
}

TEST(LandscapePage, LongPathsAreThinned) {
  Landscape landscape = bowl();
  SurfacePath& path = landscape.paths[0];
  path.distances.clear();
  path.points.assign(100'001, {0.1, 0.1});
  path.losses.assign(100'001, 0.02);
  const auto drawn = page::drawn_points(path);
  EXPECT_LE(drawn.size(), 801u);
  EXPECT_EQ(drawn.front(), 0u);
  EXPECT_EQ(drawn.back(), 100'000u);
  EXPECT_LT(landscape_html(landscape).size(), 300'000u);
}

TEST(LandscapePage, WithoutPathsThereIsNoTime) {
  Landscape landscape = bowl();
  landscape.paths.clear();
  const std::string html = landscape_html(landscape);
  EXPECT_EQ(html.find("class=\"play\""), std::string::npos);
  EXPECT_EQ(html.find("<table"), std::string::npos);
}

TEST(LandscapeJson, HasEveryNumber) {
  const json data = json::parse(landscape_json(bowl()));
  EXPECT_EQ(data["schema"], 1);
  EXPECT_EQ(data["values"].size(), 41u * 41);
  EXPECT_EQ(data["range"], json::parse("[-1, 1, -1, 1]"));
  EXPECT_EQ(data["paths"][0]["points"][1], json::parse("[0, 0.25]"));
  EXPECT_EQ(data["paths"][0]["updates"], json::parse("[0, 1, 2]"));
  EXPECT_EQ(data["paths"][1]["diverged"], true);
  EXPECT_TRUE(data["paths"][1]["distances"].is_null());
}

TEST(LandscapePicture, RefusesWhatIsNoPicture) {
  Landscape landscape = bowl();
  landscape.surface.values.pop_back();
  EXPECT_THROW(landscape_svg(landscape), Error);
  landscape = bowl();
  landscape.paths.assign(13, landscape.paths[0]);
  EXPECT_THROW(landscape_html(landscape), Error);
  landscape = bowl();
  landscape.paths[0].losses.clear();
  EXPECT_THROW(landscape_html(landscape), Error);
}

}  // namespace
}  // namespace thalweg
