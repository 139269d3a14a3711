#include "tool/ranks.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <string>

#include "comm/cores.h"
#include "thalweg/error.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

// Seconds until the first rank ends the others, and they end the first, which may have a page to draw.
constexpr double kToHearAll = 5, kToHearFirst = 20;

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
  comm.set_deadline(comm.rank() == 0 ? kToHearAll : kToHearFirst);
  try {
    return most_of_ranks(&comm, code == kOk ? 1 : 0) == 0;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

bool is_another_rank() {
  const auto launched = Comm::launched();
  return launched && launched->rank > 0;
}

Comm* join_ranks() {
  const auto launched = Comm::launched();
  if (!launched || launched->size == 1) return nullptr;
  Joined& all = joined();
  all.ranks = Comm::mpi();
  all.farewell = Comm::mpi();
  if (all.ranks->size() < std::max(launched->size, launched->rank + 1)) {
    throw Error(Code::usage,
                {"MPI", "it sees fewer processes than were started", std::to_string(all.ranks->size()),
                 std::to_string(std::max(launched->size, launched->rank + 1)),
                 "the launcher and the MPI of THALWEG_MPI_MODULE must belong together"});
  }
  be_silent(all.ranks->rank() > 0);
  share_cores(*all.ranks);
  return all.ranks->size() > 1 ? all.ranks.get() : nullptr;
}

std::optional<Comm*> join_ranks_to_read(const std::string* data) {
  const bool piped = data != nullptr && (*data == "-" || data->find("(-") != std::string::npos);
  if (!piped) return join_ranks();
  return is_another_rank() ? std::nullopt : std::optional<Comm*>(nullptr);
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
