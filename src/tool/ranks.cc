#include "tool/ranks.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "comm/cores.h"
#include "thalweg/error.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

// Seconds until the first rank ends the others, and they end the first, which may have a page to draw.
constexpr double kToHearAll = 5, kToHearFirst = 20;
constexpr unsigned kToBegin = 300;  // until all have come to where their MPI begins

struct Joined {
  std::unique_ptr<Comm> ranks;
  std::unique_ptr<Comm> farewell;  // on which nothing else is said
  bool alone = false;              // nobody waits for this rank
};

// Never destroyed: an MPI may end the process from within one of its calls, which must not begin another.
Joined& joined() {
  static Joined& all = *new Joined();
  return all;
}

int code_to_leave = kOk;  // what this rank fails with before it has joined the others

// Ends this process where its MPI has not begun after so long: that waits without an end for a rank that has
// ended before.
class Beginning {
 public:
  explicit Beginning(unsigned seconds) : before_(std::signal(SIGALRM, give_up)) { ::alarm(seconds); }
  ~Beginning() {
    ::alarm(0);
    std::signal(SIGALRM, before_);
  }
  Beginning(const Beginning&) = delete;
  Beginning& operator=(const Beginning&) = delete;

 private:
  static void give_up(int) {
    constexpr std::string_view kWhy =
        "thalweg: MPI: not all ranks have come to it; look whether one has ended, or runs another command\n";
    if (code_to_leave == kOk) {
      [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kWhy.data(), kWhy.size());
    }
    ::_exit(code_to_leave == kOk ? static_cast<int>(Code::failure) : code_to_leave);
  }

  void (*before_)(int);
};

// Where this rank fails before it has joined the others, which may wait for it where their MPI begins.
void join_to_leave(int code) {
  const auto launched = Comm::launched();
  if (!launched || launched->size == 1 || joined().alone) return;
  code_to_leave = code;
  const Beginning beginning(static_cast<unsigned>(kToHearAll));
  try {
    joined().ranks = Comm::mpi();
    joined().farewell = Comm::mpi();
  } catch (const std::exception&) {  // then there is nobody to tell
  }
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

bool left_to_the_first() {
  joined().alone = true;
  return is_another_rank();
}

Comm* join_ranks() {
  const auto launched = Comm::launched();
  if (!launched || launched->size == 1) return nullptr;
  Joined& all = joined();
  const Beginning beginning(kToBegin);
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
  return left_to_the_first() ? std::nullopt : std::optional<Comm*>(nullptr);
}

void leave_ranks(int code, const char* why) {
  Joined& all = joined();
  if (all.farewell == nullptr && code != kOk && code < kSignalled) join_to_leave(code);
  if (all.farewell == nullptr) return;
  const bool fails = code != kOk && code < kSignalled && all.ranks->size() > 1;
  if (fails && (all.ranks->is_busy() || !all_have_failed(code))) all.ranks->abort(code, why);
  all.farewell.reset();
  all.ranks.reset();
}

}  // namespace thalweg::tool
