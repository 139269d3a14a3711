#include "thalweg/lab/tour.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "tour/stops.h"

namespace thalweg {
namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

TEST(Tour, GoesFromGradientDescentToCycles) {
  std::vector<std::string_view> ids;
  for (const Stop& stop : stops()) ids.push_back(stop.id);
  EXPECT_EQ(ids, (std::vector<std::string_view>{"descent", "batches", "rates", "adagrad", "rmsprop", "adam",
                                                "adamw", "warmup", "linear", "cosine", "cycles"}));
}

TEST(Tour, SaysEachIdeaInOneSentence) {
  for (const TourStop& stop : tour_stops()) {
    EXPECT_EQ(count_of(stop.sentence, ". "), 0u) << stop.title;
    EXPECT_TRUE(stop.sentence.ends_with(".")) << stop.title;
  }
}

TEST(Tour, WritesTheCommandOfAPicture) {
  const std::vector<TourStop> all = tour_stops();
  EXPECT_EQ(
      all[0].command,
      "thalweg landscape \"quadratic(condition=10)\" --paths \"gd(lr=0.07)\" --steps 60 --start \"-1.3 0.9\" "
      "--html descent.html");
  EXPECT_EQ(all[1].command,
            "thalweg landscape linear_regression --paths \"sgd(lr=0.3)\" --batch 1,8,full --epochs 8 "
            "--html batches.html");
  EXPECT_EQ(
      all[10].command,
      "thalweg landscape styblinski_tang --paths \"sgd(lr=cosine(0.03)); sgd(lr=cyclic(0.03, cycles=3))\" "
      "--steps 240 --start \"4 4\" --noise 25 --seed 6 --html cycles.html");
}

// What the sentences and captions say of the pictures.
TEST(Tour, PicturesShowWhatIsSaid) {
  const auto end = [](std::size_t stop, std::size_t path) {
    return landscape_of(stops()[stop]).paths[path].points.back();
  };
  const auto loss = [](std::size_t stop, std::size_t path) {
    return landscape_of(stops()[stop]).paths[path].losses.back();
  };
  const std::vector<SurfacePath> batches = landscape_of(stops()[1]).paths;
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(batches[0].points.size(), 513u);
  EXPECT_EQ(batches[1].points.size(), 65u);
  EXPECT_EQ(batches[2].points.size(), 9u);
  const std::vector<SurfacePath> rates = landscape_of(stops()[2]).paths;
  EXPECT_NEAR(rates[2].points[1].x, 4 * (1 - 1.8), 1e-12);  // on the opposite wall
  EXPECT_GT(rates[3].losses[12], rates[3].losses[0]);
  EXPECT_LT(rates[2].losses[12], rates[2].losses[0]);
  EXPECT_LT(loss(3, 1), loss(3, 0) / 1000);  // AdaGrad in the bowl
  EXPECT_GT(loss(4, 0), 100 * loss(4, 1));   // AdaGrad behind its steep start
  EXPECT_LT(loss(5, 1), loss(5, 0) / 2);     // Adam among noise
  const PlanePoint l2 = end(6, 0), adamw = end(6, 1);
  EXPECT_LT(l2.x, 0.5);
  EXPECT_GT(l2.y, 2);
  EXPECT_NEAR(adamw.x, adamw.y, 0.5);
  EXPECT_LT(adamw.y, 1.2);
  EXPECT_GT(loss(7, 0), 10 * loss(7, 1));  // another valley
  EXPECT_LT(loss(8, 1), loss(8, 0) / 2);
  const std::vector<SurfacePath> cycles = landscape_of(stops()[10]).paths;
  EXPECT_LT(cycles[1].losses[159], cycles[1].losses[79]);
  EXPECT_LT(cycles[1].losses[240], cycles[1].losses[159]);
  EXPECT_LT(cycles[1].losses[240], cycles[0].losses[240]);
}

TEST(Tour, NamesExperimentsThatAreThere) {
  const std::filesystem::path folder = std::filesystem::path(THALWEG_ROOT) / "experiments";
  for (const Stop& stop : stops()) {
    EXPECT_EQ(stop.measured.empty(), stop.experiment.empty()) << stop.id;
    if (stop.experiment.empty()) continue;
    EXPECT_TRUE(std::filesystem::exists(folder / (std::string(stop.experiment) + ".toml"))) << stop.id;
  }
}

TEST(Tour, IsOnePageThatAsksNothing) {
  const std::string html = tour_html();
  EXPECT_EQ(count_of(html, "<math"), stops().size());
  EXPECT_EQ(count_of(html, "<svg class=\"landscape\""), stops().size());
  EXPECT_EQ(count_of(html, "class=\"play\""), stops().size());
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(html.find("src="), std::string::npos);
  EXPECT_EQ(html.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace thalweg
