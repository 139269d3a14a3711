// For tests of `verify`: cases written to a folder of their own, and what becomes of them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "thalweg/lab/verify.h"

namespace thalweg {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Status = VerifiedCase::Status;

inline const fs::path kOracles = fs::path(THALWEG_TESTS) / "vectors/oracles";

inline VerifiedCase verify_one(const fs::path& path) {
  const std::vector<VerifiedCase> results = verify(std::vector<fs::path>{path});
  EXPECT_EQ(results.size(), 1u);
  return results.at(0);
}

inline Json read_oracle(const std::string& name) {
  std::ifstream in(kOracles / name);
  return Json::parse(in);
}

class Verify : public testing::Test {
 protected:
  Verify() : folder_(fs::temp_directory_path() / ("thalweg-verify-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Verify() override { fs::remove_all(folder_); }

  fs::path put(const std::string& text, const std::string& name = "case.json") const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  VerifiedCase verify_text(const std::string& text) const { return verify_one(put(text)); }
  VerifiedCase verify_json(const Json& test) const { return verify_text(test.dump()); }

  void expect_skip(const Json& test, const std::string& reason) const {
    const VerifiedCase result = verify_json(test);
    EXPECT_EQ(result.status, Status::skipped) << result.reason;
    EXPECT_EQ(result.reason, reason);
  }
  void expect_pass(const Json& test) const {
    const VerifiedCase result = verify_json(test);
    EXPECT_EQ(result.status, Status::passed) << result.reason << "\n" << test.dump();
  }
  void expect_fail(const Json& test, const std::string& part) const {
    const VerifiedCase result = verify_json(test);
    EXPECT_EQ(result.status, Status::failed) << result.reason << "\n" << test.dump();
    EXPECT_NE(result.reason.find(part), std::string::npos) << result.reason;
  }

  fs::path folder_;
};

inline Json schedule_case(const Json& schedule, const Json& points) {
  return {{"kind", "schedule"},
          {"schedule", schedule},
          {"points", points},
          {"tolerance", {{"rtol", 1e-12}, {"atol", 1e-14}}}};
}

inline Json changed(Json object, const char* key, const Json& value) {
  object[key] = value;
  return object;
}

}  // namespace thalweg
