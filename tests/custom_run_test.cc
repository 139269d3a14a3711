// Runs whose model and optimizer name what the program has added: trained, resumed, evaluated, listed.
#include "run/test_run.h"
#include "thalweg/arithmetic.h"
#include "thalweg/catalog.h"
#include "thalweg/custom_layer.h"
#include "thalweg/custom_transform.h"

namespace thalweg {
namespace {

void registered() {
  [[maybe_unused]] static const bool once = [] {
    register_layer(
        {.card = {.name = "gain",
                  .doc = "x times what is learnt",
                  .options = {{.name = "start", .fallback = "2"}}},
         .plan =
             [](const Shape& input, std::span<const double> options, std::vector<LayerWeight>& weights) {
               weights.push_back(
                   {.name = "scale", .shape = input, .init = options[0] == 2 ? "constant(2)" : "ones"});
               return input;
             },
         .record = [](Tape& tape, Tensor x, std::span<const double>,
                      std::span<const Tensor> weights) { return multiply(tape, x, weights[0]); }});
    register_transform(
        {.card = {.name = "smooth", .options = {{.name = "beta", .fallback = "0.5", .max = 1}}},
         .state = {"mean"}},
        [](const auto& block) {
          for (std::size_t i = 0; i < block.update.size(); ++i) {
            auto& mean = block.state[0][i];
            mean += static_cast<std::remove_cvref_t<decltype(mean)>>(1 - block.options[0]) *
                    (block.update[i] - mean);
            block.update[i] = mean;
          }
        });
    return true;
  }();
}

class CustomRun : public RunTest {};

TEST_F(CustomRun, IsTrainedResumedAndEvaluated) {
  registered();
  RunConfig config = small();
  config.model = "gain | dense(24) | relu | gain(1) | dense(10)";
  config.optimizer = "smooth(linear(0.2, total=100%)) | adam(lr=1e-2)";
  config.keeping.checkpoint_every = "20";
  Training whole = Training::create(config, path("whole"));
  advance(whole, UINT64_MAX);
  whole.finish();
  {
    Training first = Training::create(config, path());
    advance(first, 30);
  }
  Training second = Training::resume(path());
  advance(second, UINT64_MAX);
  second.finish();
  EXPECT_EQ(read_text_file(checkpoint(46)), read_text_file(checkpoint(46, "whole")));
  EXPECT_GT(evaluate_run(path(), {}, 1, "46").test.accuracy, 0.8);
  EXPECT_TRUE(has(read_text_file(path() / "config.toml"), "gain(start=2) | dense(24") ||
              has(read_text_file(path() / "config.toml"), "gain"));
}

TEST_F(CustomRun, OfALayerThatIsNotRegisteredSaysSo) {
  Training run = Training::create(small(), path());
  advance(run, UINT64_MAX);
  run.finish();
  std::string text = read_text_file(path() / "config.toml");
  const std::size_t at = text.find("dense(");
  ASSERT_NE(at, std::string::npos);
  replace_file(path() / "config.toml", text.replace(at, 6, "quixotic("));
  for (const auto& call :
       std::vector<std::function<void()>>{[&] { evaluate_run(path()); }, [&] { Training::resume(path()); }}) {
    try {
      call();
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_TRUE(has(error.what(), "got `quixotic`; want a layer, listed or registered by the program"))
          << error.what();
    }
  }
}

TEST_F(CustomRun, IsListed) {
  registered();
  EXPECT_TRUE(has(help_text("gain"), "gain (layers): x times what is learnt"));
  EXPECT_TRUE(has(help_text("smooth"), "state: mean"));
  EXPECT_TRUE(has(catalog_json("layers"), "\"name\": \"gain\""));
  const std::size_t before = catalog().size();
  register_layer(
      {.card = {.name = "later_layer"},
       .record = [](Tape&, Tensor x, std::span<const double>, std::span<const Tensor>) { return x; }});
  EXPECT_EQ(catalog().size(), before + 1);
}

}  // namespace
}  // namespace thalweg
