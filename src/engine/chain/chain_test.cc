#include "thalweg/chain.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <sstream>

#include "base/test_error.h"
#include "chain/link.h"
#include "chain/recipes.h"

namespace thalweg {
namespace {

std::string expanded(std::string_view text) { return Chain(text).text(); }

std::string error_of(std::string_view text) {
  return usage_error([&] { Chain{text}; });
}

TEST(Chain, PrintsNamedOptionsInSpecOrderWithoutDefaults) {
  const std::pair<const char*, const char*> cases[] = {
      {"adam|lr( 0.10 )", "adam | lr(0.1)"},
      {"adam()", "adam"},
      {"adam(eps=1e-6, beta1=0.9, beta2=.95)", "adam(beta2=0.95, eps=1e-6)"},
      {"lr(value=1e-3)", "lr(0.001)"},
      {"momentum(nesterov=true, mu=0.5)", "momentum(0.5, nesterov=true)"},
      {"momentum(0.9)", "momentum"},
      {"momentum(nesterov=true)", "momentum(nesterov=true)"},
      {"clip_norm(1, form=torch)", "clip_norm(1)"},
      {"clip_norm(form=optax, max=2)", "clip_norm(2, form=optax)"},
      {"scale(-1)", "scale(-1)"},
      {"decay(1e-5, on=all)", "decay(1e-5)"},
      {"decay(0.1, on=[matrices,embedding])", "decay(0.1, on=[matrices, embedding])"},
      {"lr(1, on=\"a b\")", "lr(1, on=\"a b\")"},
      {"lr(1, on=conv*.weight)", "lr(1, on=conv*.weight)"},
      {"lr(cosine(3e-4,total=1e4,warmup=500))", "lr(cosine(0.0003, total=10000, warmup=500))"},
      {" \n adam \t | \n lr(1) ", "adam | lr(1)"},
  };
  for (const auto& [given, want] : cases) {
    EXPECT_EQ(expanded(given), want);
    EXPECT_EQ(Chain(given), Chain(want));
    EXPECT_EQ(expanded(want), want);
  }
}

TEST(Chain, CanPrintEveryOption) {
  EXPECT_EQ(Chain("adam | lr(0.1)").text(true),
            "adam(beta1=0.9, beta2=0.999, eps=1e-8, eps_place=corrected, eps_root=0, bias_correction=true, "
            "amsgrad=false, amsgrad_form=raw, dialect=own, on=all) | lr(0.1, on=all)");
  EXPECT_EQ(
      Chain("momentum | lr(linear(1, total=9))").text(true),
      "momentum(0.9, nesterov=false, dampening=0, first_step=gradient, rate_inside=false, dialect=own, "
      "on=all) | "
      "lr(linear(1, total=9, warmup=0, floor=0, warmup_from=0, past=hold, warmup_shape=linear, align=done), "
      "on=all)");
}

TEST(Chain, GoesToStreamsAndIsBuiltFromParts) {
  std::ostringstream out;
  out << (Chain("clip_norm(1)") | Chain("adam") | Chain("lr(0.1)"));
  EXPECT_EQ(out.str(), "clip_norm(1) | adam | lr(0.1)");
  EXPECT_EQ((Chain() | Chain("lr(1)")).text(), "lr(1)");
  EXPECT_EQ(Chain().text(), "");
}

TEST(Chain, LrOnARuleStandsRightOfIt) {
  EXPECT_EQ(expanded("adam(lr=0.001)"), "adam | lr(0.001)");
  EXPECT_EQ(expanded("adam(beta2=0.95, lr=0.001)"), "adam(beta2=0.95) | lr(0.001)");
  EXPECT_EQ(expanded("momentum(0.5, lr=0.1)"), "momentum(0.5) | lr(0.1)");
  EXPECT_EQ(expanded("adam(lr=cosine(1, total=10))"), "adam | lr(cosine(1, total=10))");
  EXPECT_EQ(expanded("clip_norm(1) | adam(lr=1)"), "clip_norm(1) | adam | lr(1)");
}

TEST(Chain, DecayOnARuleStandsLeftOfItAndActsOnAll) {
  EXPECT_EQ(expanded("adam(lr=0.001, decay=0.01)"), "decay(0.01) | adam | lr(0.001)");
  EXPECT_EQ(expanded("adam(decay=0.01) | lr(0.001)"), "decay(0.01) | adam | lr(0.001)");
}

TEST(Chain, SugarActsOnTheParametersOfItsRule) {
  EXPECT_EQ(expanded("adam(lr=1, decay=0.1, on=bias)"),
            "decay(0.1, on=bias) | adam(on=bias) | lr(1, on=bias)");
}

TEST(Chain, RecipesExpand) {
  const std::pair<const char*, const char*> cases[] = {
      {"gd(lr=0.1)", "lr(0.1)"},
      {"gd(lr=0.1, decay=0.01)", "decay(0.01) | lr(0.1)"},
      {"sgd(lr=0.1)", "lr(0.1)"},
      {"sgd(lr=0.1, momentum=0.5)", "momentum(0.5) | lr(0.1)"},
      {"sgd(lr=0.1, momentum=0.9, nesterov=true)", "momentum(nesterov=true) | lr(0.1)"},
      {"sgd(lr=0.1, momentum=0.5, decay=1e-4)", "decay(0.0001) | momentum(0.5) | lr(0.1)"},
      {"adamw(lr=0.001)", "adam | decay(0.01, on=[matrices, embedding]) | lr(0.001)"},
      {"adamw(lr=0.001, decay=0.1)", "adam | decay(0.1, on=[matrices, embedding]) | lr(0.001)"},
      {"adamw(lr=0.001, beta2=0.95, eps=1e-6)",
       "adam(beta2=0.95, eps=1e-6) | decay(0.01, on=[matrices, embedding]) | lr(0.001)"},
      {"clip_norm(1) | adamw(lr=cosine(1e-3, total=9))",
       "clip_norm(1) | adam | decay(0.01, on=[matrices, embedding]) | lr(cosine(0.001, total=9))"},
  };
  for (const auto& [given, want] : cases) EXPECT_EQ(expanded(given), want) << given;
}

// The arguments of a transform in the template of a recipe, but for options that have the rule's own default.
std::size_t arguments_of_its_own(const Recipe& recipe, const Link& link) {
  std::size_t own = 0;
  for (const Item& item : parse({"recipe", std::string(recipe.chain)})) {
    if (item.name != link.transform->spec.name) continue;
    for (const Arg& arg : item.args) {
      if (arg.value.word == "$*") continue;
      const Spec& spec = link.transform->spec;
      const Option& option = spec.options[arg.name.empty() ? 0 : *spec.find(arg.name)];
      const bool slot = arg.value.word.starts_with('$');
      const std::string_view given =
          slot ? recipe.spec.options[*recipe.spec.find(arg.value.word.substr(1))].fallback : arg.value.word;
      own += !given.empty() && given != option.fallback ? 1 : 0;
    }
  }
  return own;
}

TEST(Chain, EveryRecipeExpandsToTransformsWithTheirOwnDefaults) {
  for (const Recipe& recipe : recipes()) {
    const std::string text = std::string(recipe.spec.name) + "(lr=0.5)";
    const Chain chain(text);
    for (const Link& link : links_of(chain)) {
      EXPECT_NE(find_transform(link.transform->spec.name), nullptr) << text;
      if (link.transform->scope == Scope::element) {
        EXPECT_EQ(link.item(false).args.size(), arguments_of_its_own(recipe, link))
            << text << ": a default of the recipe is not the rule's";
      }
    }
  }
}

TEST(Chain, ARateByPositionIsOfferedByName) {
  expect_contains(error_of("adam(1e-3)"), "write `adam(lr=1e-3)`");
  expect_contains(error_of("adamw(cosine(1, total=3))"), "write `adamw(lr=cosine(1, total=3))`");
  expect_contains(error_of("sgd(0.1, momentum=0.9)"), "write `sgd(lr=0.1)`");
}

TEST(Chain, ErrorsShowTheTextWithACaretUnderThePlace) {
  expect_contains(error_of("adam | lrr(0.1)"), "optimizer, column 8: unknown name; got `lrr`");
  expect_contains(error_of("adam | lrr(0.1)"), "\n  adam | lrr(0.1)\n         ^");
  expect_contains(error_of("adam(beta1=1) | lr(1)"), "\n  adam(beta1=1) | lr(1)\n             ^");
  expect_contains(error_of("lr(1) lr(2)"), "\n  lr(1) lr(2)\n        ^");
  expect_contains(error_of("adam | lr(cosine(1, totl=5))"),
                  "\n  adam | lr(cosine(1, totl=5))\n                      ^");
}

TEST(Chain, ErrorsOfALongTextShowThePartAroundThePlace) {
  std::string text = "lr(1)";
  for (int i = 0; i < 60; ++i) text += " | lr(1)";
  text += " | lrr(1)";
  const std::string error = error_of(text);
  expect_contains(error, "...");
  expect_contains(error, "lrr(1)");
  const std::size_t shown = error.find("\n  ...");
  ASSERT_NE(shown, std::string::npos);
  EXPECT_LT(error.find('\n', shown + 1) - shown, 115u);
}

TEST(Chain, ErrorsNameWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "a name is missing"},
      {"  ", "a name is missing"},
      {"|", "a name is missing"},
      {"adam |", "a name is missing"},
      {"adam(", "a bracket is not closed"},
      {"adm(", "did you mean `adam`?"},
      {"adm(", "`)` is missing at the end"},
      {"lr(1", "a bracket is not closed"},
      {"lr(1))", "unexpected character"},
      {"lr", "`lr` needs `value`"},
      {"adamw", "`adamw` needs `lr`"},
      {"sgd(momentum=0.9)", "`sgd` needs `lr`"},
      {"lr(-1)", "at least 0"},
      {"lr(value=1, 2)", "positional argument after a named one"},
      {"lr(1, all)", "too many arguments for `lr`"},
      {"lr(1, bias)", "too many arguments for `lr`"},
      {"clip_norm(0)", "above 0"},
      {"clip_norm(1, optx)", "did you mean `optax`?"},
      {"adam(beta2=1)", "[0, 1)"},
      {"adam(lr=1, lr=2)", "`lr` is given twice"},
      {"adam(decay=1, decay=2)", "`decay` is given twice"},
      {"adam(beta1=0.5, beta1=0.6)", "`beta1` is given twice"},
      {"sgd(lr=1, nesterov=true)", "`nesterov` has no effect"},
      {"lr(\"0.1\")", "a number or a schedule"},
      {"lr(0.1 | 0.2)", "one schedule"},
      {"lr(adam)", "`value` of `lr`"},
      {"lr(adam(1))", "`adam`; did you mean `noam`? (see `thalweg list schedules`)"},
      {"lr(cosine(-1, total=9))", "`peak` of `cosine`"},
      {"adam(beta1=linear(2, total=9))", "leaves the range of `beta1`"},
      {"adam(beta1=linear(0.9, total=9, floor=1))", "leaves the range of `beta1`"},
      {"clip_norm(constant(1, warmup=5))", "leaves the range of `max`"},
      {"momentum(nesterov=1)", "true or false"},
      {"decay(0.1, on=[])", "`on` of `decay`"},
      {"decay(0.1, on=f(x))", "`on` of `decay`"},
  };
  for (const auto& [text, want] : cases) {
    SCOPED_TRACE(text);
    expect_contains(error_of(text), want);
  }
}

TEST(Chain, BracketsNestAtMost64Deep) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "lr(";
    return text + "1" + std::string(static_cast<std::size_t>(depth), ')');
  };
  expect_contains(error_of(nested(65)), "too deeply nested");
  expect_contains(error_of(nested(10000)), "too deeply nested");
  expect_contains(
      error_of(nested(64)),
      "want a schedule (see `thalweg list schedules`)");  // deep enough to be read, and then wrong
}

TEST(Chain, IsAValue) {
  Chain a("adam | lr(1)");
  const Chain b = a;
  a = Chain("lr(2)");
  EXPECT_EQ(b.text(), "adam | lr(1)");
  EXPECT_NE(a, b);
}

TEST(Chain, ResolvesEveryLength) {
  const Chain chain(
      "adam(beta2=linear(0.95, floor=0.9)) | decay(linear(1, total=2ep)) | lr(cosine(1, warmup=5%))");
  expect_contains(chain.unresolved(), "total");
  const Chain resolved = chain.resolve({.updates = 1000, .per_epoch = 50});
  EXPECT_EQ(resolved.unresolved(), "");
  EXPECT_EQ(resolved.text(),
            "adam(beta2=linear(0.95, total=1000, floor=0.9)) | decay(linear(1, total=100)) | "
            "lr(cosine(1, total=1000, warmup=50))");
  EXPECT_EQ(Chain("adam | lr(1)").unresolved(), "");
  EXPECT_NE(chain.unresolved(), "");  // it has not changed
}

TEST(Chain, NamesTheFirstLengthThatIsOpen) {
  expect_contains(Chain("adam | lr(cosine(1, warmup=2ep))").resolve({.updates = 10}).unresolved(), "warmup");
  expect_contains(Chain("adam | lr(cosine(1))").unresolved(), "cosine(1)");
}

// A11
TEST(Chain, TellsAScheduleThatEndsBeforeTheRunDoes) {
  const Chain chain(
      "momentum(one_cycle(0.9, total=10, opposite=true)) | lr(one_cycle(1, total=10)) | scale(0.5)");
  EXPECT_TRUE(chain.early_ends(10).empty());
  const std::vector<std::string> lines = chain.early_ends(12);
  ASSERT_EQ(lines.size(), 2u);
  expect_contains(lines[1], "`one_cycle(1, total=10)` ends at update 9 of 12 and stays at 4e-6 from then on");
  EXPECT_TRUE(Chain("lr(linear(1, total=9))").early_ends(10).empty());
  EXPECT_EQ(Chain("lr(linear(1, total=8))").early_ends(10).size(), 1u);
  EXPECT_TRUE(Chain("lr(cosine(1, total=6, past=bounce))").early_ends(10).empty()) << "it climbs again";
  EXPECT_TRUE(Chain("lr(product([linear(1, total=6, floor=0.5), exponential(1, gamma=0.9)]))")
                  .early_ends(10)
                  .empty());
  EXPECT_TRUE(Chain("lr(step(1, every=2))").early_ends(1000).empty()) << "it has no end";
  EXPECT_TRUE(Chain("lr(linear(1))").resolve({.updates = 1000}).early_ends(1000).empty());
}

TEST(Chain, KnowsItsRate) {
  EXPECT_EQ(Chain("adam(lr=1e-3)").rate(), 1e-3);
  EXPECT_EQ(Chain("adam | lr(cosine(0.5, warmup=5%)) | lr(2, on=bias)").rate(), 0.5);
  EXPECT_EQ(Chain("adam | decay(0.1)").rate(), std::nullopt);
  EXPECT_TRUE(Chain("adam(lr=1)").has("lr"));
  EXPECT_FALSE(Chain("adam(lr=1)").has("momentum"));
}

TEST(Chain, TakesAnotherRate) {
  const auto with = [](const char* text, double rate) { return Chain(text).with_rate(rate).text(); };
  EXPECT_EQ(with("adam(lr=1e-3)", 0.5), "adam | lr(0.5)");
  EXPECT_EQ(with("momentum | lr(0) | decay(0.5)", 0.1), "momentum | lr(0.1) | decay(0.5)");
  EXPECT_EQ(with("adam | lr(0.02, on=matrices) | lr(3e-4, on=rest)", 0.2),
            "adam | lr(0.2, on=matrices) | lr(0.003, on=rest)");
  EXPECT_EQ(with("lr(cosine(5e-3, warmup=5%, floor=10%))", 0.5), "lr(cosine(0.5, warmup=5%, floor=10%))");
  EXPECT_EQ(with("lr(cosine(5e-3, warmup=5%, floor=1e-3))", 0.5), "lr(cosine(0.5, warmup=5%, floor=0.1))");
  EXPECT_EQ(with("adam | average", 0.1), "adam | lr(0.1) | average");
}

// The values are those of the schedule times the factor, whatever its text has become.
TEST(Chain, AnotherRateScalesAScheduleAtEveryUpdate) {
  for (const char* text :
       {"0.5", "constant(0.5)", "cosine(0.5, total=100, warmup=10)", "linear(0.5, total=50, floor=0.1)",
        "cyclic(0.5, total=100, cycles=3, floor=5%)", "join([0.5, linear(0.25, total=50)], at=[20])",
        "linear(0.5, total=50, warmup=5, warmup_from=0.1)", "step(0.5, every=30)"}) {
    const Schedule before(text);
    const Chain chain = Chain("lr(" + std::string(text) + ")").with_rate(before.highest() / 4);
    const Schedule& after = links_of(chain).front().numbers.front();
    for (std::uint64_t k = 0; k <= 120; ++k) EXPECT_NEAR(after(k), before(k) / 4, 1e-15) << text << " " << k;
  }
}

TEST(Chain, RefusesARateThatItCannotHave) {
  const auto refusal = [](const char* text, double rate) {
    return usage_error([&] { Chain(text).with_rate(rate); });
  };
  expect_contains(refusal("lr(1)", -1), "out of range");
  expect_contains(refusal("lr(1)", INFINITY), "out of range");
  expect_contains(refusal("lr(linear(0, total=9))", 1), "no peak to scale");
  expect_contains(refusal("lr(0, on=bias) | lr(1, on=rest)", 1), "no peak to scale");
}

TEST(Chain, TakesAnotherSchedule) {
  const Schedule schedule("cosine(1, warmup=5%)");
  EXPECT_EQ(Chain("adam | decay(0.1)").with_schedule(schedule).text(),
            "adam | decay(0.1) | lr(cosine(1, warmup=5%))");
  EXPECT_EQ(Chain("adam | average").with_schedule(schedule).text(),
            "adam | lr(cosine(1, warmup=5%)) | average");
  EXPECT_EQ(Chain("lr(1, on=bias) | lr(2, on=rest)").with_schedule(0.5).text(),
            "lr(0.5, on=bias) | lr(0.5, on=rest)");
}

TEST(Chain, ResolvingTellsAWarmupThatDoesNotEnd) {
  const Chain chain("adam | lr(cosine(1, warmup=500))");
  expect_contains(usage_error([&] { chain.resolve({.updates = 400}); }), "warmup=500, total=400");
}

// optax calls `decay` what is the share that an average keeps.
TEST(Chain, DecayOfARuleInOptaxsDialectIsRefusedWithBothMeanings) {
  for (const auto& [text, option] : {std::pair("rmsprop(lr=0.1, decay=0.9, dialect=optax)", "`alpha=0.9`"),
                                     std::pair("momentum(decay=0.9, dialect=optax)", "`mu=0.9`")}) {
    const std::string error = error_of(text);
    expect_contains(error, "has two meanings under dialect=optax");
    expect_contains(error, option);
    expect_contains(error, "`decay(0.9) | ");
  }
  EXPECT_EQ(Chain("rmsprop(lr=0.1, decay=0.9)").text(), "decay(0.9) | rmsprop | lr(0.1)");
  EXPECT_EQ(Chain("rmsprop(lr=0.1, alpha=0.9, dialect=optax)").text(), "rmsprop(dialect=optax) | lr(0.1)");
}

}  // namespace
}  // namespace thalweg
