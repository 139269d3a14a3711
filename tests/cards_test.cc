// The head cards of transforms: what a reader of `help` and of the code relies on.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "transforms/transform.h"

namespace thalweg {
namespace {

constexpr std::size_t kWidest = 90;  // columns of a line of a formula

std::set<std::string> words_of(const std::string& text) {
  static const std::regex word("[A-Za-z_][A-Za-z_0-9]*");
  std::set<std::string> words;
  for (std::sregex_iterator at(text.begin(), text.end(), word), end; at != end; ++at) words.insert(at->str());
  return words;
}

TEST(Cards, AFormulaNamesTheStateAndFitsThePage) {
  for (const Transform& transform : transforms()) {
    const std::string formula(transform.spec.formula);
    EXPECT_FALSE(formula.empty()) << transform.spec.name;
    EXPECT_NE(formula[0], ' ') << transform.spec.name;
    const std::set<std::string> words = words_of(formula);
    for (const Names& streams : transform.kept.variants) {
      for (const std::string_view stream : streams) {
        EXPECT_TRUE(words.contains(std::string(stream))) << transform.spec.name << ": " << stream;
      }
    }
    std::istringstream lines(formula);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), kWidest) << transform.spec.name << ": " << line;
    }
  }
}

// `const auto [beta1, eps] = options_of<Adam>(now)` stands in a rule under the names that the options have,
// in their order: an option that is moved cannot change the meaning of the others without a word.
TEST(Cards, OptionsAreBoundUnderTheirNames) {
  static const std::regex binding(R"(const auto \[([^\]]*)\]\s*=\s*options_of<)");
  for (const Transform& transform : transforms()) {
    const std::string name(transform.spec.name);
    std::ifstream file(std::string(THALWEG_ROOT) + "/src/engine/transforms/" + name + ".h");
    ASSERT_TRUE(file) << name;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::string want;
    for (const Option& option : transform.spec.options) {
      if (option.name == kDialect.name || option.name == "on") break;
      want += (want.empty() ? "" : ", ") + std::string(option.name);
    }
    for (std::sregex_iterator at(text.begin(), text.end(), binding), end; at != end; ++at) {
      EXPECT_EQ(std::regex_replace((*at)[1].str(), std::regex("\\s+"), " "), want) << name;
    }
  }
}

}  // namespace
}  // namespace thalweg
