// Memory and threads that run out under the tool. Single allocations: failed_allocations.py.
#include "faults.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

#if !defined(THALWEG_SANITIZED)  // which take all addresses there are

class LittleMemory : public testing::Test {
 protected:
  // A training on the digits with so many MiB of addresses.
  Outcome train(std::size_t mebibytes, const Arguments& more) const {
    Arguments words = {"prlimit", "--as=" + std::to_string(mebibytes << 20), THALWEG_TOOL};
    words.insert(words.end(), {"train", "--quiet", "--epochs", "1", "--out", "new"});
    words.insert(words.end(), more.begin(), more.end());
    return Process(folder_.path(), words).wait();
  }

  fs::path run() const { return folder_.path() / "new"; }

  TestFolder folder_;
};

TEST_F(LittleMemory, EndsATrainingByAMessage) {
  constexpr int kNotLoaded = 127;  // the libraries did not fit
  int refused = 0, last = 0;
  for (std::size_t mebibytes = 48; mebibytes <= 240; mebibytes += 12) {
    SCOPED_TRACE(mebibytes);
    fs::remove_all(run());
    // Wide enough for oneDNN.
    const Outcome outcome = train(mebibytes, {"--threads", "1", "--model", "dense(1200) | relu | dense(10)"});
    last = outcome.code;
    if (last == 0 || last == kNotLoaded) continue;
    ++refused;
    EXPECT_EQ(last, 4) << outcome.err;
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    EXPECT_NE(outcome.err.find("memory"), std::string::npos) << outcome.err;
    if (!fs::exists(run() / "config.toml")) continue;
    EXPECT_EQ(run_tool(folder_.path(), {"train", "--quiet", "--resume", "new"}).code, 0)
        << "later, with room";
  }
  EXPECT_GE(refused, 3);
  EXPECT_EQ(last, 0);
}

TEST_F(LittleMemory, ThreadsThatCannotBeMadeAreNamed) {
  const Outcome outcome = train(512, {"--threads", "200"});
  EXPECT_EQ(outcome.code, 4) << outcome.err;
  EXPECT_NE(outcome.err.find("threads: one cannot be made"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("want 200 threads"), std::string::npos) << outcome.err;
}

#endif

}  // namespace
}  // namespace thalweg
