#include "thalweg/lab/tour.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/spec.h"
#include "thalweg/chain.h"
#include "thalweg/lab/problem.h"
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
  EXPECT_EQ(ids,
            (std::vector<std::string_view>{"descent", "batches", "rates", "momentum", "adagrad", "rmsprop",
                                           "adam", "adamw", "warmup", "linear", "cosine", "cycles"}));
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
      "--range \"-1.8 1.06 -1.13 1.12\" --html descent.html");
  EXPECT_EQ(all[1].command,
            "thalweg landscape linear_regression --paths \"sgd(lr=0.3)\" --batch 1,8,full --epochs 8 "
            "--html batches.html");
  EXPECT_EQ(
      all[11].command,
      "thalweg landscape styblinski_tang --paths \"sgd(lr=cosine(0.03)); sgd(lr=cyclic(0.03, cycles=3))\" "
      "--steps 240 --start \"4 4\" --noise 30 --seed 3 --html cycles.html");
}

const Stop& stop_of(std::string_view id) {
  const auto found = std::ranges::find(stops(), id, &Stop::id);
  EXPECT_NE(found, stops().end()) << id;
  return *found;
}

SurfacePath path(std::string_view stop, std::size_t number) {
  return landscape_of(stop_of(stop)).paths[number];
}
double loss(std::string_view stop, std::size_t number) { return path(stop, number).losses.back(); }

// What the sentences and captions say of the pictures.
TEST(Tour, PicturesShowWhatIsSaid) {
  const std::vector<SurfacePath> batches = landscape_of(stop_of("batches")).paths;
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(batches[0].points.size(), 513u);
  EXPECT_EQ(batches[1].points.size(), 65u);
  EXPECT_EQ(batches[2].points.size(), 9u);
  const std::vector<SurfacePath> rates = landscape_of(stop_of("rates")).paths;
  EXPECT_NEAR(rates[2].points[1].x, 4 * (1 - 1.8), 1e-12);  // on the opposite wall
  EXPECT_GT(rates[3].losses[12], rates[3].losses[0]);
  EXPECT_LT(rates[2].losses[12], rates[2].losses[0]);
  EXPECT_LT(loss("momentum", 1), loss("momentum", 0) / 1000);
  EXPECT_LT(loss("adagrad", 1), loss("adagrad", 0) / 1000);  // in the bowl
  EXPECT_GT(loss("rmsprop", 0), 100 * loss("rmsprop", 1));   // AdaGrad behind its steep start
  const PlanePoint l2 = path("adamw", 0).points.back(), adamw = path("adamw", 1).points.back();
  EXPECT_LT(l2.x, 0.5);
  EXPECT_GT(l2.y, 2);
  EXPECT_NEAR(adamw.x, adamw.y, 0.5);
  EXPECT_LT(adamw.y, 1.2);
  EXPECT_LT(loss("linear", 1), loss("linear", 0) / 2);
  EXPECT_LT(loss("cosine", 0), std::min(loss("cosine", 1), loss("cosine", 2)));
}

// Half of what a moving average holds is gone after this many updates.
TEST(Tour, RmspropRestsBecauseItsAverageForgetsSlowly) {
  EXPECT_GT(std::pow(0.99, 68), 0.5);
  EXPECT_LT(std::pow(0.99, 69), 0.5);
  const std::vector<double> losses = path("rmsprop", 1).losses;
  EXPECT_LT(losses[40], 0.05);
  EXPECT_GT(losses[200], 0.04);
}

// As it says: 61 rates, 20 for each power of ten.
TEST(Tour, NoConstantRateDoesAsWellAsTheWarmUp) {
  const Stop& stop = stop_of("warmup");
  double best = INFINITY;
  for (int i = 0; i <= 60; ++i) {
    DescendOptions options = stop.options.descend;
    options.until_diverged = true;
    const Descent one = descend(Problem(stop.problem),
                                Chain("gd(lr=" + print_number(0.01 * std::pow(10, i / 20.0)) + ")"), options);
    if (!one.diverged) best = std::min(best, one.losses.back());
  }
  EXPECT_EQ(fmt::format("{:.4f}", best), "0.0172");
  EXPECT_EQ(fmt::format("{:.5f}", loss("warmup", 2)), "0.00003");
  EXPECT_GT(loss("warmup", 0), 0.5);
  EXPECT_LT(path("warmup", 1).points[1].y, -28);  // the first step
  EXPECT_EQ(path("warmup", 2).points[1].y, path("warmup", 2).points[0].y);
}

TEST(Tour, ThreeCyclesEndInThreeHollows) {
  const std::vector<SurfacePath> cycles = landscape_of(stop_of("cycles")).paths;
  std::set<std::pair<bool, bool>> hollows;
  for (const std::size_t end : {80, 160, 240})
    hollows.insert({cycles[1].points[end].x > 0, cycles[1].points[end].y > 0});
  EXPECT_EQ(hollows.size(), 3u);
  const std::vector<double>& losses = cycles[1].losses;
  EXPECT_GT(std::min({losses[80], losses[160], losses[240]}), cycles[0].losses[240] - 1);
}

// The words that the counts are made of, and that they count what the picture's command shows with a seed.
TEST(Tour, CountsOverSeeds) {
  const Stop& adam = stop_of("adam");
  EXPECT_EQ(count_losses(adam),
            "over seeds 1 to 100: rmsprop(lr=0.05) ends lowest in 48, median loss 0.1; adam(lr=0.05) ends "
            "lowest in "
            "52, median loss 0.087");
  EXPECT_EQ(count_hollows(stop_of("cycles")),
            "over seeds 1 to 100: the ends of the three cycles lie in more than one hollow in 80; the last "
            "one is a "
            "hollow deeper than that of one cosine in 25 and shallower in 29, the best one deeper in 30 and "
            "shallower "
            "in 20");
  Stop other = adam;
  other.options.descend.seed = 7;
  EXPECT_EQ(landscape_of(other).paths[1].losses.back(),
            descend(Problem(adam.problem), Chain(adam.paths[1]), other.options.descend).losses.back());
}

// The median of a quantity among the results of an experiment, as it stands there.
double recorded(const std::string& results, std::string_view quantity) {
  const std::string head = "\"" + std::string(quantity) + "\" = {median = ";
  const std::size_t at = results.find(head);
  EXPECT_NE(at, std::string::npos) << quantity;
  return at == std::string::npos ? NAN : std::strtod(results.c_str() + at + head.size(), nullptr);
}

// The decimals of a text, in their order: "0.145".
std::vector<std::string> decimals_of(const std::string& text) {
  const std::regex decimal("[0-9]+\\.[0-9]+");
  return {std::sregex_token_iterator(text.begin(), text.end(), decimal), {}};
}

TEST(Tour, QuotesTheResultsOfExperiments) {
  const std::filesystem::path folder = std::filesystem::path(THALWEG_ROOT) / "experiments";
  for (const Stop& stop : stops()) {
    EXPECT_EQ(stop.measured.empty(), stop.experiment.empty()) << stop.id;
    if (stop.experiment.empty()) continue;
    const std::string results = read_text_file(folder / (std::string(stop.experiment) + ".toml"));
    const std::vector<std::string> decimals = decimals_of(std::string(stop.measured));
    ASSERT_EQ(decimals.size(), stop.quoted.size()) << stop.id;
    for (std::size_t i = 0; i < decimals.size(); ++i) {
      const std::size_t digits = decimals[i].size() - decimals[i].find('.') - 1;
      EXPECT_EQ(fmt::format("{:.{}f}", recorded(results, stop.quoted[i]), digits), decimals[i])
          << stop.quoted[i];
    }
  }
}

TEST(Tour, ExplainsItsWords) {
  const std::string html = tour_html();
  for (const char* word : {"epoch", "update", "seed", "chain", "gd, sgd", "held out"})
    EXPECT_NE(html.find("<dt>" + std::string(word) + "</dt>"), std::string::npos) << word;
  EXPECT_NE(html.find("class=\"lead moves\" hidden>Press Play"), std::string::npos);  // shown by the script
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
