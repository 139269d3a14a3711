#include "page/run_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/spec.h"
#include "page/http.h"
#include "page/render.h"

namespace thalweg::page {
namespace {

namespace fs = std::filesystem;

bool is_saved(const RunData& data, const fs::path& run) {
  double last = data.updates.empty() ? 0 : data.updates.back().update;
  if (!data.epochs.empty()) last = std::max(last, data.epochs.back().update);
  std::error_code error;
  for (fs::directory_iterator at(run / "checkpoints", error), end; !error && at != end; at.increment(error)) {
    const auto updates = read_exactly<std::uint64_t>(at->path().stem().string());
    if (updates && static_cast<double>(*updates) >= last) return true;
  }
  return false;
}

}  // namespace

// Asks for a share of the lock and lets go of it at once.
bool is_held(const fs::path& run) {
  const Socket lock(::open((run / "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return lock.get() >= 0 && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::string state_of(const RunData& data, const fs::path& run, bool held) {
  if (data.result.there && !diverged(data)) return "finished";
  if (held) return "running";
  if (diverged(data)) return "diverged";
  return is_saved(data, run) ? "interrupted" : "died";
}

}  // namespace thalweg::page
