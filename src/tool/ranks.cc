#include "tool/ranks.h"

#include <memory>

#include "thalweg/error.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

constexpr double kToHearAll = 5;  // seconds

struct Joined {
  std::unique_ptr<Comm> ranks;
  std::unique_ptr<Comm> farewell;  // on which nothing else is said
};

// Never destroyed: an MPI may end the process from within one of its calls, which must not begin another.
Joined& joined() {
  static Joined& all = *new Joined();
  return all;
}

// Whether every rank has come here with a code other than 0.
bool all_have_failed(int code) {
  Comm& comm = *joined().farewell;
  comm.set_deadline(kToHearAll);
  try {
    return least_of_ranks(comm, code) > 0;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

bool is_another_rank() { return Comm::launched_rank().value_or(0) > 0; }

Comm* join_ranks() {
  if (!Comm::launched_rank()) return nullptr;
  Joined& all = joined();
  all.ranks = Comm::mpi();
  all.farewell = Comm::mpi();
  be_silent(all.ranks->rank() > 0);
  return all.ranks->size() > 1 ? all.ranks.get() : nullptr;
}

void leave_ranks(int code, const char* why) {
  Joined& all = joined();
  if (all.farewell == nullptr) return;
  if (code != kOk && code < kSignalled && all.ranks->size() > 1 && !all_have_failed(code))
    all.ranks->abort(code, why);
  all.farewell.reset();
  all.ranks.reset();
}

}  // namespace thalweg::tool
