#include "kernels/vectorised.h"

namespace thalweg {
namespace {

Vectors widest() {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    return Vectors::avx512;
  if (__builtin_cpu_supports("avx2")) return Vectors::avx2;
#endif
  return Vectors::plain;
}

}  // namespace

const Vectors kWidestVectors = widest();

}  // namespace thalweg
