// State files of every transform, across devices, and whatever ends a save.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/test_folder.h"
#include "copying_device.h"
#include "laws.h"
#include "sample_chains.h"
#include "step/optimizer_impl.h"
#include "thalweg/checkpoint.h"

namespace thalweg {
namespace {

// Something was lost unless what was loaded goes on to the same bits.
TEST(StateFiles, E6HoldAllOfEveryTransform) {
  for (const Transform* transform : all_transforms()) {
    for (const std::string& text : positions_of(*transform, use(transform->spec))) {
      Params params = make_params(kSmall, Dtype::f32), others = make_params(kSmall, Dtype::f32);
      Optimizer optimizer(params, Chain(text)), other(others, Chain(text));
      run_steps(params, optimizer, 0, 3);
      load_checkpoint(checkpoint_bytes(params, optimizer), others, other);
      run_steps(params, optimizer, 3, 3);
      run_steps(others, other, 3, 3);
      EXPECT_TRUE(all_bits(others, other) == all_bits(params, optimizer)) << text;
    }
  }
}

TEST(StateFiles, E10GoFromOneDeviceToAnotherAndBack) {
  const Chain chain("clip_norm(1) | adam(amsgrad=true) | decay(0.1) | lr(0.01) | average");
  const auto bound = [&](Params& params, DeviceMaker maker) {
    return make_optimizer(params, chain, OptimizerOptions{}, maker);
  };
  Params p1 = make_params(kSmall, Dtype::f32), p2 = make_params(kSmall, Dtype::f32),
         p3 = make_params(kSmall, Dtype::f32), whole = make_params(kSmall, Dtype::f32);
  Optimizer copying = bound(p1, make_copying_device), cpu = bound(p2, make_cpu),
            back = bound(p3, make_copying_device), straight = bound(whole, make_cpu);
  run_steps(p1, copying, 0, 2);
  load_checkpoint(checkpoint_bytes(p1, copying), p2, cpu);
  run_steps(p2, cpu, 2, 2);
  load_checkpoint(checkpoint_bytes(p2, cpu), p3, back);
  run_steps(p3, back, 4, 2);
  run_steps(whole, straight, 0, 6);
  EXPECT_TRUE(all_bits(p3, back) == all_bits(whole, straight));
}

// The system ends a process that writes beyond its limit.
bool ends_when_saving(std::size_t limit, const std::filesystem::path& path, Params& params,
                      Optimizer& optimizer) {
  const pid_t child = ::fork();
  if (child == 0) {
    rlimit file{limit, limit}, core{0, 0};
    ::setrlimit(RLIMIT_CORE, &core);
    ::setrlimit(RLIMIT_FSIZE, &file);
    std::signal(SIGXFSZ, SIG_DFL);
    save_checkpoint(path, params, optimizer);
    std::_Exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ;
}

// A checkpoint on disk, and an optimizer that has gone on since.
class SavedStateFile : public testing::Test {
 protected:
  SavedStateFile() {
    params.add("w", {3000}, Role::weight);
    optimizer.emplace(params, Chain("adam | lr(0.1)"));
    save_checkpoint(path, params, *optimizer);
    old = read_file(path);
    optimizer->set_updates(7);
  }

  const TestFolder folder;
  const std::filesystem::path path = folder.path() / "a.safetensors";
  Params params;
  std::optional<Optimizer> optimizer;
  std::vector<std::byte> old;
};

TEST_F(SavedStateFile, E9AKillAtAny4KiBLeavesTheOldOne) {
  for (std::size_t limit = 0; limit < old.size(); limit += 4096) {
    ASSERT_TRUE(ends_when_saving(limit, path, params, *optimizer)) << limit;
    ASSERT_TRUE(read_file(path) == old) << limit;
  }
  remove_leftovers(folder.path(), [](std::string_view name) { return name == "a.safetensors"; });
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  EXPECT_FALSE(ends_when_saving(old.size() + 64, path, params, *optimizer));
  EXPECT_EQ(read_metadata(path).at("updates"), "7");
}

// The same for a file that may grow no more, which is what a full disk looks like.
TEST_F(SavedStateFile, E9AFullDiskAtAny4KiBLeavesTheOldOneAndNothingElse) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  for (std::size_t limit = 0; limit < old.size(); limit += 4096) {
    for (const int threads : {1, 2}) {
      rlimit file{limit, before.rlim_max};
      ::setrlimit(RLIMIT_FSIZE, &file);
      std::string message;
      try {
        save_checkpoint(path, params, *optimizer, {.threads = threads});
      } catch (const Error& error) {
        message = error.what();
      }
      ::setrlimit(RLIMIT_FSIZE, &before);
      EXPECT_NE(message.find("cannot be written"), message.npos) << limit << message;
      EXPECT_TRUE(read_file(path) == old) << limit;
      EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << limit;
    }
  }
  std::signal(SIGXFSZ, handler);
}

}  // namespace
}  // namespace thalweg
