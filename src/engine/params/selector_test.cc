#include "params/selector.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

// The selector that `on` of a text stands for.
Selector selector(const std::string& on) {
  return Selector(parse({"test", "lr(1, on=" + on + ")"}).at(0).args.at(1).value);
}

// The names of the parameters that a selector matches, in order.
std::string matched(const std::string& on) {
  static const Params& params = []() -> Params& {
    static Params made;
    static float nothing[4];
    made.add("dense1.weight", {3, 2}, Role::weight);
    made.add("dense1.bias", {2}, Role::bias);
    made.add("gain", {2}, Role::weight);
    made.add("norm", {2}, Role::norm);
    made.add("table", {5, 2}, Role::embedding);
    made.add("temperature", {}, Role::other);
    made.adopt("mine", {4}, nothing, nullptr);
    return made;
  }();
  const Selector on_selector = selector(on);
  std::string out;
  for (const Parameter& p : params) {
    if (on_selector.matches(p)) out += (out.empty() ? "" : " ") + p.name();
  }
  return out;
}

TEST(Selector, AllIsEveryParameter) {
  EXPECT_EQ(matched("all"), "dense1.weight dense1.bias gain norm table temperature mine");
}

TEST(Selector, ARoleSelectsItsParameters) {
  EXPECT_EQ(matched("weight"), "dense1.weight gain");
  EXPECT_EQ(matched("bias"), "dense1.bias");
  EXPECT_EQ(matched("norm"), "norm");
  EXPECT_EQ(matched("embedding"), "table");
  EXPECT_EQ(matched("other"), "temperature");
}

TEST(Selector, MatricesAreWeightsOfRankTwoAndAdoptedParametersWithoutARole) {
  EXPECT_EQ(matched("matrices"), "dense1.weight mine");
}

TEST(Selector, RestMatchesNothingByItself) {
  EXPECT_EQ(matched("rest"), "");
  EXPECT_TRUE(selector("rest").rest());
  EXPECT_TRUE(selector("[bias, rest]").rest());
  EXPECT_FALSE(selector("bias").rest());
}

TEST(Selector, AListSelectsWhatAnyOfItSelects) {
  EXPECT_EQ(matched("[bias, norm]"), "dense1.bias norm");
  EXPECT_EQ(matched("[matrices, embedding]"), "dense1.weight table mine");
  EXPECT_EQ(matched("[bias, \"t*\", gain]"), "dense1.bias gain table temperature");
}

TEST(Selector, ABareWordIsARoleOrKeywordFirstElseAName) {
  EXPECT_EQ(matched("table"), "table");
  EXPECT_EQ(matched("dense1.*"), "dense1.weight dense1.bias");
  EXPECT_EQ(matched("none"), "");  // no role that can be asked for: a name
}

TEST(Selector, AStringIsAlwaysAName) {
  EXPECT_EQ(matched("\"norm\""), "norm");
  EXPECT_EQ(matched("\"bias\""), "");
  EXPECT_EQ(matched("\"*bias\""), "dense1.bias");
  EXPECT_EQ(matched("\"all\""), "");
  EXPECT_FALSE(selector("\"rest\"").rest());
}

TEST(Selector, AQuotedExclusionTakesAwayFromWhatStandsBeforeIt) {
  EXPECT_EQ(matched("\"!dense1.*\""), "gain norm table temperature mine") << "from all";
  EXPECT_EQ(matched("[\"!dense1.*\", \"!t*\"]"), "gain norm mine");
  EXPECT_EQ(matched("[weight, \"!gain\"]"), "dense1.weight");
  EXPECT_EQ(matched("[weight, \"!gain\", gain]"), "dense1.weight gain") << "what follows adds again";
  EXPECT_EQ(matched("[\"!t*\", table]"), "dense1.weight dense1.bias gain norm table mine");
  EXPECT_EQ(matched("[bias, \"!norm\"]"), "dense1.bias");
  EXPECT_EQ(matched("!gain"), "") << "a bare word is a name";
  EXPECT_FALSE(selector("\"!gain\"").all());
  EXPECT_TRUE(selector("\"!gain\"").has_patterns());
  EXPECT_TRUE(selector("[rest, \"!gain\"]").rest());
  EXPECT_FALSE(selector("[bias, rest]").has_patterns());
}

TEST(Pattern, StarIsAnyRunAndQuestionMarkAnyOneCharacter) {
  EXPECT_TRUE(matches_pattern("", ""));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("*", "anything"));
  EXPECT_TRUE(matches_pattern("a*c", "ac"));
  EXPECT_TRUE(matches_pattern("a*c", "abbbc"));
  EXPECT_TRUE(matches_pattern("*.weight", "dense1.weight"));
  EXPECT_TRUE(matches_pattern("dense?.bias", "dense1.bias"));
  EXPECT_TRUE(matches_pattern("*a*b*", "xxaxxbxx"));
  EXPECT_TRUE(matches_pattern("a**b", "ab"));
  EXPECT_TRUE(matches_pattern("*aab", "aaaaab"));
  EXPECT_FALSE(matches_pattern("", "a"));
  EXPECT_FALSE(matches_pattern("?", ""));
  EXPECT_FALSE(matches_pattern("dense?.bias", "dense12.bias"));
  EXPECT_FALSE(matches_pattern("a*c", "abcd"));
  EXPECT_FALSE(matches_pattern("*.weight", "dense1.weights"));
  EXPECT_FALSE(matches_pattern("dense1", "dense1.weight"));
}

TEST(Pattern, CharactersAreThemselvesInAnyCase) {
  EXPECT_FALSE(matches_pattern("Dense", "dense"));
  EXPECT_FALSE(matches_pattern("a.c", "abc"));
  EXPECT_TRUE(matches_pattern("a[0]", "a[0]"));
  EXPECT_TRUE(matches_pattern("*", "a*b"));
}

TEST(Pattern, ManyStarsStayQuick) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(20000, 'a')));
}

// What any pattern means, by trying every split.
bool matches_slowly(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    return matches_slowly(pattern.substr(1), name) ||
           (!name.empty() && matches_slowly(pattern, name.substr(1)));
  }
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         matches_slowly(pattern.substr(1), name.substr(1));
}

// Every text of at most `most` characters of the alphabet.
std::vector<std::string> texts(std::string_view alphabet, std::size_t most) {
  std::vector<std::string> out = {""};
  for (std::size_t i = 0; i < out.size() && out[i].size() < most; ++i) {
    for (const char c : alphabet) out.push_back(out[i] + c);
  }
  return out;
}

TEST(Pattern, EveryShortPatternMeansWhatItsDefinitionSays) {
  for (const std::string& pattern : texts("ab*?", 4)) {
    for (const std::string& name : texts("ab", 5)) {
      EXPECT_EQ(matches_pattern(pattern, name), matches_slowly(pattern, name)) << pattern << " on " << name;
    }
  }
}

}  // namespace
}  // namespace thalweg
