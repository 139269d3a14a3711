// What tests of the tool share: a folder of their own, and reading what the tool says and writes.
#pragma once

#include <nlohmann/json.hpp>

#include <set>

#include "data/test_files.h"
#include "tool.h"

namespace thalweg {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// One line, or a line with an excerpt and a caret below it.
inline bool is_message(const std::string& text) {
  const std::vector<std::string> lines = lines_of(text);
  if (!text.ends_with('\n') || lines.front().size() < 10) return false;
  if (lines.size() == 1) return true;
  return lines.size() == 3 && lines[1].starts_with("  ") && lines[2].ends_with("^") &&
         lines[2].find_first_not_of(' ') == lines[2].size() - 1;
}

class Tool : public ::testing::Test {
 protected:
  Outcome run(const Arguments& arguments) const { return run_tool(folder_.path(), arguments); }

  // Runs a command that must succeed, and reads its output as one JSON object.
  Json json(const Arguments& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    Json json = Json::parse(outcome.out, nullptr, false);
    EXPECT_TRUE(json.is_object()) << outcome.out;
    return json.is_object() ? json : Json::object();
  }

  // Trains into `out` without a word and returns the result.
  Json train(const std::string& out, const Arguments& more) const {
    Arguments arguments = {"train", "--json", "--quiet", "--out", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return json(arguments);
  }

  // Runs a command that must end with `code`, no output, and a message that says all of `says`.
  void refused(const Arguments& arguments, int code, const std::vector<std::string>& says) const {
    SCOPED_TRACE(testing::PrintToString(arguments));
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, code);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_message(outcome.err)) << outcome.err;
    for (const std::string& part : says) {
      EXPECT_NE(outcome.err.find(part), std::string::npos) << part << " in " << outcome.err;
    }
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const std::string& bytes) const { folder_.write(name, bytes); }

  // The bytes of the checkpoint after the last update.
  std::string last_checkpoint(const std::string& out, const Json& result) const {
    const std::string name = std::to_string(result.value("updates", std::uint64_t{0})) + ".safetensors";
    return contents(path(out) / "checkpoints" / name);
  }

  // metrics.jsonl without what differs from one execution to the next.
  std::vector<Json> metrics(const std::string& out) const {
    std::vector<Json> found;
    for (const std::string& line : lines_of(contents(path(out) / "metrics.jsonl"))) {
      Json json = Json::parse(line, nullptr, false);
      EXPECT_TRUE(json.is_object()) << line;
      json.erase("seconds");
      found.push_back(std::move(json));
    }
    return found;
  }

 private:
  TestFolder folder_;
};

inline std::string mnist() { return "idx(\"" THALWEG_TESTS "/data/mnist-small\")"; }

inline std::set<std::string> keys(const Json& json) {
  std::set<std::string> found;
  for (const auto& item : json.items()) found.insert(item.key());
  return found;
}

inline double accuracy(const Json& result) {
  return result.contains("test") ? result["test"]["accuracy"].get<double>() : 0;
}

}  // namespace thalweg
