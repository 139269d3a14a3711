// Denormal numbers are taken as zero inside a step: moving averages that fade out would slow it down many
// times.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace thalweg {

// For the life of the object, on the thread that made it; the mode before is restored.
class FlushDenormals {
 public:
#if defined(__SSE2__)
  FlushDenormals() : mode_(_mm_getcsr()) { _mm_setcsr(mode_ | kFlushToZero | kDenormalsAreZero); }
  ~FlushDenormals() { _mm_setcsr(mode_); }
#else
  FlushDenormals() = default;
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
