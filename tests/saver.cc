// A program for tests of faults: continues a run and saves after every update, as fast as it can.
//
//   thalweg_saver RUN [SAVES] [BYTES]
//   thalweg_saver RUN epochs N keep|new
//
// After each save the number of updates, 8 bytes, goes to stdout: what was acknowledged must outlive any end
// of this process. BYTES: every write is cut to at most so many, and every third one is interrupted. Linked
// with --wrap=write. The second form gives the run another length and ends.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "thalweg/error.h"
#include "thalweg/run.h"

namespace {

std::size_t most_bytes = SIZE_MAX;
int writes = 0;

}  // namespace

extern "C" ssize_t __real_write(int fd, const void* data, std::size_t bytes);

extern "C" ssize_t __wrap_write(int fd, const void* data, std::size_t bytes) {
  if (most_bytes == SIZE_MAX) return __real_write(fd, data, bytes);
  if (++writes % 3 == 0) {
    errno = EINTR;
    return -1;
  }
  return __real_write(fd, data, std::min(bytes, most_bytes));
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bool changes = argc == 5 && std::string_view(argv[2]) == "epochs";
  thalweg::ResumeOptions options;
  if (changes) {
    using Lengths = thalweg::ResumeOptions::Lengths;
    options.epochs = std::strtoull(argv[3], nullptr, 10);
    options.lengths = std::string_view(argv[4]) == "keep" ? Lengths::keep : Lengths::anew;
  }
  const std::uint64_t saves = changes ? 0 : argc > 2 ? std::strtoull(argv[2], nullptr, 10) : UINT64_MAX;
  if (argc == 4) most_bytes = std::strtoull(argv[3], nullptr, 10);
  try {
    thalweg::Run run = thalweg::Run::resume(argv[1], options);
    thalweg::Report report;
    for (std::uint64_t i = 0; i < saves && run.next(report); ++i) {
      run.save();
      run.wait();
      const std::uint64_t updates = run.updates();
      if (__real_write(STDOUT_FILENO, &updates, sizeof updates) != sizeof updates) return 1;
    }
  } catch (const thalweg::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}
