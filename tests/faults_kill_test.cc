// SIGKILL at any moment of a save: what was acknowledged is there, and a run goes on from it.
#include <algorithm>
#include <random>

#include "faults.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

// The number of updates that a saver acknowledged last; 0 for none.
std::uint64_t acknowledged(const std::string& bytes) {
  std::uint64_t updates = 0;
  const std::size_t whole = bytes.size() / sizeof updates;
  if (whole > 0) std::memcpy(&updates, bytes.data() + (whole - 1) * sizeof updates, sizeof updates);
  return updates;
}

// Resumes a run after a fault: every checkpoint is whole, and nothing acknowledged is lost.
void expect_sound(const fs::path& run, std::uint64_t least) {
  const Run resumed = Run::resume(run);
  EXPECT_EQ(resumed.notes(), std::vector<std::string>());
  EXPECT_GE(resumed.updates(), least);
  EXPECT_EQ(temporaries(run), std::vector<std::string>());
}

void kill_at_random_times(bool async) {
  const TinyRuns runs;
  const fs::path run = runs.make("run", 1'000'000, 2, "dense(2)", "adam(lr=0.01)", async);
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> saves(0, 9), microseconds(0, 3000);
  std::uint64_t last = 2;
  const int kills = faults(60, 300);
  for (int i = 0; i < kills && !testing::Test::HasFailure(); ++i) {
    Process saver(runs.path("run"), {THALWEG_SAVER, run.string()});
    const int some = saves(random);
    ASSERT_TRUE(some == 0 || wait_for_growth(saver.output(), 8 * static_cast<std::uintmax_t>(some) - 1));
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
    saver.send(SIGKILL);
    const Outcome outcome = saver.wait();
    ASSERT_EQ(outcome.code, -SIGKILL) << outcome.err;
    last = std::max(last, acknowledged(outcome.out));
    SCOPED_TRACE("kill " + std::to_string(i));
    expect_sound(run, last);
  }
  EXPECT_GT(last, static_cast<std::uint64_t>(kills)) << "too few saves between the kills";
}

TEST(Killed, E9AtRandomTimesARunLosesNothingAcknowledged) { kill_at_random_times(false); }

TEST(Killed, AtRandomTimesNothingIsLostThatWasWrittenFromBehind) { kill_at_random_times(true); }

// The calls from the opening of the checkpoint to the one that acknowledges it.
std::pair<std::size_t, std::size_t> saving(const Traced& traced) {
  const auto [begin, end] = replacing(traced, "/4.safetensors");
  return {begin, traced.find("write", "write(1, ", end)};
}

TEST(Killed, E9InEverySystemCallOfASaveARunLosesNothingAcknowledged) {
  THALWEG_NEEDS_STRACE();
  const TinyRuns runs;
  const fs::path whole = runs.make("whole", 1000, 3);
  const Arguments save = {THALWEG_SAVER, runs.path("run").string(), "1"};
  runs.copy(whole, "run");
  const Traced clean(runs.path("run"), save);
  ASSERT_EQ(acknowledged(clean.outcome.out), 4U) << clean.outcome.err;
  const auto [begin, end] = saving(clean);
  ASSERT_LT(end, clean.calls.size());
  ASSERT_GT(end - begin, 8U) << "opening, writing, syncing, renaming, syncing, removing";
  for (std::size_t i = begin; i <= end; ++i) {
    const SystemCall& call = clean.calls[i];
    SCOPED_TRACE(call.text);
    runs.copy(whole, "run");
    const Traced killed(runs.path("run"), save,
                        call.name + ":signal=KILL:when=" + std::to_string(call.ordinal));
    ASSERT_NE(killed.outcome.code, 0) << killed.outcome.err;
    ASSERT_EQ(killed.outcome.out, "");
    expect_sound(runs.path("run"), 3);
    Process again(runs.path("run"), save);
    EXPECT_EQ(again.wait().code, 0);
    EXPECT_LE(names_in(runs.path("run") / "checkpoints").size(), 3U) << "two and the best";
  }
}

TEST(Killed, ASaveIsDurableBeforeItIsAcknowledged) {
  THALWEG_NEEDS_STRACE();
  const TinyRuns runs;
  const fs::path run = runs.make("run", 1000, 3);
  const Traced traced(run, {THALWEG_SAVER, run.string(), "1"});
  const auto& calls = traced.calls;
  const auto [begin, end] = saving(traced);
  ASSERT_LT(end, calls.size()) << traced.outcome.err;
  const auto descriptor = [&](std::size_t open) {
    const std::string& text = calls[open].text;
    return text.substr(text.rfind(' ') + 1);
  };
  const std::size_t synced = traced.find("fsync", "fsync(" + descriptor(begin) + ")", begin);
  const std::size_t renamed = traced.find("rename", "/4.safetensors.tmp-", begin);
  const std::size_t last_write = [&] {
    std::size_t last = begin;
    for (std::size_t i = begin; i < renamed; ++i) {
      if (calls[i].name == "write") last = i;
    }
    return last;
  }();
  const std::size_t folder = traced.find("openat", "checkpoints\", O_RDONLY", renamed);
  ASSERT_LT(folder, end) << "the folder is never opened";
  const std::size_t folder_synced = traced.find("fsync", "fsync(" + descriptor(folder) + ")", folder);
  const std::size_t removed = traced.find("unlink", "2.safetensors", begin);
  EXPECT_LT(last_write, synced);
  EXPECT_LT(synced, renamed);
  EXPECT_LT(renamed, folder_synced);
  EXPECT_LT(folder_synced, removed) << "the old checkpoint goes before the new one is durable";
  EXPECT_LT(folder_synced, end);
}

TEST(Killed, ShortAndInterruptedWritesMakeTheSameCheckpoint) {
  const TinyRuns runs;
  const fs::path whole = runs.make("whole", 1000, 3);
  std::vector<std::string> made;
  for (const std::string bytes : {"1000000", "7", "1"}) {
    const fs::path run = runs.copy(whole, "run");
    Process saver(run, {THALWEG_SAVER, run.string(), "2", bytes});
    const Outcome outcome = saver.wait();
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    made.push_back(contents(run / "checkpoints" / "5.safetensors"));
    expect_sound(run, 5);
  }
  EXPECT_GT(made[0].size(), 500U);
  EXPECT_TRUE(made[1] == made[0]);
  EXPECT_TRUE(made[2] == made[0]);
}

}  // namespace
}  // namespace thalweg
