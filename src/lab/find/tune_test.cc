#include "thalweg/lab/tune.h"

#include <algorithm>
#include <cmath>

#include "run/test_run.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

class Tune : public RunTest {
 protected:
  Tuned search(TuneOptions options, const std::string& epochs = "3") const {
    RunSettings base({.threads = 1});
    base.set("model", "dense(10)");
    base.set("epochs", epochs);
    return tune(base, {{"optimizer", "adam(lr=log(1e-5, 10))"}}, options);
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    const std::string text = read_text_file(path("search") / "trials.jsonl");
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
      out.push_back(text.substr(begin, end - begin));
    std::sort(out.begin(), out.end());
    return out;
  }
};

TEST_F(Tune, HalvingGivesTheBetterThirdThriceTheEpochs) {
  const Tuned tuned = search({.trials = 9, .threads = 2}, "9");
  ASSERT_EQ(tuned.trials.size(), 9u);
  EXPECT_EQ(tuned.trained, 9u + 3u + 1u);
  std::vector<std::uint64_t> epochs;
  for (const TuneTrial& trial : tuned.trials) epochs.push_back(trial.epochs);
  EXPECT_EQ(epochs, (std::vector<std::uint64_t>{9, 3, 3, 1, 1, 1, 1, 1, 1}));
  const double rate = tuned.trials[0].values[0].number;  // neither still nor thrown about
  EXPECT_GT(rate, 3e-4);
  EXPECT_LT(rate, 1);
}

TEST_F(Tune, RandomSearchTrainsAllToTheEnd) {
  const Tuned tuned = search({.trials = 5, .repeats = 2, .halving = false});
  EXPECT_EQ(tuned.trained, 10u);
  for (const TuneTrial& trial : tuned.trials) EXPECT_EQ(trial.epochs, 3u);
  EXPECT_TRUE(std::ranges::is_sorted(tuned.trials, {},
                                     [](const TuneTrial& t) { return t.diverged ? INFINITY : t.loss; }));
}

TEST_F(Tune, IsTheSameForAnyNumberOfThreads) {
  EXPECT_EQ(search({.trials = 6, .threads = 1}).json(), search({.trials = 6, .threads = 3}).json());
}

TEST_F(Tune, GoesOnWhereItWasCutOff) {
  const TuneOptions options{.trials = 6, .threads = 2, .folder = path("search")};
  const Tuned whole = search(options);
  const std::vector<std::string> all = lines();
  std::string text = read_text_file(path("search") / "trials.jsonl");
  std::size_t cut = 0;
  for (int i = 0; i < 4; ++i) cut = text.find('\n', cut) + 1;
  replace_file(path("search") / "trials.jsonl", text.substr(0, cut + 10));  // three trainings and a torn line
  const Tuned resumed = search(options);
  EXPECT_EQ(resumed.found, 3u);
  EXPECT_EQ(resumed.trained, whole.trained - 3);
  EXPECT_EQ(lines(), all);
  EXPECT_EQ(resumed.text(), whole.text());
  EXPECT_EQ(search(options).trained, 0u);
}

TEST_F(Tune, RefusesTheFolderOfAnotherSearch) {
  search({.trials = 1, .folder = path("search")}, "1");
  EXPECT_THROW(search({.trials = 1, .folder = path("search")}, "2"), Error);
  EXPECT_THROW(search({.trials = 1, .seed = 2, .folder = path("search")}, "1"), Error);
}

TEST_F(Tune, RefusesBeforeItTrains) {
  RunSettings base({.threads = 1});
  const TuneOptions options{.trials = 3, .folder = path("search")};
  EXPECT_THROW(tune(base, {{"optimizer", "adam(lr=1e-3)"}}, options), Error);
  EXPECT_THROW(tune(base, {{"optimizer", "adam(beta1=uniform(2, 3), lr=1)"}}, options), Error);
  EXPECT_THROW(tune(base, {{"model", "dense(choice(7, 8))"}}, options), Error);
  EXPECT_FALSE(fs::exists(path("search")));
}

TEST_F(Tune, ShowsWhatItFound) {
  const Tuned tuned = search({.trials = 4}, "1");
  EXPECT_TRUE(has(tuned.html(), "best " + tuned.trials[0].values[0].value));
  EXPECT_TRUE(has(tuned.text(), "adam.lr"));
  EXPECT_TRUE(has(tuned.json(), "\"values\": {\"adam.lr\": "));
}

}  // namespace
}  // namespace thalweg
