// Vectors of which only the first lanes are in memory; included once for every SIMD target.
#if defined(THALWEG_PARTIAL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_PARTIAL_INL_H
#undef THALWEG_PARTIAL_INL_H
#else
#define THALWEG_PARTIAL_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {

template <class T>
using Tag = hwy::HWY_NAMESPACE::ScalableTag<T>;
template <class T>
using Vec = hwy::HWY_NAMESPACE::Vec<Tag<T>>;

// Stores the first n lanes.
template <class T>
HWY_INLINE void store_first(Vec<T> v, std::size_t n, T* to) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Tag<T> d;
  if (n >= hn::Lanes(d)) {
    hn::StoreU(v, d, to);
    return;
  }
  HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(v, d, all);
  std::memcpy(to, all, n * sizeof(T));
}

// Loads n lanes; the others are 0.
template <class T>
HWY_INLINE Vec<T> load_first(const T* from, std::size_t n) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Tag<T> d;
  if (n >= hn::Lanes(d)) return hn::LoadU(d, from);
#if !HWY_MEM_OPS_MIGHT_FAULT
  return hn::MaskedLoad(hn::FirstN(d, n), d, from);
#endif
  HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)] = {};
  std::memcpy(all, from, n * sizeof(T));
  return hn::Load(d, all);
}

}  // namespace thalweg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
