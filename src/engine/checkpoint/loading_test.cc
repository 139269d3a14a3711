// Loading what is not quite the same: renamed, of another model, of another chain; and from memory.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/file.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "checkpoint/test_model.h"
#include "thalweg/checkpoint.h"

namespace thalweg {
namespace {

using Names = std::vector<std::string>;

std::vector<std::byte> bytes_of(TestModel& model, const SaveOptions& options = {}) {
  return checkpoint_bytes(model.params, *model.optimizer, options);
}

LoadReport load(std::span<const std::byte> bytes, TestModel& model, const LoadOptions& options = {}) {
  return load_checkpoint(bytes, model.params, *model.optimizer, options);
}

// Loading must fail and change nothing; returns why.
std::string refusal(std::span<const std::byte> bytes, TestModel& model, const LoadOptions& options = {},
                    Code code = Code::data) {
  const auto before = model.contents();
  const std::string message = error_of(code, [&] { load(bytes, model, options); });
  EXPECT_EQ(model.contents(), before);
  return message;
}

Names kept(const LoadReport& report) {
  Names out;
  for (const auto& [from, to] : report.kept) out.push_back(from == to ? from : from + " -> " + to);
  return out;
}

std::map<std::string, std::string> contents_of(const TestModel& fresh, const std::string& prefix) {
  std::map<std::string, std::string> out;
  for (const auto& [name, bytes] : const_cast<TestModel&>(fresh).contents()) {
    if (name.starts_with(prefix)) out[name] = bytes;
  }
  return out;
}

const std::string kPlainAdam = "adam | lr(0.01)";

TEST(Loading, FromMemoryIsLoadingFromAFileOfTheSameBytes) {
  const TestFolder folder;
  TestModel saved(kItems, kAdam, 1);
  saved.train(3);
  const SaveOptions options{.metadata = {{"note", "x"}}};
  save_checkpoint(folder.path() / "a", saved.params, *saved.optimizer, options);
  const std::vector<std::byte> bytes = bytes_of(saved, options);
  EXPECT_TRUE(bytes == read_file(folder.path() / "a"));
  save_parameters(folder.path() / "p", saved.params, 3, options);
  EXPECT_TRUE(parameter_bytes(saved.params, 3, options) == read_file(folder.path() / "p"));

  TestModel loaded(kItems, kAdam, 2), weights(kItems, kAdam, 2);
  const LoadReport report = load(bytes, loaded);
  EXPECT_EQ(report.metadata.at("note"), "x");
  EXPECT_EQ(report.kept.size(), kItems.size() * 4);  // value, m, v, clock
  EXPECT_TRUE(report.fresh.empty() && report.dropped.empty());
  EXPECT_EQ(loaded.contents(), saved.contents());
  EXPECT_EQ(read_metadata(bytes), report.metadata);
  load_parameters(bytes, weights.params);
  EXPECT_EQ(weights.contents().at("w"), saved.contents().at("w"));
}

TEST(Loading, E4FindsEveryDamagedByteInMemory) {
  TestModel saved(kItems, kAdam, 1), model(kItems, kAdam, 2);
  saved.train(2);
  std::vector<std::byte> bytes = bytes_of(saved);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= std::byte{4};
    for (const LoadOptions& options : {LoadOptions{}, LoadOptions{.other_chain = true, .partial = true}})
      ASSERT_TRUE(refusal(bytes, model, options).starts_with("checkpoint in memory")) << i;
    bytes[i] ^= std::byte{4};
  }
  ASSERT_FALSE(refusal(std::span(bytes).first(bytes.size() - 1), model).empty());
  load(bytes, model);
  EXPECT_EQ(model.contents(), saved.contents());
}

TEST(Loading, E11AnyNumberOfThreadsGivesTheSameBytes) {
  const TestFolder folder;
  const TestItems items = {{"w", {1'500'001}}, {"b", {7}}, {"d", {300'000}, Dtype::f64}};
  TestModel saved(items, kMomentum, 1);
  saved.train(1);
  const std::vector<std::byte> one = bytes_of(saved);
  const auto want = saved.contents();
  for (const int threads : {1, 2, 7, 16}) {
    save_checkpoint(folder.path() / "a", saved.params, *saved.optimizer, {.threads = threads});
    EXPECT_TRUE(read_file(folder.path() / "a") == one) << threads;
    EXPECT_TRUE(bytes_of(saved, {.threads = threads}) == one) << threads;
    TestModel file(items, kMomentum, 2), memory(items, kMomentum, 3);
    load_checkpoint(folder.path() / "a", file.params, *file.optimizer, {.threads = threads});
    load(one, memory, {.threads = threads});
    EXPECT_TRUE(file.contents() == want && memory.contents() == want) << threads;
    EXPECT_EQ(read_metadata(folder.path() / "a", threads).at("updates"), "1");
  }
  std::vector<std::byte> damaged = one;
  damaged[damaged.size() / 2] ^= std::byte{1};
  TestModel model(items, kMomentum, 2);
  EXPECT_NE(refusal(damaged, model, {.threads = 7}).find("the data does not match its checksum"),
            std::string::npos);
}

TEST(Loading, E3AThousandTimesTakesNoMemory) {
  const TestFolder folder;
  TestModel saved(kItems, kAdam, 1), model(kItems, kAdam, 2);
  saved.train(2);
  save_checkpoint(folder.path() / "a", saved.params, *saved.optimizer);
  const auto load_again = [&] { load_checkpoint(folder.path() / "a", model.params, *model.optimizer); };
  for (int i = 0; i < 100; ++i) load_again();
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  for (int i = 0; i < 1000; ++i) load_again();
  getrusage(RUSAGE_SELF, &after);
#if !defined(THALWEG_SANITIZED)  // which keeps what was freed for a while
  EXPECT_LE(after.ru_maxrss - before.ru_maxrss, 1024) << "kilobytes";
#endif
  EXPECT_EQ(model.contents(), saved.contents());
}

TEST(Loading, E5PartialFillsWhatMatchesAndReportsTheRest) {
  TestModel saved({{"w", {3, 2}}, {"b", {2}}, {"old", {4}}}, kPlainAdam, 1);
  saved.train(5);
  const std::vector<std::byte> bytes = bytes_of(saved);
  const TestItems items = {{"w", {3, 2}}, {"b", {3}}, {"new", {1}}};
  TestModel model(items, kPlainAdam, 2);
  EXPECT_NE(refusal(bytes, model).find("no `new`"), std::string::npos);
  model.train(2);
  const auto before = model.contents();
  const LoadReport report = load(bytes, model, {.partial = true});
  EXPECT_EQ(kept(report), (Names{"w", "optimizer/w/adam.m", "optimizer/w/adam.v", "clock/w"}));
  EXPECT_EQ(report.fresh, (Names{"b", "new", "optimizer/b/adam.m", "optimizer/b/adam.v",
                                 "optimizer/new/adam.m", "optimizer/new/adam.v", "clock/b", "clock/new"}));
  EXPECT_EQ(report.dropped, (Names{"b", "clock/b", "clock/old", "old", "optimizer/b/adam.m",
                                   "optimizer/b/adam.v", "optimizer/old/adam.m", "optimizer/old/adam.v"}));
  const auto after = model.contents(), want = saved.contents();
  EXPECT_EQ(after.at("w"), want.at("w"));
  EXPECT_EQ(after.at("optimizer/w/adam.v"), want.at("optimizer/w/adam.v"));
  EXPECT_EQ(after.at("clock/w"), "5");
  EXPECT_EQ(after.at("b"), before.at("b"));  // left as it was, its state begun anew
  EXPECT_EQ(after.at("optimizer/b/adam.m"), std::string(12, '\0'));
  EXPECT_EQ(after.at("clock/b"), "0");
  EXPECT_EQ(model.optimizer->updates(), 5u);
}

TEST(Loading, PartialParametersAloneListTheirOwn) {
  TestModel saved({{"w", {3, 2}}, {"b", {2}}}, kPlainAdam, 1), model({{"w", {3, 2}}, {"c", {2}}}, "lr(1)", 2);
  const LoadReport report = load_parameters(bytes_of(saved), model.params, {.partial = true});
  EXPECT_EQ(kept(report), Names{"w"});
  EXPECT_EQ(report.fresh, Names{"c"});
  EXPECT_EQ(report.dropped, Names{"b"});
}

TEST(Loading, E5RemapRenamesParametersWithTheirState) {
  TestModel saved({{"model.w", {3, 2}}, {"model.deep/b", {2}}, {"head", {1}}}, kPlainAdam, 1);
  saved.train(3);
  const std::vector<std::byte> bytes = bytes_of(saved);
  const TestItems items = {{"w", {3, 2}}, {"net/deep/b.bias", {2}}, {"top", {1}}};
  TestModel model(items, kPlainAdam, 2);
  const LoadOptions options{.remap = {{"model.deep*", "net/deep*.bias"}, {"model.*", "*"}, {"head", "top"}}};
  const LoadReport report = load(bytes, model, options);
  EXPECT_TRUE(report.fresh.empty() && report.dropped.empty());
  const Names names = kept(report);
  EXPECT_EQ(names[0], "model.w -> w");
  EXPECT_NE(std::ranges::find(names, "optimizer/model.deep/b/adam.v -> optimizer/net/deep/b.bias/adam.v"),
            names.end());
  const auto got = model.contents(), want = saved.contents();
  EXPECT_EQ(got.at("w"), want.at("model.w"));
  EXPECT_EQ(got.at("optimizer/net/deep/b.bias/adam.m"), want.at("optimizer/model.deep/b/adam.m"));
  EXPECT_EQ(got.at("clock/top"), want.at("clock/head"));
}

TEST(Loading, RefusesRenamesThatCannotBe) {
  TestModel saved({{"a", {2}}, {"b", {2}}}, kMomentum, 1), model({{"a", {2}}, {"b", {2}}}, kMomentum, 2);
  const std::vector<std::byte> bytes = bytes_of(saved);
  const auto of = [&](const Rename& rename) {
    return refusal(bytes, model, {.remap = {rename}}, Code::usage);
  };
  EXPECT_EQ(of({"c", "a"}),
            "remap: matches no tensor of checkpoint in memory; got `c` to `a`; want a name of the file, or a "
            "pattern");
  expect_contains(of({"b", "a"}), "two tensors of checkpoint in memory get the same name");
  expect_contains(of({"*b*", "*"}), "no pattern");
  expect_contains(of({"b", "*"}), "no pattern");
  expect_contains(of({"", "b"}), "a name is missing");
}

TEST(Loading, E7AnotherRateIsRefusedUnlessOldOrNewIsChosen) {
  const std::string old_chain = "adam | lr(cosine(0.01, total=20))",
                    new_chain = "adam | lr(cosine(0.5, total=40))";
  TestModel saved(kItems, old_chain, 1);
  saved.train(5);
  const std::vector<std::byte> bytes = bytes_of(saved);
  TestModel use_new(kItems, new_chain, 2);
  expect_contains(refusal(bytes, use_new), "another chain");
  const LoadReport report = load(bytes, use_new, {.other_chain = true});
  EXPECT_TRUE(report.fresh.empty() && report.dropped.empty());
  EXPECT_EQ(use_new.contents(), saved.contents());
  EXPECT_EQ(use_new.optimizer->step().lr, Schedule("cosine(0.5, total=40)")(5));
  TestModel keep_saved(kItems, read_metadata(bytes).at("chain"), 2);
  load(bytes, keep_saved);
  EXPECT_EQ(keep_saved.contents(), saved.contents());
  EXPECT_EQ(keep_saved.optimizer->step().lr, saved.optimizer->step().lr);
}

TEST(Loading, AdamBecomesLionWithItsAverage) {
  TestModel saved({{"w", {3, 2}}}, kPlainAdam, 1);
  saved.train(4);
  TestModel lion({{"w", {3, 2}}}, "lion | lr(0.001)", 2);
  const LoadReport report = load(bytes_of(saved), lion, {.other_chain = true});
  EXPECT_EQ(kept(report), (Names{"w", "optimizer/w/adam.m -> optimizer/w/lion.m", "clock/w"}));
  EXPECT_TRUE(report.fresh.empty());
  EXPECT_EQ(report.dropped, Names{"optimizer/w/adam.v"});
  EXPECT_EQ(lion.contents().at("optimizer/w/lion.m"), saved.contents().at("optimizer/w/adam.m"));
  EXPECT_EQ(lion.contents().at("clock/w"), "4");
  EXPECT_EQ(lion.optimizer->updates(), 4u);
}

// Its average of squares would begin at 0 and count as one of four updates.
TEST(Loading, WhatHasSeenNoUpdateBeginsItsClockAnew) {
  TestModel saved({{"w", {3, 2}}}, "lion | lr(0.001)", 1);
  saved.train(4);
  TestModel adam({{"w", {3, 2}}}, kPlainAdam, 2), begun({{"w", {3, 2}}}, kPlainAdam, 2);
  adam.train(2);
  const LoadReport report = load(bytes_of(saved), adam, {.other_chain = true});
  EXPECT_EQ(kept(report), Names{"w"});
  EXPECT_EQ(report.fresh, (Names{"optimizer/w/adam.m", "optimizer/w/adam.v", "clock/w"}));
  EXPECT_EQ(report.dropped, (Names{"clock/w", "optimizer/w/lion.m"}));
  EXPECT_EQ(contents_of(adam, "optimizer/"), contents_of(begun, "optimizer/"));
  EXPECT_EQ(adam.contents().at("clock/w"), "0");
  EXPECT_EQ(adam.contents().at("w"), saved.contents().at("w"));
}

TEST(Loading, AMaximumMayBeginLate) {
  TestModel saved({{"w", {3, 2}}}, kPlainAdam, 1);
  saved.train(4);
  TestModel model({{"w", {3, 2}}}, "adam(amsgrad=true) | lr(0.01)", 2);
  const LoadReport report = load(bytes_of(saved), model, {.other_chain = true});
  EXPECT_EQ(report.fresh, Names{"optimizer/w/adam.vmax"});
  EXPECT_EQ(model.contents().at("clock/w"), "4");
  EXPECT_EQ(model.contents().at("optimizer/w/adam.vmax"), std::string(24, '\0'));
  EXPECT_EQ(model.contents().at("optimizer/w/adam.m"), saved.contents().at("optimizer/w/adam.m"));
}

TEST(Loading, InitialValuesAreThoseOfTheRule) {
  TestModel saved({{"w", {2}}}, "lr(0.1)", 1);
  TestModel model({{"w", {2}}}, "adagrad(initial_accumulator=0.5) | lr(0.1)", 2);
  model.train(2);
  load(bytes_of(saved), model, {.other_chain = true});
  const auto state = model.optimizer->state();
  EXPECT_EQ(static_cast<const float*>(state[0].buffer.data)[1], 0.5f);
}

TEST(Loading, AnotherChainIsStillOfTheSameParameters) {
  TestModel saved({{"w", {2}}}, kPlainAdam, 1), model({{"w", {3}}, {"x", {1}}}, "lion | lr(1)", 2);
  const std::string message = refusal(bytes_of(saved), model, {.other_chain = true});
  expect_contains(message, "`w` of F32 2 instead of F32 3");
  expect_contains(message, "no `x`");
}

}  // namespace
}  // namespace thalweg
