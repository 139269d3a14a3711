#include "reserve/reserve.h"

#include <gtest/gtest.h>

#include <csignal>
#include <exception>
#include <new>
#include <stdexcept>

namespace thalweg {
namespace {

template <class Exception>
void raise(const Exception& exception) {
  throw exception;
}

// Where no exception may leave.
template <class Exception>
void end_by(const Exception& exception) noexcept {
  std::set_terminate(end_process);
  raise(exception);
}

TEST(ReserveDeathTest, OutOfMemoryEndsAProcessByItsExitCodeAndTellsTheBytes) {
  const auto end = [] {
    Reserve::missing = 12345;
    end_by(std::bad_alloc());
  };
  EXPECT_EXIT(end(), testing::ExitedWithCode(4), "^thalweg: out of memory; want 12345 more bytes; try ");
  EXPECT_EXIT(end_by(std::bad_alloc()), testing::ExitedWithCode(4), "^thalweg: out of memory; try ");
}

TEST(ReserveDeathTest, EverythingElseAborts) {
  EXPECT_EXIT(end_by(std::runtime_error("x")), testing::KilledBySignal(SIGABRT), "");
}

TEST(Reserve, IsUsedByWhatIsDrawnWhileItLives) {
  const Reserve before;
  EXPECT_FALSE(before.used());
  ++Reserve::drawn;
  EXPECT_TRUE(before.used());
  EXPECT_FALSE(Reserve().used());
  EXPECT_EQ(Reserve::users, 1u);
}

}  // namespace
}  // namespace thalweg
