// What the documents show is what is compiled and run.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace {

std::string read(const std::string& path) {
  std::ifstream file(std::string(THALWEG_ROOT) + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The first fenced block behind a comment that names the example it is taken from.
TEST(Readme, ProgramsArePartsOfExamples) {
  const std::string readme = read("README.md");
  int found = 0;
  for (std::size_t at = 0; (at = readme.find("<!-- examples/", at)) != std::string::npos; ++at) {
    const std::size_t begin = at + 5;
    const std::string path = readme.substr(begin, readme.find(" -->", at) - begin);
    const std::size_t block = readme.find("```cpp\n", at) + 7;
    const std::string code = readme.substr(block, readme.find("```", block) - block);
    ASSERT_FALSE(code.empty());
    EXPECT_NE(read(path).find(code), std::string::npos) << path << " does not hold:\n" << code;
    ++found;
  }
  EXPECT_GE(found, 1);
}

}  // namespace
