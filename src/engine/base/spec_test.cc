#include "base/spec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>

#include "base/random.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    {.name = "rate", .type = OptionType::number, .range = kPositive},
    {.name = "lr", .type = OptionType::scalar, .range = kNotNegative},
    {.name = "count", .type = OptionType::integer, .range = kAtLeastOne},
    {.name = "total", .type = OptionType::length, .range = kAtLeastOne},
    {.name = "warmup", .type = OptionType::length, .fallback = "0", .range = kNotNegative},
    {.name = "floor", .type = OptionType::amount, .fallback = "0", .range = kNotNegative},
    {.name = "nesterov", .type = OptionType::flag, .fallback = "false"},
    {.name = "form", .type = OptionType::choice, .fallback = "torch", .choices = "torch|optax"},
    {.name = "target", .type = OptionType::name},
    {.name = "on", .type = OptionType::selector, .fallback = "all"},
    {.name = "beta", .type = OptionType::number, .fallback = "0.9", .range = kFraction},
    {.name = "values", .type = OptionType::numbers, .range = kNotNegative},
    {.name = "at", .type = OptionType::lengths, .range = kNotNegative},
    {.name = "parts", .type = OptionType::schedules},
};
constexpr Spec kSpec{"thing", "a thing with one option of each type", "", kOptions};
constexpr Spec kNamedOnly{"named", "takes its options by name", "", kOptions, false};
constexpr Option kRequired[] = {{.name = "value", .type = OptionType::number, .required = true}};
constexpr Spec kNeedy{"needy", "needs its option", "", kRequired};
constexpr Spec kBare{"bare", "has no options", "", {}};

Settings bound(const Spec& spec, const std::string& text) {
  const Source source{"text", text};
  return bind(spec, parse(source)[0], source);
}

// The message of the Error(usage) that binding `text` throws; empty when it does not.
std::string bind_error(const Spec& spec, const std::string& text) {
  try {
    bound(spec, text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::usage);
    return error.what();
  }
  return {};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Setting setting(const std::string& option, const std::string& value) {
  return bound(kSpec, "thing(" + option + "=" + value + ")")[*kSpec.find(option)];
}

TEST(Spec, EveryTypeReadsItsValues) {
  EXPECT_EQ(std::get<double>(setting("rate", "3e-4")), 3e-4);
  EXPECT_EQ(std::get<double>(setting("lr", "0")), 0.0);
  EXPECT_EQ(std::get<Value>(setting("lr", "cosine(1, total=5)")).text[0].name, "cosine");
  EXPECT_EQ(std::get<double>(setting("count", "12")), 12.0);
  EXPECT_EQ(std::get<double>(setting("count", "1e3")), 1000.0);
  EXPECT_EQ(std::get<Amount>(setting("total", "500")), (Amount{500, Amount::Unit::plain}));
  EXPECT_EQ(std::get<Amount>(setting("total", "5%")), (Amount{5, Amount::Unit::percent}));
  EXPECT_EQ(std::get<Amount>(setting("total", "0.5ep")), (Amount{0.5, Amount::Unit::epochs}));
  EXPECT_EQ(std::get<Amount>(setting("warmup", "0%")), (Amount{0, Amount::Unit::percent}));
  EXPECT_EQ(std::get<Amount>(setting("floor", "10%")), (Amount{10, Amount::Unit::percent}));
  EXPECT_EQ(std::get<Amount>(setting("floor", "0.01")), (Amount{0.01, Amount::Unit::plain}));
  EXPECT_TRUE(std::get<bool>(setting("nesterov", "true")));
  EXPECT_FALSE(std::get<bool>(setting("nesterov", "false")));
  EXPECT_EQ(std::get<std::string>(setting("form", "optax")), "optax");
  EXPECT_EQ(std::get<std::string>(setting("target", "784")), "784");
  EXPECT_EQ(std::get<std::string>(setting("target", "\"a b\"")), "a b");
  EXPECT_EQ(std::get<Value>(setting("on", "matrices")).word, "matrices");
  EXPECT_EQ(std::get<Value>(setting("on", "\"all\"")).kind, Value::Kind::string);
  EXPECT_EQ(std::get<Value>(setting("on", "[matrices, \"a*\"]")).list.size(), 2u);
  const auto list = [](const char* option, const char* value) {
    return std::get<std::vector<Amount>>(setting(option, value));
  };
  EXPECT_EQ(list("values", "[1, 0.5]"), (std::vector<Amount>{{1}, {0.5}}));
  EXPECT_EQ(list("values", "[]"), std::vector<Amount>{});
  EXPECT_EQ(list("at", "[3, 5%, 2ep]"),
            (std::vector<Amount>{{3}, {5, Amount::Unit::percent}, {2, Amount::Unit::epochs}}));
  EXPECT_EQ(std::get<Value>(setting("parts", "[1, cosine(1), x]")).list.size(), 3u);
}

TEST(Spec, EveryTypeRefusesOtherValues) {
  const std::vector<std::tuple<std::string, std::vector<std::string>, std::string>> cases = {
      {"rate",
       {"x", "\"1\"", "1x", "nan", "inf", "1e999", "+1", "0x1p3", "0", "-1", "[1]", "f(1)", "5%"},
       "a number, above 0"},
      {"lr", {"x", "-1", "\"1\"", "[1]"}, "a number or a schedule, at least 0"},
      {"count", {"1.5", "0", "-3", "1e300", "x", "2ep"}, "a whole number, at least 1"},
      {"total",
       {"0", "1.5", "0%", "0ep", "-5%", "-1ep", "5 %", "ep", "%", "x", "5%ep", "f(5)"},
       "updates (500), a share (5%) or epochs (2ep), at least 1"},
      {"warmup", {"-1", "-1%", "0.5", "nan%"}, "at least 0"},
      {"floor", {"2ep", "-1", "-10%", "x"}, "a number or a share (10%), at least 0"},
      {"nesterov", {"1", "True", "\"true\"", "yes"}, "true or false"},
      {"form", {"keras", "\"torch\"", "torch|optax", "1"}, "torch|optax"},
      {"target", {"[a]", "f(1)", "a | b"}, "a name, in quotes"},
      {"on", {"[]", "[[a]]", "f(1)", "a | b", "[a, f(1)]"}, "all, matrices, rest"},
      {"beta", {"1", "1.5", "-0.1"}, "a number, [0, 1)"},
      {"values",
       {"1", "[5%]", "[1, -1]", "[x]", "[[1]]", "[1, f(2)]", "[\"1\"]"},
       "a list of numbers such as"},
      {"at", {"1", "[1.5]", "[3, -1]", "[-1%]", "[x]", "[5%ep]"}, "a list of updates (500), shares (5%)"},
      {"parts", {"1", "f(1)", "[[1]]", "[\"a\"]"}, "a list of schedules and numbers"},
  };
  for (const auto& [option, values, want] : cases) {
    for (const std::string& value : values) {
      const std::string what = bind_error(kSpec, "thing(" + option + "=" + value + ")");
      // `5 %` is no value of the grammar at all.
      if (value == "5 %") {
        EXPECT_TRUE(has(what, "unexpected character")) << what;
        continue;
      }
      EXPECT_TRUE(has(what, "`" + option + "` of `thing` does not accept this; got `"))
          << value << ": " << what;
      EXPECT_TRUE(has(what, "want " + want) || has(what, want)) << value << ": " << what;
    }
  }
}

TEST(Spec, ListsArePrintedAsTheyAreRead) {
  for (const std::string args :
       {"values=[1, 0.5, 3e-5]", "values=[]", "at=[3, 5%, 2ep]", "parts=[1, cosine(1, total=5%)]"}) {
    const std::string text = "thing(" + args + ")";
    EXPECT_EQ(print(Text{unbind(kSpec, bound(kSpec, text))}), text);
  }
}

TEST(Spec, FlagsAndChoicesAreNumbersToo) {
  const auto number = [](const std::string& option, const std::string& value) {
    return as_number(kSpec.options[*kSpec.find(option)], setting(option, value));
  };
  EXPECT_EQ(number("nesterov", "true"), 1.0);
  EXPECT_EQ(number("form", "torch"), 0.0);
  EXPECT_EQ(number("form", "optax"), 1.0);
  EXPECT_EQ(number("rate", "0.5"), 0.5);
  EXPECT_EQ(number("target", "784"), std::nullopt);
  EXPECT_EQ(number("lr", "cosine(1)"), std::nullopt);
}

TEST(Spec, RangesKnowOpenAndClosedEnds) {
  EXPECT_TRUE(kFraction.contains(0.0));
  EXPECT_FALSE(kFraction.contains(1.0));
  EXPECT_FALSE(kPositive.contains(0.0));
  EXPECT_TRUE(kPositive.contains(5e-324));
  EXPECT_TRUE(kNotNegative.contains(0.0));
  EXPECT_TRUE(kNotNegative.contains(-0.0));
  EXPECT_FALSE(kNotNegative.contains(-5e-324));
  EXPECT_TRUE(kAtLeastOne.contains(1.0));
  EXPECT_FALSE(kAnyNumber.contains(NAN));
  constexpr Range kBoth{.min = 0.0, .max = 1.0, .open_min = true, .open_max = true};
  EXPECT_FALSE(kBoth.contains(0.0));
  EXPECT_FALSE(kBoth.contains(1.0));
  EXPECT_TRUE(kBoth.contains(0.5));
}

TEST(Spec, RangesAreShownInTheMessage) {
  const std::vector<std::pair<Range, std::string>> cases = {
      {{.min = 0, .max = 1}, "[0, 1]"},
      {{.min = 0, .max = 1, .open_min = true, .open_max = true}, "(0, 1)"},
      {{.max = 2}, "at most 2"},
      {{.max = 2, .open_max = true}, "below 2"},
      {{}, "any number"},
  };
  for (const auto& [range, want] : cases) {
    const Option options[] = {{.name = "x", .range = range}};
    const Spec spec{"f", "", "", options};
    EXPECT_TRUE(has(bind_error(spec, "f(a)"), "want a number, " + want)) << want;
  }
}

TEST(Spec, ArgumentsByPositionFillTheOptionsInOrder) {
  const Settings settings = bound(kSpec, "thing(1, 2, 3, total=9)");
  EXPECT_EQ(std::get<double>(settings[0]), 1.0);
  EXPECT_EQ(std::get<double>(settings[1]), 2.0);
  EXPECT_EQ(std::get<double>(settings[2]), 3.0);
  EXPECT_EQ(std::get<Amount>(settings[3]).value, 9.0);
}

TEST(Spec, RulesOfPositionsAndNamesAreKept) {
  EXPECT_TRUE(has(bind_error(kSpec, "thing(rate=1, 2)"), "a positional argument after a named one"));
  EXPECT_TRUE(has(bind_error(kSpec, "thing(1, rate=2)"), "`rate` is given twice"));
  EXPECT_TRUE(has(bind_error(kSpec, "thing(lr=1, lr=1)"), "`lr` is given twice"));
  EXPECT_TRUE(has(bind_error(kNamedOnly, "named(1)"), "`named` takes named options only; got `1`"));
  EXPECT_TRUE(has(bind_error(kNeedy, "needy"), "`needy` needs `value`; want a number, any number"));
  EXPECT_TRUE(has(bind_error(kNeedy, "needy(1, 2)"), "too many arguments for `needy`; got `2`"));
  EXPECT_TRUE(has(bind_error(kBare, "bare(1)"), "too many arguments for `bare`; got `1`; want no options"));
  EXPECT_TRUE(has(bind_error(kBare, "bare(a=1)"), "`bare` has no such option; got `a`; want no options"));
}

TEST(Spec, AnUnknownOptionOffersTheNearest) {
  const std::string what = bind_error(kSpec, "thing(nestrov=true)");
  EXPECT_TRUE(has(what,
                  "text, column 7: `thing` has no such option; got `nestrov`; did you mean "
                  "`nesterov`? (see `thalweg help thing`)\n  thing(nestrov=true)\n        ^"))
      << what;
  EXPECT_TRUE(has(bind_error(kNeedy, "needy(q=1)"), "got `q`; want one of its options: value\n"));
  EXPECT_TRUE(
      has(bind_error(kSpec, "thing(q=1)"), "got `q`; want one of its options (see `thalweg help thing`)\n"));
  EXPECT_TRUE(has(bind_error(kSpec, "thing(form=torhc)"), "did you mean `torch`?"));
}

TEST(Spec, TheCaretStandsUnderTheValue) {
  const std::string what = bind_error(kSpec, "thing(rate=1, beta=2)");
  EXPECT_TRUE(has(what, "text, column 20: `beta`")) << what;
  EXPECT_TRUE(has(what, "\n" + std::string(2 + 19, ' ') + "^")) << what;
}

TEST(Spec, DefaultsFillWhatIsNotGiven) {
  const Settings settings = bound(kSpec, "thing");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(settings[0]));
  EXPECT_EQ(std::get<Amount>(settings[4]).value, 0.0);
  EXPECT_FALSE(std::get<bool>(settings[6]));
  EXPECT_EQ(std::get<std::string>(settings[7]), "torch");
  EXPECT_EQ(std::get<Value>(settings[9]).word, "all");
  EXPECT_EQ(std::get<double>(settings[10]), 0.9);
}

// bind, unbind and print: the canonical text.
std::string canonical(const Spec& spec, const std::string& text, bool every = false) {
  return print(Text{unbind(spec, bound(spec, text), every)});
}

TEST(Spec, UnbindLeavesDefaultsOut) {
  EXPECT_EQ(canonical(kSpec, "thing"), "thing");
  EXPECT_EQ(canonical(kSpec, "thing(beta=0.90, form=torch, floor=0, warmup=0, on=all)"), "thing");
  EXPECT_EQ(canonical(kSpec, "thing(beta=.5, total=5.0%, rate=3.0e-5)"), "thing(3e-5, total=5%, beta=0.5)");
  EXPECT_EQ(canonical(kSpec, "thing(lr=cosine( 1,total = 5 ))"), "thing(lr=cosine(1, total=5))");
  EXPECT_EQ(canonical(kNamedOnly, "named(rate=1)"), "named(rate=1)");
  EXPECT_EQ(canonical(kSpec, "thing(target=\"train.csv\")"), "thing(target=train.csv)");
  EXPECT_EQ(canonical(kSpec, "thing(target=\"a b\")"), "thing(target=\"a b\")");
  EXPECT_EQ(canonical(kSpec, "thing(target=\"\")"), "thing(target=\"\")");
  EXPECT_EQ(canonical(kSpec, "thing(on=\"all\")"), "thing(on=\"all\")");  // a pattern, not the keyword
}

TEST(Spec, UnbindCanShowEveryOption) {
  EXPECT_EQ(canonical(kSpec, "thing(1)", true),
            "thing(1, warmup=0, floor=0, nesterov=false, form=torch, on=all, beta=0.9)");
}

RC_GTEST_PROP(SpecLaw, CanonicalTextReadsBackToTheSameSettings, ()) {
  const auto number = [] { return print_number(std::abs(*rc::gen::arbitrary<double>()) + 1); };
  const auto unit = [] { return *rc::gen::element<std::string>("", "%", "ep"); };
  std::string text = "thing(rate=" + number() + ", lr=" + number();
  if (*rc::gen::arbitrary<bool>()) text += ", total=" + std::to_string(*rc::gen::inRange(1, 999)) + unit();
  if (*rc::gen::arbitrary<bool>()) text += ", floor=" + number() + *rc::gen::element<std::string>("", "%");
  if (*rc::gen::arbitrary<bool>()) text += ", nesterov=true";
  text += ", target=" + print_word(*rc::gen::arbitrary<std::string>()) + ")";
  for (const bool every : {false, true}) {
    const std::string printed = canonical(kSpec, text, every);
    const Settings before = bound(kSpec, text);
    const Settings after = bound(kSpec, printed);
    for (std::size_t i = 0; i < before.size(); ++i) {
      RC_ASSERT(print(to_value(kOptions[i], before[i])) == print(to_value(kOptions[i], after[i])));
    }
    RC_ASSERT(canonical(kSpec, printed, every) == printed);
  }
}

TEST(Spec, FindSpecNamesWhatThereIs) {
  const Spec* const specs[] = {&kSpec, &kNeedy};
  const Source source{"optimizer", "x | thimg(1)"};
  const Text text = parse(source);
  try {
    find_spec(specs, text[1], source, "a thing", "`thalweg list things`");
    FAIL() << "an unknown name was found";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "optimizer, column 5: unknown name; got `thimg`; did you mean `thing`? (see `thalweg list "
                 "things`)\n  x | thimg(1)\n      ^");
  }
  EXPECT_EQ(find_spec(specs, Item{"needy", {}}, source, "a thing", ""), 1u);
  EXPECT_TRUE(has_spec(specs, "thing"));
  EXPECT_FALSE(has_spec(specs, "thin"));
}

TEST(Spec, NamesAreOneTextOrAList) {
  static constexpr Option kNames[] = {{.name = "names", .type = OptionType::names}};
  constexpr Spec kNamed{.name = "f", .doc = "", .options = kNames};
  const auto printed = [&](const std::string& text) {
    const Source source{"test", text};
    return print(Text{unbind(kNamed, bind(kNamed, parse(source).front(), source))});
  };
  for (const char* text : {"f(a)", "f(\"a b\")", "f([a])", "f([\"a b\", c, \"1\", 2])"})
    EXPECT_EQ(printed(text), text);
  for (const char* text : {"f(g(1))", "f([g(1)])", "f([[a]])", "f([])", "f(a | b)"})
    EXPECT_THROW(printed(text), Error) << text;
  EXPECT_EQ(type_name(OptionType::names), "names");
}

TEST(Spec, TypesHaveNames) {
  EXPECT_EQ(type_name(OptionType::number), "number");
  EXPECT_EQ(type_name(OptionType::scalar), "number|schedule");
  EXPECT_EQ(type_name(OptionType::selector), "selector");
}

TEST(Number, TheWholeWordIsRead) {
  EXPECT_EQ(read_number("1e-3"), 1e-3);
  EXPECT_EQ(read_number(".5"), 0.5);
  EXPECT_EQ(read_number("-0"), 0.0);
  for (const char* word :
       {"", " 1", "1 ", "1,5", "1.2.3", "e5", "--1", "+1", "inf", "nan", "1e999", "0x10", "1f"}) {
    EXPECT_EQ(read_number(word), std::nullopt) << word;
  }
}

TEST(Number, AmountsHaveAUnit) {
  EXPECT_EQ(read_amount("5%"), (Amount{5, Amount::Unit::percent}));
  EXPECT_EQ(read_amount("2ep"), (Amount{2, Amount::Unit::epochs}));
  EXPECT_EQ(read_amount("1e3"), (Amount{1000, Amount::Unit::plain}));
  EXPECT_EQ(read_amount("1e3ep"), (Amount{1000, Amount::Unit::epochs}));
  for (const char* word : {"", "%", "ep", "5%%", "5ep%", "5 %", "inf%", "x"}) {
    EXPECT_EQ(read_amount(word), std::nullopt) << word;
  }
  EXPECT_EQ(print_amount({12.5, Amount::Unit::percent}), "12.5%");
  EXPECT_EQ(print_amount({2, Amount::Unit::epochs}), "2ep");
  EXPECT_EQ(print_amount({1e6, Amount::Unit::plain}), "1000000");
}

TEST(Number, ThePrintIsShort) {
  const std::vector<std::pair<double, std::string>> cases = {
      {0, "0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {0.001, "0.001"},
      {1e-4, "0.0001"},
      {3e-5, "3e-5"},
      {1.25e-7, "1.25e-7"},
      {1e-10, "1e-10"},
      {1e-300, "1e-300"},
      {1e6, "1000000"},
      {1e15, "1000000000000000"},
      {1e16, "1e16"},
      {1e100, "1e100"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {5e-324, "5e-324"},
  };
  for (const auto& [number, want] : cases) EXPECT_EQ(print_number(number), want);
}

RC_GTEST_PROP(NumberLaw, AnyDoubleReadsBackFromItsPrint, (std::uint64_t seed)) {
  const Random random(seed, Purpose::init, 0);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double number = std::bit_cast<double>(random.bits(i));
    if (!std::isfinite(number)) continue;
    const std::optional<double> again = read_number(print_number(number));
    RC_ASSERT(again.has_value());
    RC_ASSERT(std::bit_cast<std::uint64_t>(*again) == random.bits(i));
  }
}

RC_GTEST_PROP(NumberLaw, AnyDecimalReadsBackFromItsPrint, (int digits)) {
  const double number = digits * std::pow(10.0, *rc::gen::inRange(-30, 30));
  RC_ASSERT(read_number(print_number(number)) == number);
}

RC_GTEST_PROP(NumberLaw, AnyAmountReadsBackFromItsPrint, (double value)) {
  const auto unit = *rc::gen::element(Amount::Unit::plain, Amount::Unit::percent, Amount::Unit::epochs);
  const Amount amount{value, unit};
  RC_ASSERT(read_amount(print_amount(amount)) == amount);
}

}  // namespace
}  // namespace thalweg
