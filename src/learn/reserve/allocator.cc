// The allocator of the tool: the system's, with a reserve behind it. oneDNN writes through the null that a
// failed allocation gave it, and GCC's OpenMP ends the process; both get what they ask for, and whoever
// called them learns of it from Reserve::used().
//
// Not part of the library: a program decides about its own allocator.
#include <dlfcn.h>
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>

#include "reserve/reserve.h"

namespace thalweg {
namespace {

constexpr std::size_t kReserve = std::size_t{16} << 20;  // what oneDNN needs to make a few products
constexpr std::size_t kPage = 4096;
constexpr std::size_t kAligned = 16;

alignas(kPage) constinit std::byte reserve[kReserve];  // not in memory before it is written to
constinit std::atomic<std::size_t> begin{0};
thread_local constinit bool looking = false;  // for a function of the system, which may allocate

bool reserved(const void* p) { return p >= reserve && p < reserve + kReserve; }

// Zeroed, and never given back: nothing is used twice.
void* draw(std::size_t bytes, std::size_t alignment) {
  if (!looking) {
    Reserve::missing = bytes;
    errno = ENOMEM;
    if (Reserve::users == 0 && !Reserve::open_to_all) return nullptr;
    ++Reserve::drawn;
  }
  std::size_t from = begin, at = 0;
  do {
    at = (from + alignment - 1) / alignment * alignment;
    if (alignment > kPage || at > kReserve || bytes > kReserve - at) return nullptr;
  } while (!begin.compare_exchange_weak(from, at + bytes));
  return reserve + at;
}

// The function of that name behind this one.
template <class F>
class Next {
 public:
  constexpr explicit Next(const char* name) : name_(name) {}
  F* get() {
    if (found_ == nullptr && !looking) {
      looking = true;
      found_ = reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name_));
      looking = false;
    }
    return found_;
  }

 private:
  const char* name_;
  std::atomic<F*> found_{nullptr};
};

using Bytes = std::size_t;
constinit Next<void*(Bytes)> next_malloc("malloc");
constinit Next<void*(Bytes)> next_new("_Znwm");
constinit Next<void*(Bytes, Bytes)> next_calloc("calloc"), next_memalign("memalign");
constinit Next<void*(void*, Bytes)> next_realloc("realloc");
constinit Next<int(void**, Bytes, Bytes)> next_posix_memalign("posix_memalign");
constinit Next<void(void*)> next_free("free");
constinit Next<void*(void*, Bytes, int, int, int, off_t)> next_mmap("mmap");
constinit Next<int(void*, Bytes)> next_munmap("munmap");

void* aligned(std::size_t alignment, std::size_t bytes) {
  auto* const next = next_memalign.get();
  void* const p = next != nullptr ? next(alignment, bytes) : nullptr;
  return p != nullptr ? p : draw(bytes, std::max(alignment, kAligned));
}

// Runs before the libraries set themselves up, which may throw.
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_all)() = [] {
  std::set_terminate(end_process);
};

}  // namespace

extern "C" {

void* malloc(std::size_t bytes) noexcept {
  auto* const next = next_malloc.get();
  void* const p = next != nullptr ? next(bytes) : nullptr;
  return p != nullptr ? p : draw(bytes, kAligned);
}

void* calloc(std::size_t count, std::size_t each) noexcept {
  auto* const next = next_calloc.get();
  void* const p = next != nullptr ? next(count, each) : nullptr;
  std::size_t bytes = 0;
  return p != nullptr || __builtin_mul_overflow(count, each, &bytes) ? p : draw(bytes, kAligned);
}

void free(void* p) noexcept {
  if (p != nullptr && !reserved(p)) next_free.get()(p);
}

void* realloc(void* old, std::size_t bytes) noexcept {
  auto* const next = next_realloc.get();
  const bool ours = reserved(old);
  if (next != nullptr && !ours) {
    void* const p = next(old, bytes);
    if (p != nullptr || (old != nullptr && bytes == 0)) return p;
  }
  void* const p = draw(bytes, kAligned);
  if (p == nullptr || old == nullptr) return p;
  const auto left = static_cast<std::size_t>(reserve + kReserve - static_cast<std::byte*>(old));
  std::memcpy(p, old, std::min(bytes, ours ? left : ::malloc_usable_size(old)));
  free(old);
  return p;
}

int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
  auto* const next = next_posix_memalign.get();
  const int error = next != nullptr ? next(out, alignment, bytes) : ENOMEM;
  if (error != ENOMEM) return error;
  void* const p = draw(bytes, alignment);
  if (p == nullptr) return ENOMEM;
  *out = p;
  return 0;
}

void* memalign(std::size_t alignment, std::size_t bytes) noexcept { return aligned(alignment, bytes); }
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept { return aligned(alignment, bytes); }

void* mmap(void* where, std::size_t bytes, int protection, int flags, int fd, off_t offset) noexcept {
  void* const p = next_mmap.get()(where, bytes, protection, flags, fd, offset);
  if (p != MAP_FAILED || errno != ENOMEM || (flags & MAP_ANONYMOUS) == 0) return p;
  void* const from = draw((bytes + kPage - 1) / kPage * kPage, kPage);
  return from != nullptr && ::mprotect(from, bytes, protection) == 0 ? from : MAP_FAILED;
}

int munmap(void* p, std::size_t bytes) noexcept { return reserved(p) ? 0 : next_munmap.get()(p, bytes); }

}  // extern "C"
}  // namespace thalweg

void* operator new(std::size_t bytes) try {
  auto* const next = thalweg::next_new.get();
  if (next != nullptr) return next(bytes);
  throw std::bad_alloc();
} catch (const std::bad_alloc&) {
  if (void* const p = thalweg::draw(bytes, thalweg::kAligned)) return p;
  throw;
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
