#include "reserve/reserve.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

namespace thalweg {
namespace {

constexpr int kOutOfMemory = 4;  // Code::resource

void append(char*& to, std::string_view text) { to += text.copy(to, text.size()); }

bool throws_bad_alloc() noexcept try {
  if (std::current_exception() == nullptr) return Reserve::missing != 0;  // none could be made
  throw;
} catch (const std::bad_alloc&) {
  return true;
} catch (...) {
  return false;
}

}  // namespace

void tell_out_of_memory() noexcept {
  char line[240];
  char* end = line;
  if (Reserve::tells_json) append(end, R"({"error": {"code": 4, "kind": "resource", "message": ")");
  append(end, "thalweg: out of memory");
  if (const std::size_t bytes = Reserve::missing; bytes != 0) {
    append(end, "; want ");
    end = std::to_chars(end, line + sizeof line, bytes).ptr;
    append(end, " more bytes");
  }
  append(end, "; try a smaller model, batch or data set");
  append(end, Reserve::tells_json ? "\"}}\n" : "\n");
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line, static_cast<std::size_t>(end - line));
}

void end_process() noexcept {
  if (!throws_bad_alloc()) std::abort();
  tell_out_of_memory();
  ::_exit(kOutOfMemory);
}

}  // namespace thalweg
