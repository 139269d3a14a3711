// Checkpoints that were damaged on the disk: a run notices every damage, says so and goes on from the one
// before.
#include <algorithm>
#include <random>

#include "faults.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

class Damaged : public testing::Test {
 protected:
  void SetUp() override {
    run_ = runs_.make("run", 10, 3);
    last_ = run_ / "checkpoints" / "3.safetensors";
    whole_ = contents(last_);
    ASSERT_GT(whole_.size(), 1000U);
  }

  void put(const std::string& bytes) const { std::ofstream(last_, std::ios::binary) << bytes; }

  // Whether resuming takes the checkpoint before the last and names the last.
  void expect_passed_over() const {
    const thalweg::Run resumed = thalweg::Run::resume(run_);
    ASSERT_EQ(resumed.updates(), 2U);
    ASSERT_EQ(resumed.notes().size(), 1U);
    ASSERT_EQ(resumed.notes()[0].find("skipped a checkpoint: " + last_.string()), 0U) << resumed.notes()[0];
  }

  TinyRuns runs_;
  fs::path run_, last_;
  std::string whole_;
};

TEST_F(Damaged, CutAnywhere) {
  const int step = faults(7, 1);
  for (std::size_t size = 0; size < whole_.size() && !HasFatalFailure();
       size += static_cast<std::size_t>(step)) {
    SCOPED_TRACE("cut to " + std::to_string(size) + " bytes");
    put(whole_.substr(0, size));
    expect_passed_over();
  }
}

TEST_F(Damaged, AnyBitFlipped) {
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<std::size_t> bits(0, whole_.size() * 8 - 1);
  for (int i = 0; i < faults(500, 10'000) && !HasFatalFailure(); ++i) {
    const std::size_t bit = bits(random);
    SCOPED_TRACE("bit " + std::to_string(bit));
    std::string bytes = whole_;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    put(bytes);
    expect_passed_over();
  }
  put(whole_);
  EXPECT_EQ(thalweg::Run::resume(run_).updates(), 3U);
}

TEST_F(Damaged, BothCheckpointsGone) {
  put("");
  fs::resize_file(run_ / "checkpoints" / "2.safetensors", 0);
  const thalweg::Run resumed = thalweg::Run::resume(run_);
  EXPECT_EQ(resumed.updates(), 0U);
  ASSERT_EQ(resumed.notes().size(), 3U);
  EXPECT_NE(resumed.notes()[2].find("starting from the first update"), std::string::npos);
}

}  // namespace
}  // namespace thalweg
