#include "plan/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/test_error.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

Params reference_net() {
  Params params;
  params.add("dense1.weight", {784, 256}, Role::weight);
  params.add("dense1.bias", {256}, Role::bias);
  params.add("norm.scale", {256}, Role::norm);
  params.add("embed.table", {1000, 64}, Role::embedding);
  params.add("dense2.weight", {256, 10}, Role::weight);
  params.add("dense2.bias", {10}, Role::bias);
  return params;
}

// Files whose first line is a chain; what follows is its plan on the reference net.
std::vector<fs::path> golden_files() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(THALWEG_TESTS) / "plans")) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string read_all(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

// The whole content that a golden file should have, from its first line.
std::string golden_text(const fs::path& path) {
  std::string chain;
  std::ifstream in(path);
  std::getline(in, chain);
  return chain + "\n\n" + Chain(chain).explain(reference_net()).text();
}

TEST(Plans, AreAsTheGoldenFilesShow) {
  const std::vector<fs::path> paths = golden_files();
  EXPECT_GE(paths.size(), 12u);
  for (const fs::path& path : paths) {
    EXPECT_EQ(read_all(path), golden_text(path))
        << path.filename() << " shows another plan; Plans.DISABLED_WriteGoldenFiles writes it anew";
  }
}

// Run by hand with --gtest_also_run_disabled_tests after a change of plans; read the difference.
TEST(Plans, DISABLED_WriteGoldenFiles) {
  for (const fs::path& path : golden_files()) {
    const std::string text = golden_text(path);
    std::ofstream(path) << text;
  }
}

TEST(Plans, AsJsonSayTheSame) {
  for (const fs::path& path : golden_files()) {
    SCOPED_TRACE(path.filename());
    std::string text;
    std::ifstream in(path);
    std::getline(in, text);
    const Params params = reference_net();
    const Chain chain(text);
    const Plan plan(chain, params);
    const auto json = nlohmann::json::parse(chain.explain(params).json());
    EXPECT_EQ(json.at("chain"), chain.text());
    EXPECT_EQ(json.at("phases"), plan.phases);
    EXPECT_EQ(json.at("elements"), params.elements());
    EXPECT_EQ(json.at("state_bytes"), plan.state_bytes(params));
    ASSERT_EQ(json.at("groups").size(), plan.groups.size());
    std::uint64_t parameters = 0, state = 0;
    for (const auto& group : json.at("groups")) {
      parameters += group.at("parameters").size();
      state += group.at("state_bytes").get<std::uint64_t>();
      for (const auto& phase : group.at("phases")) {
        const std::size_t streams = phase.at("reads").size() + phase.at("writes").size();
        EXPECT_EQ(phase.at("bytes_per_element"), 4 * streams);
      }
    }
    EXPECT_EQ(parameters, params.size());
    EXPECT_EQ(state, plan.state_bytes(params));
  }
}

TEST(Plan, ParametersWithTheSameChainAndTypeAreAGroup) {
  Params params = reference_net();
  params.add("wide", {3, 3}, Role::weight, Dtype::f64);
  const Plan plan(Chain("adam | decay(0.1, on=matrices) | lr(0.1)"), params);
  ASSERT_EQ(plan.groups.size(), 3u);
  EXPECT_EQ(plan.groups[0].parameters, (std::vector<std::size_t>{0, 4}));
  EXPECT_EQ(plan.groups[1].parameters, (std::vector<std::size_t>{1, 2, 3, 5}));
  EXPECT_EQ(plan.groups[2].parameters, (std::vector<std::size_t>{6}));
  EXPECT_EQ(plan.groups[1].links, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(plan.groups[2].dtype, Dtype::f64);
}

TEST(Plan, APhaseEndsWhereASumOverAllParametersIsNeeded) {
  const Params params = reference_net();
  EXPECT_EQ(Plan(Chain("adam | lr(1)"), params).phases, 1u);
  EXPECT_EQ(Plan(Chain("clip_norm(1) | adam | lr(1)"), params).phases, 2u);
  EXPECT_EQ(Plan(Chain("clip_norm(1) | adam | clip_norm(1) | lr(1)"), params).phases, 3u);
  EXPECT_EQ(Plan(Chain("clip_norm(1, on=other) | lr(1)"), params).phases, 1u) << "nobody needs the sum";
}

TEST(Plan, ALoopDoesOneRuleAndTilesDoSeveral) {
  const Params params = reference_net();
  const auto fused = [&](const char* text) {
    const Plan plan(Chain(text), params);
    return plan.groups[0].phases.back().kind == Phase::Kind::loop;
  };
  EXPECT_TRUE(fused("lr(1)"));
  EXPECT_TRUE(fused("decay(1) | scale(2) | adam | decay(1) | lr(1) | decay(2)"));
  EXPECT_TRUE(fused("adam | clip_norm(1) | momentum | lr(1)")) << "one rule a phase";
  EXPECT_TRUE(fused("adam | lr(1) | nonnegative | average")) << "which act on what the loop has written";
  EXPECT_FALSE(fused("momentum(mu=0) | adam | lr(1)"));
  EXPECT_FALSE(fused("adam | lr(1) | schedule_free")) << "which reads the update";
}

TEST(Plan, StateIsCountedInBytes) {
  Params params = reference_net();
  const std::uint64_t elements = params.elements();
  EXPECT_EQ(Plan(Chain("lr(1)"), params).state_bytes(params), 0u);
  EXPECT_EQ(Plan(Chain("momentum | lr(1)"), params).state_bytes(params), 4 * elements);
  EXPECT_EQ(Plan(Chain("momentum | adam | lr(1)"), params).state_bytes(params), 12 * elements);
  params[0].set_frozen(true);
  EXPECT_EQ(Plan(Chain("adam | lr(1)"), params).state_bytes(params), 8 * (elements - params[0].size()));
}

std::string error_of(const char* chain, const Params& params) {
  return usage_error([&] { Plan(Chain(chain), params); });
}

TEST(Plan, AParameterWithoutARateIsAnErrorThatNamesIt) {
  const Params params = reference_net();
  expect_contains(error_of("adam", params), "`dense1.weight`");
  expect_contains(error_of("adam | lr(1, on=matrices)", params), "`dense1.bias`");
  expect_contains(error_of("lr(1, on=[matrices, bias, norm])", params), "`embed.table`");
  expect_contains(error_of("adam | nonnegative | lr(1) | schedule_free", params),
                  "`nonnegative` to the left of it");
  expect_contains(error_of("maximize | adam | cautious | lr(1)", params), "`maximize` to the left of it");
  expect_contains(error_of("scale(-1) | cautious | lr(1)", params), "`scale` to the left of it");
  expect_contains(usage_error([&] { Plan(Chain(), params); }), "no learning rate");
}

TEST(Plan, AFrozenParameterNeedsNoRate) {
  Params params = reference_net();
  for (Parameter& p : params) p.set_frozen(p.role() != Role::bias);
  const Plan plan(Chain("adam | lr(1, on=bias)"), params);
  EXPECT_EQ(plan.groups.size(), 1u);
  EXPECT_EQ(plan.group_of[0], Plan::kNoGroup);
}

TEST(Plan, APatternWithoutAMatchIsAnErrorThatNamesIt) {
  const Params params = reference_net();
  const std::string error = error_of("adam | decay(1, on=dense1.wieght) | lr(1)", params);
  expect_contains(error, "`dense1.wieght`");
  expect_contains(error, "`decay`");
  expect_contains(error, "did you mean `dense1.weight`?");
  expect_contains(error_of("adam(on=[bias, conv*]) | lr(1)", params), "`conv*`");
  expect_contains(error_of("lr(1, on=\"bias\") | lr(1)", params), "`bias`");
}

TEST(Plan, ALengthThatIsOpenIsAnErrorThatNamesTheOption) {
  const Params params = reference_net();
  expect_contains(error_of("adam | lr(cosine(1))", params), "`total`");
  expect_contains(error_of("adam | lr(cosine(1, total=9, warmup=1ep))", params), "`warmup`");
  expect_contains(error_of("adam(beta1=linear(0.9)) | lr(1)", params), "`total` of `linear(0.9)`");
}

// The transforms, by number, that act on a parameter.
std::vector<std::size_t> links_of(const char* chain, const char* name) {
  Params params = reference_net();
  const Plan plan(Chain(chain), params);
  const auto index = static_cast<std::size_t>(
      std::find_if(params.begin(), params.end(), [&](const Parameter& p) { return p.name() == name; }) -
      params.begin());
  return plan.groups[plan.group_of[index]].links;
}

TEST(Rest, IsWhatNoOtherTransformOfTheKindSelects) {
  const char* chain = "decay(1, on=norm) | decay(2, on=embedding) | decay(3, on=rest) | lr(1)";
  using Links = std::vector<std::size_t>;
  EXPECT_EQ(links_of(chain, "norm.scale"), (Links{0, 3}));
  EXPECT_EQ(links_of(chain, "embed.table"), (Links{1, 3}));
  EXPECT_EQ(links_of(chain, "dense1.bias"), (Links{2, 3}));
}

TEST(Rest, AllRulesAreOneKindAndOtherTransformsKindsOfTheirOwn) {
  const char* chain = "momentum(on=matrices) | decay(1, on=bias) | adam(on=rest) | lr(1, on=rest)";
  using Links = std::vector<std::size_t>;
  EXPECT_EQ(links_of(chain, "dense1.weight"), (Links{0, 3}));
  EXPECT_EQ(links_of(chain, "dense1.bias"), (Links{1, 2, 3})) << "a decay takes nothing from adam";
  EXPECT_EQ(links_of(chain, "norm.scale"), (Links{2, 3}));
}

TEST(Rest, NextToATransformOnAllIsNothing) {
  using Links = std::vector<std::size_t>;
  EXPECT_EQ(links_of("adam | momentum(on=rest) | lr(1)", "norm.scale"), (Links{0, 2}));
}

TEST(Rest, AloneIsAll) {
  using Links = std::vector<std::size_t>;
  EXPECT_EQ(links_of("adam(on=rest) | lr(1, on=rest)", "dense2.bias"), (Links{0, 1}));
}

TEST(Rest, InAListAddsToTheOthers) {
  using Links = std::vector<std::size_t>;
  const char* chain = "adam(on=[matrices, norm]) | momentum(on=[norm, rest]) | lr(1)";
  EXPECT_EQ(links_of(chain, "dense1.weight"), (Links{0, 2}));
  EXPECT_EQ(links_of(chain, "norm.scale"), (Links{0, 1, 2}));
  EXPECT_EQ(links_of(chain, "dense1.bias"), (Links{1, 2}));
}

TEST(Explain, NotesWhatSelectsNothing) {
  const Params params = reference_net();
  const std::string text = Chain("adam | decay(0.1, on=other) | lr(1)").explain(params).text();
  expect_contains(text, "decay(0.1, on=other) selects no parameters");
  EXPECT_EQ(Chain("adam | lr(1)").explain(params).text().find("note"), std::string::npos);
  const auto json =
      nlohmann::json::parse(Chain("adam | decay(0.1, on=other) | lr(1)").explain(params).json());
  EXPECT_EQ(json.at("idle").size(), 1u);
}

TEST(Explain, NotesRatesThatMultiply) {
  const Params params = reference_net();
  const Explanation twice = Chain("adam | lr(0.05) | lr(0.1, on=\"dense1.*\")").explain(params);
  ASSERT_EQ(twice.multiplied.size(), 1u) << twice.text();
  expect_contains(twice.text(),
                  "the rates multiply for `dense1.weight` and 1 more: lr(0.05) | lr(0.1, on=\"dense1.*\")");
  EXPECT_EQ(nlohmann::json::parse(twice.json()).at("multiplied").size(), 1u);
  for (const char* apart : {"adam | lr(0.05, on=rest) | lr(0.1, on=\"dense1.*\")",
                            "adam | lr(0.05, on=\"!dense1.*\") | lr(0.1, on=\"dense1.*\")"}) {
    EXPECT_TRUE(Chain(apart).explain(params).multiplied.empty()) << apart;
  }
}

TEST(Explain, CountsTheParameterWhereADecayBeforeASumReadsIt) {
  const Params params = reference_net();
  const auto reads = [&](const char* chain, std::size_t phase) {
    const auto json = nlohmann::json::parse(Chain(chain).explain(params).json());
    return json.at("groups").at(0).at("phases").at(phase).at("reads").dump();
  };
  EXPECT_EQ(reads("clip_norm(1) | lr(1)", 0), R"(["g"])");
  EXPECT_EQ(reads("decay(1) | clip_norm(1) | lr(1)", 0), R"(["p","g"])");
  EXPECT_EQ(reads("decay(1) | clip_norm(1) | clip_norm(2) | lr(1)", 1), R"(["p","g"])");
  EXPECT_EQ(reads("decay(1) | adam | clip_norm(1) | clip_norm(2) | lr(1)", 1), R"(["u"])");
  EXPECT_EQ(reads("adam | decay(1) | clip_norm(1) | clip_norm(2) | lr(1)", 1), R"(["p","u"])");
}

TEST(Explain, OfNoParametersIsShort) {
  const Params none;
  expect_contains(Chain("adam | lr(1)").explain(none).text(), "over 0 elements in 0 parameters, 0 groups");
}

TEST(Explain, FailsAsBindingDoes) {
  const Params params = reference_net();
  expect_contains(usage_error([&] { Chain("adam").explain(params); }), "no learning rate");
  expect_contains(usage_error([&] { Chain("lr(cosine(1))").explain(params).json(); }), "`total`");
}

}  // namespace
}  // namespace thalweg
