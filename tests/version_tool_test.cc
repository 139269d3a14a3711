// What tells the versions of what runs, to people and to programs.
#include <algorithm>

#include "thalweg/optimizer.h"
#include "thalweg/version.h"
#include "tool_case.h"

namespace thalweg {
namespace {

TEST_F(Tool, TheVersionIsThatOfWhatRuns) {
  const std::string out = run({"--version"}).out;
  std::vector<std::string> lines = lines_of(out);
  ASSERT_GE(lines.size(), 3u) << out;
  EXPECT_EQ(lines.front(), "thalweg " + std::string(version()));
  EXPECT_EQ(lines.back(), "onednn " + onednn_version());
  EXPECT_EQ(lines[lines.size() - 2], "simd " + std::string(simd_targets().front()));
  if (lines.size() == 4) {
    EXPECT_EQ(lines[1].substr(0, 7), "commit ") << out;
  }
}

TEST(Version, HasThreeNumbers) {
  for (const std::string& text : {std::string(version()), onednn_version()}) {
    EXPECT_EQ(std::count(text.begin(), text.end(), '.'), 2) << text;
    EXPECT_EQ(text.find_first_not_of("0123456789."), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace thalweg
