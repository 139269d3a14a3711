// Loops over elements, compiled for the vectors of several processors. What becomes of an element is written
// once, in plain C++, and its bits are the same on all of them: no product is contracted with a sum.
#pragma once

#include <cstddef>

namespace thalweg {

enum class Vectors { plain, avx2, avx512 };

// The widest that this processor has; plain until static variables have been made.
extern const Vectors kWidestVectors;

#ifdef __x86_64__
#ifdef __clang__
#define THALWEG_AVX512 gnu::target("avx512f,avx512vl,avx512bw,avx512dq")
#else
#define THALWEG_AVX512 gnu::target("avx512f,avx512vl,avx512bw,avx512dq,prefer-vector-width=512")
#endif

template <class F>
[[gnu::noinline, gnu::target("avx2")]] void avx2_loop(std::size_t begin, std::size_t end, F f) {
  for (std::size_t i = begin; i < end; ++i) f(i);
}

template <class F>
[[gnu::noinline, THALWEG_AVX512]] void avx512_loop(std::size_t begin, std::size_t end, F f) {
  for (std::size_t i = begin; i < end; ++i) f(i);
}
#undef THALWEG_AVX512
#endif

// Calls f(i) for i in begin .. end-1, of which no call needs another's result. f is small: it is copied.
template <class F>
void vectorised(std::size_t begin, std::size_t end, F f, Vectors vectors = kWidestVectors) {
#ifdef __x86_64__
  if (vectors == Vectors::avx512) return avx512_loop(begin, end, f);
  if (vectors == Vectors::avx2) return avx2_loop(begin, end, f);
#endif
  for (std::size_t i = begin; i < end; ++i) f(i);
}

}  // namespace thalweg
