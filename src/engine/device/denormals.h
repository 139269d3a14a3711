// Denormal numbers are taken as zero inside a step: moving averages that fade out would slow it down many
// times.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace thalweg {

// For the life of the object, on the thread that made it; the mode before is restored. `flush` false: they
// are numbers, inside a step too.
class FlushDenormals {
 public:
#if defined(__SSE2__)
  explicit FlushDenormals(bool flush = true) : mode_(_mm_getcsr()) {
    constexpr unsigned both = kFlushToZero | kDenormalsAreZero;
    _mm_setcsr(flush ? mode_ | both : mode_ & ~both);
  }
  ~FlushDenormals() { _mm_setcsr(mode_); }
#else
  explicit FlushDenormals(bool = true) {}
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE2__)
  static constexpr unsigned kFlushToZero = 0x8000;
  static constexpr unsigned kDenormalsAreZero = 0x0040;
  unsigned mode_;
#endif
};

}  // namespace thalweg
