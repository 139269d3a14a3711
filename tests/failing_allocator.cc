// To be preloaded: an allocator that fails where it is told to, for failed_allocations.py.
//
// THALWEG_FAIL_AT=n: the n-th allocation of the process fails, and with THALWEG_FAIL_ON=1 all after it.
// THALWEG_FAIL_NEW=1: operator new is one of the allocations, beside malloc, its kin and mmap; else it fails
// in the malloc that it calls. THALWEG_COUNT=FILE: how many there were, written at the end.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <new>

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t each);
void* __libc_realloc(void* old, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

namespace {

constinit std::atomic<long> allocations{0};

long number(const char* name) {
  const char* text = ::getenv(name);
  return text != nullptr ? std::strtol(text, nullptr, 10) : 0;
}

bool fails() {
  static const long at = number("THALWEG_FAIL_AT"), on = number("THALWEG_FAIL_ON");
  const long n = ++allocations;
  if (at == 0 || (on != 0 ? n < at : n != at)) return false;
  errno = ENOMEM;
  return true;
}

__attribute__((destructor)) void write_count() {
  const char* file = ::getenv("THALWEG_COUNT");
  if (file == nullptr) return;
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, allocations.load()).ptr;
  const int fd = ::open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  [[maybe_unused]] const ssize_t written = ::write(fd, text, static_cast<std::size_t>(end - text));
  ::close(fd);
}

}  // namespace

extern "C" {

void* malloc(std::size_t bytes) noexcept { return fails() ? nullptr : __libc_malloc(bytes); }
void* calloc(std::size_t count, std::size_t each) noexcept {
  return fails() ? nullptr : __libc_calloc(count, each);
}
void* realloc(void* old, std::size_t bytes) noexcept {
  return bytes != 0 && fails() ? nullptr : __libc_realloc(old, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  return fails() ? nullptr : __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept { return memalign(alignment, bytes); }
int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
  void* const p = memalign(alignment, bytes);
  if (p == nullptr) return ENOMEM;
  *out = p;
  return 0;
}
void* mmap(void* where, std::size_t bytes, int protection, int flags, int fd, off_t offset) noexcept {
  if (fails()) return MAP_FAILED;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, where, bytes, protection, flags, fd, offset));
}

}  // extern "C"

void* operator new(std::size_t bytes) {
  static const bool counts = number("THALWEG_FAIL_NEW") != 0;
  void* p = nullptr;
  if (counts ? !fails() : true) p = counts ? __libc_malloc(bytes) : std::malloc(bytes);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
