#include "base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/spec.h"

namespace thalweg {
namespace {

using Kind = Value::Kind;

Text parsed(const std::string& text) { return parse({"optimizer", text}); }

// What `f` throws as an Error(usage); empty when it does not.
template <class F>
std::string message_of(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::usage);
    return error.what();
  }
  return {};
}

std::string parse_error(const std::string& text) {
  return message_of([&] { parsed(text); });
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Text, AnItemIsANameWithArguments) {
  const Text text = parsed(" clip_norm( 1 )|adam ( beta2 = 0.95 ) | lr(cosine(3e-4, total=10)) ");
  ASSERT_EQ(text.size(), 3u);
  EXPECT_EQ(text[0].name, "clip_norm");
  EXPECT_EQ(text[0].at, 1u);
  ASSERT_EQ(text[0].args.size(), 1u);
  EXPECT_EQ(text[0].args[0].name, "");
  EXPECT_EQ(text[0].args[0].value.kind, Kind::word);
  EXPECT_EQ(text[0].args[0].value.word, "1");
  EXPECT_EQ(text[1].args[0].name, "beta2");
  EXPECT_EQ(text[1].args[0].at, 23u);
  EXPECT_EQ(text[1].args[0].value.word, "0.95");
  EXPECT_EQ(text[1].args[0].value.at, 31u);
  ASSERT_EQ(text[2].args[0].value.kind, Kind::text);
  EXPECT_EQ(text[2].args[0].value.text[0].name, "cosine");
  EXPECT_EQ(text[2].args[0].value.text[0].args[1].name, "total");
}

TEST(Text, EmptyBracketsAreNone) {
  EXPECT_TRUE(parsed("adam()")[0].args.empty());
  EXPECT_TRUE(parsed("f([])")[0].args[0].value.list.empty());
  EXPECT_EQ(print(parsed("adam( ) | f(g(), [ ])")), "adam | f(g, [])");
}

TEST(Text, AWordIsAnythingButWhiteSpaceAndDelimiters) {
  const std::vector<std::string> words = {"train.csv",  "conv*.weight", "3e-4", "-1",        "a/b\\c", "50%",
                                          "größe.csv",  "{x}",          "a'b",  "#1",        "?",      "<&>",
                                          "\xff\x80\1", "http://a:1",   "2ep",  "block.*.w", "+5",     "~"};
  for (const std::string& word : words) {
    const Text text = parsed("f(" + word + ", on=" + word + ")");
    EXPECT_EQ(text[0].args[0].value.word, word);
    EXPECT_EQ(text[0].args[1].value.word, word);
    EXPECT_EQ(text[0].args[1].value.kind, Kind::word);
    EXPECT_EQ(print_word(word), word);
  }
}

TEST(Text, EveryWhiteSpaceSeparates) {
  EXPECT_EQ(print(parsed("\n adam\t(\r\nbeta1\f=\v0.5 )\n|lr( 1 )\n")), "adam(beta1=0.5) | lr(1)");
}

TEST(Text, StringsKnowTwoEscapes) {
  const Value value = parsed(R"(f("a \"b\" \\ c|d;e(f) "))")[0].args[0].value;
  EXPECT_EQ(value.kind, Kind::string);
  EXPECT_EQ(value.word, R"(a "b" \ c|d;e(f) )");
  EXPECT_EQ(print(value), R"("a \"b\" \\ c|d;e(f) ")");
  EXPECT_EQ(parsed(R"(f(""))")[0].args[0].value.kind, Kind::string);
  EXPECT_TRUE(has(parse_error(R"(f("a\n"))"), "unknown escape in a string; got `n`; want `\\\"` or `\\\\`"));
  EXPECT_TRUE(has(parse_error(R"(f("a\é"))"), "got `é`"));
  EXPECT_TRUE(has(parse_error("f(\"a\\"), "got the end"));
  EXPECT_TRUE(has(parse_error("f(\"abc)"), "optimizer, column 3: a string is not closed"));
}

TEST(Text, ListsHoldValues) {
  const Value value = parsed(R"(f(on=[matrices, "conv*", a | b, [c]]))")[0].args[0].value;
  ASSERT_EQ(value.kind, Kind::list);
  ASSERT_EQ(value.list.size(), 4u);
  EXPECT_EQ(value.list[0].kind, Kind::word);
  EXPECT_EQ(value.list[1].kind, Kind::string);
  EXPECT_EQ(value.list[2].kind, Kind::text);
  EXPECT_EQ(value.list[3].kind, Kind::list);
}

TEST(Text, FaultsAreNamedWithTheirColumn) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "optimizer, column 1: a name is missing; got the end; want a name"},
      {"   ", "column 4: a name is missing"},
      {"adam |", "column 7: a name is missing; got the end"},
      {"| adam", "column 1: a name is missing; got `|`"},
      {"adam || lr(1)", "column 7: a name is missing; got `|`"},
      {"adam lr(1)", "column 6: unexpected character; got `l`; want `|` or the end"},
      {"adam)", "column 5: unexpected character; got `)`"},
      {"adam(1 2)", "column 8: unexpected character; got `2`; want `,` or `)`"},
      {"adam(1,)", "column 8: a value is missing; got `)`"},
      {"adam(,1)", "column 6: a value is missing; got `,`"},
      {"adam(a==1)", "column 8: a value is missing; got `=`"},
      {"adam(=1)", "column 6: a value is missing; got `=`"},
      {"f([1, 2)", "column 8: unexpected character; got `)`; want `,` or `]`"},
      {"f(1]", "column 4: unexpected character; got `]`; want `,` or `)`"},
      {"adam; sgd", "column 5: unexpected character; got `;`"},
      {"f(\"a\" \"b\")", "column 7: unexpected character"},
      {"adam = 1", "column 6: unexpected character; got `=`"},
  };
  for (const auto& [text, want] : cases) EXPECT_TRUE(has(parse_error(text), want)) << parse_error(text);
}

TEST(Text, AValueThatIsCutIsOfferedInQuotes) {
  EXPECT_TRUE(has(parse_error("csv(my file.csv, target=a)"), "stands in quotes: \"my file.csv\""));
  EXPECT_TRUE(has(parse_error("csv(a, test=my file.csv)"), "stands in quotes: \"my file.csv\""));
  EXPECT_TRUE(has(parse_error("csv(train (1).csv)"), "stands in quotes: \"train (1).csv\""));
  EXPECT_TRUE(has(parse_error("csv(t, ignore=[floor area, b])"), "stands in quotes: \"floor area\""));
  for (const char* text : {"f(1]", "f([1, 2)", "f(\"a\" \"b\")", "csv(a b", "csv(a = b)"})
    EXPECT_FALSE(has(parse_error(text), "in quotes")) << text;
}

TEST(Text, ColumnAndCaretCountCharacters) {
  const std::string what = parse_error("csv(größe) é");
  EXPECT_TRUE(has(what, "optimizer, column 12: unexpected character; got `é`")) << what;
  EXPECT_TRUE(has(what, "\n  csv(größe) é\n" + std::string(2 + 11, ' ') + "^")) << what;
}

TEST(Text, AMissingBracketIsNamed) {
  EXPECT_TRUE(has(parse_error("adam(lr=1e-3"), "column 13: a bracket is not closed; got the end; want `)`"));
  EXPECT_TRUE(has(parse_error("adam("), "want `)`"));
  EXPECT_TRUE(has(parse_error("adam(on=[a, b"), "want `]`"));
  EXPECT_TRUE(has(parse_error("adam(on=["), "want `]`"));
  EXPECT_TRUE(has(parse_error("lr(cosine(1, total=2)"), "want `)`"));
  EXPECT_TRUE(has(parse_error("lr(cosine(1, total=2 "), "want `)`"));
}

// The check of a chain's parser: the names of top-level items.
NameCheck name_check(const Source& source) {
  static constexpr Spec kAdam{"adam", "", "", {}};
  static constexpr Spec kLr{"lr", "", "", {}};
  static constexpr const Spec* kSpecs[] = {&kAdam, &kLr};
  return [&source](const Item& item, const std::string& also) {
    find_spec(kSpecs, item, source, "a transform", "`thalweg list transforms`", also);
  };
}

TEST(Text, AMissingBracketAndAnUnknownNameAreToldTogether) {
  const Source source{"optimizer", "lr(1) | adm(lr=1e-3"};
  const std::string what = message_of([&] { parse(source, name_check(source)); });
  EXPECT_EQ(what,
            "optimizer, column 9: unknown name, and `)` is missing at the end; got `adm`; did you mean "
            "`adam`? (see `thalweg list transforms`)\n  lr(1) | adm(lr=1e-3\n          ^");
}

TEST(Text, AMissingBracketAloneIsToldWhenTheNamesAreKnown) {
  const Source source{"optimizer", "lr(1) | adam(lr=1e-3"};
  const std::string what = message_of([&] { parse(source, name_check(source)); });
  EXPECT_TRUE(has(what, "column 21: a bracket is not closed")) << what;
}

TEST(Text, TheCheckIsNotAskedAboutAWholeText) {
  const Source source{"optimizer", "adm(lr=1e-3)"};
  EXPECT_EQ(parse(source, name_check(source)).size(), 1u);
}

std::string nested(int depth, const std::string& open, const std::string& close) {
  std::string out = "f(";
  for (int i = 1; i < depth; ++i) out += open;
  out += "x";
  for (int i = 1; i < depth; ++i) out += close;
  return out + ")";
}

TEST(Text, BracketsNestAtMost64Deep) {
  for (const auto& [open, close] : {std::pair("f(", ")"), std::pair("[", "]")}) {
    const std::string deepest = nested(kMaxNesting, open, close);
    EXPECT_EQ(print(parsed(deepest)), deepest);
    EXPECT_TRUE(has(parse_error(nested(65, open, close)), "too deeply nested; got 65; want at most 64"));
  }
  EXPECT_TRUE(has(parse_error(std::string(1000000, '(')), "a name is missing"));
  EXPECT_TRUE(has(parse_error(nested(1000000, "f(", ")")), "too deeply nested"));
}

TEST(Text, LongTextsAreShownInPart) {
  std::string text = "f(a";
  for (int i = 0; i < 200; ++i) text += ", aaaaaaaa";
  const std::string what = parse_error(text + " b)");
  EXPECT_TRUE(has(what, "unexpected character; got `b`"));
  EXPECT_TRUE(has(what, "\n  ..."));
  EXPECT_LT(what.size(), 400u);
}

TEST(Text, TuplesAreShownAsLists) {
  EXPECT_EQ(tuples_as_lists("a((1, 2), b=\t(3)) | c(d)"), "a([1, 2], b=\t[3]) | c(d)");
  EXPECT_EQ(tuples_as_lists("a((4,), b=((1, 2, ), 3,))"), "a([4 ], b=[[1, 2  ], 3 ])");
  EXPECT_EQ(tuples_as_lists(R"(a("\"(", (1)))"), R"(a("\"(", [1]))");
  for (const std::string space : {"", " ", "\t", "\n", "\r", "\f", "\v", " \n "}) {
    const std::string what = parse_error("f(a=" + space + "(1, 2))");
    EXPECT_TRUE(has(what, "lists stand in [ ], and here it reads f(a=[1, 2])")) << what;
  }
}

TEST(Text, ListsAreSplitAtSemicolons) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(split_list({"chains", "adam"}), (Parts{"adam"}));
  EXPECT_EQ(split_list({"chains", "adam | lr(1);sgd(lr=1) ; x"}),
            (Parts{"adam | lr(1)", "sgd(lr=1) ", " x"}));
  EXPECT_EQ(split_list({"chains", R"(f("a;\";b"); g)"}), (Parts{R"(f("a;\";b"))", " g"}));
  EXPECT_EQ(split_list({"chains", R"(f("\\"); g)"}), (Parts{R"(f("\\"))", " g"}));
  for (const std::string text : {"", " ", "a;", "a; ;b", ";a"}) {
    EXPECT_TRUE(has(message_of([&] {
                      split_list({"chains", text});
                    }),
                    "a part of the list is empty"))
        << text;
  }
  EXPECT_TRUE(has(message_of([&] { split_list({"chains", "a; ;b"}); }), "chains, column 3"));
}

// Random texts. Each is one that parse() can give: a single name without brackets is a word.

std::string random_word() {
  static const std::string kLetters = "abz09_.*?-+%/\\:~'#{}\xc3\xa9\xff";
  const auto size = *rc::gen::inRange<std::size_t>(1, 6);
  return *rc::gen::container<std::string>(size, rc::gen::elementOf(kLetters));
}

Text random_text(int depth);

Value random_value(int depth) {
  Value value;
  switch (*rc::gen::inRange(0, depth > 0 ? 4 : 2)) {
    case 0:
      value.word = random_word();
      break;
    case 1:
      value.kind = Kind::string;
      value.word = *rc::gen::arbitrary<std::string>();
      break;
    case 2:
      value.kind = Kind::text;
      value.text = random_text(depth - 1);
      if (value.text.size() == 1 && value.text[0].args.empty()) value.text.push_back({random_word(), {}});
      break;
    default:
      value.kind = Kind::list;
      for (int n = *rc::gen::inRange(0, 3); n > 0; --n) value.list.push_back(random_value(depth - 1));
  }
  return value;
}

Text random_text(int depth) {
  Text text;
  for (int items = *rc::gen::inRange(1, 4); items > 0; --items) {
    Item item{random_word(), {}};
    for (int args = *rc::gen::inRange(0, 4); args > 0; --args) {
      item.args.push_back({*rc::gen::arbitrary<bool>() ? random_word() : "", random_value(depth)});
    }
    text.push_back(std::move(item));
  }
  return text;
}

bool same(const Text& a, const Text& b);

bool same(const Value& a, const Value& b) {
  return a.kind == b.kind && a.word == b.word && same(a.text, b.text) &&
         std::equal(a.list.begin(), a.list.end(), b.list.begin(), b.list.end(),
                    [](const Value& x, const Value& y) { return same(x, y); });
}

bool same(const Arg& a, const Arg& b) { return a.name == b.name && same(a.value, b.value); }

bool same(const Item& a, const Item& b) {
  return a.name == b.name && std::equal(a.args.begin(), a.args.end(), b.args.begin(), b.args.end(),
                                        [](const Arg& x, const Arg& y) { return same(x, y); });
}

bool same(const Text& a, const Text& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Item& x, const Item& y) { return same(x, y); });
}

RC_GTEST_PROP(TextLaw, AnyTextReadsBackFromItsPrint, ()) {
  const Text text = random_text(3);
  const std::string printed = print(text);
  const Text again = parsed(printed);
  RC_ASSERT(same(text, again));
  RC_ASSERT(print(again) == printed);
}

RC_GTEST_PROP(TextLaw, AnyWordReadsBackFromItsPrint, (const std::string& word)) {
  const Value value = parsed("f(" + print_word(word) + ")")[0].args[0].value;
  RC_ASSERT(value.word == word);
}

void expect_read_or_refused(const std::string& input) {
  const std::string lists = tuples_as_lists(input);
  RC_ASSERT(tuples_as_lists(lists) == lists);
  try {
    const std::string printed = print(parsed(input));
    RC_ASSERT(print(parsed(printed)) == printed);
  } catch (const Error& error) {
    RC_ASSERT(error.code() == Code::usage);
  }
}

RC_GTEST_PROP(TextLaw, AnyInputIsReadOrRefused, ()) {
  static const std::string kLetters = "ab1 ()[],|=;\"\\\n\xc3";
  expect_read_or_refused(*rc::gen::container<std::string>(rc::gen::elementOf(kLetters)));
}

RC_GTEST_PROP(TextLaw, AnyBytesAreReadOrRefused, (const std::string& bytes)) {
  expect_read_or_refused(bytes);
  expect_read_or_refused("f(" + bytes + ")");
}

}  // namespace
}  // namespace thalweg
