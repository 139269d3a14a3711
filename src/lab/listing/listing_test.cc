#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/test_error.h"
#include "thalweg/catalog.h"

namespace thalweg {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Catalog, EveryScheduleLossLayerAugmentationAndProblemHasItsFormula) {
  const std::set<std::string> kinds = {"schedules", "losses", "layers", "augmentations", "problems"};
  for (const CatalogEntry& entry : catalog()) {
    const auto has = [&](const char* text) { return entry.formula.find(text) != std::string::npos; };
    EXPECT_TRUE(kinds.count(entry.kind) == 0 || !entry.formula.empty()) << entry.name;
    EXPECT_TRUE(entry.kind != "losses" || has("\ngrad")) << entry.name;
    EXPECT_TRUE(entry.kind != "layers" || has("\ndx")) << entry.name;
    if (entry.kind == "problems") {
      EXPECT_TRUE(entry.formula.starts_with("f")) << entry.name;
      EXPECT_NE(entry.formula.find("minimum"), std::string::npos) << entry.name;
    }
  }
}

TEST(Catalog, AFormulaIsPlainLinesThatFitAPage) {
  for (const CatalogEntry& entry : catalog()) {
    for (const std::string& line : lines_of(entry.formula)) {
      EXPECT_LE(line.size(), 90u) << entry.name << ": " << line;
      EXPECT_FALSE(line.empty() || line.back() == ' ') << entry.name;
      EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; })) << line;
    }
  }
}

TEST(Catalog, HelpShowsTheFormulaAndEveryOption) {
  for (const CatalogEntry& entry : catalog()) {
    const std::string page = help_text(entry.name);
    for (const std::string& line : lines_of(entry.formula)) {
      EXPECT_NE(page.find("\n  " + line + "\n"), std::string::npos) << entry.name << ": " << line;
    }
    for (const CatalogOption& option : entry.options) {
      EXPECT_NE(page.find("\n  " + option.name + "\n"), std::string::npos)
          << entry.name << ": " << option.name;
    }
  }
}

TEST(Catalog, JsonHoldsTheFormulas) {
  const auto json = nlohmann::json::parse(catalog_json());
  std::size_t entries = 0;
  for (const CatalogEntry& entry : catalog()) {
    const auto& listed = json.at(entry.kind);
    const auto found = std::find_if(listed.begin(), listed.end(),
                                    [&](const auto& one) { return one.at("name") == entry.name; });
    ASSERT_NE(found, listed.end()) << entry.name;
    const auto& formula = found->at("formula");
    EXPECT_EQ(formula.is_null() ? "" : formula.get<std::string>(), entry.formula) << entry.name;
    ++entries;
  }
  EXPECT_EQ(entries, catalog().size());
}

// The engine alone lists what it has; nothing of it is told otherwise than in the whole.
TEST(Catalog, TheEngineHasAPartOfIts) {
  const auto& part = engine_catalog();
  EXPECT_EQ(catalog_kinds(part), (std::vector<std::string_view>{"transforms", "recipes", "schedules"}));
  EXPECT_EQ(catalog_kinds(), (std::vector<std::string_view>{"transforms", "recipes", "schedules", "losses",
                                                            "layers", "data", "augmentations", "problems"}));
  EXPECT_EQ(catalog_json("schedules", part), catalog_json("schedules"));
  EXPECT_EQ(help_text("cosine", part), help_text("cosine"));
  expect_contains(usage_error([&] { catalog_json("problems", part); }), "unknown kind; got `problems`");
  expect_contains(usage_error([&] { help_text("rosenbrock", part); }), "unknown name; got `rosenbrock`");
}

TEST(Catalog, AnUnknownNameIsAnsweredByTheNearest) {
  expect_contains(usage_error([] { help_text("adma"); }),
                  "got `adma`; did you mean `adam`? (see `thalweg list`)");
  expect_contains(usage_error([] { catalog_json("problms"); }), "got `problms`; did you mean `problems`?");
  expect_contains(usage_error([] { help_text("quuxquux"); }), "want a name (see `thalweg list`)");
}

}  // namespace
}  // namespace thalweg
