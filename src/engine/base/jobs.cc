#include "base/jobs.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <vector>

#include "base/threads.h"

namespace thalweg {

void in_parallel(std::size_t n, int threads, const std::function<void(std::size_t i)>& f) {
  std::vector<std::exception_ptr> thrown(n);
  std::atomic<std::size_t> next{0};
  Team team(static_cast<int>(std::min<std::size_t>(n, static_cast<std::size_t>(std::max(1, threads)))));
  team.run([&](int) {
    for (std::size_t i; (i = next.fetch_add(1)) < n;) {
      try {
        f(i);
      } catch (...) {
        thrown[i] = std::current_exception();
      }
    }
  });
  for (const std::exception_ptr& error : thrown) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace thalweg
