// The loops of sums over blocks, for one SIMD target. Included by transforms.cc inside the target's
// namespace, after loops-inl.h.

// How far ahead the only stream of a sum is fetched: it is too narrow for the machine to keep memory busy
// unasked. Of a tile, which is in the cache, it fetches nothing new.
constexpr std::size_t kAhead = 2048, kCacheLine = 64;  // bytes

template <class D, class T>
HWY_INLINE hn::Vec<D> widened(D d, const T* from) {
  if constexpr (sizeof(T) == sizeof(double)) {
    return hn::LoadU(d, from);
  } else {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<T, D>(), from));
  }
}

// The map of the register at k, as the engine applies it, as doubles; there may be no values p without it.
template <bool kWithValue, class D, class T>
HWY_INLINE hn::Vec<D> widened_map(D d, const RoundedMap<T>& map, const T* x, const T* p, std::size_t k) {
  const hn::Rebind<T, D> from;
  const auto value = kWithValue ? hn::LoadU(from, p + k) : hn::Zero(from);
  const auto narrow = affine_of<kWithValue>(from, hn::LoadU(from, x + k), value, map);
  if constexpr (sizeof(T) == sizeof(double)) {
    return narrow;
  } else {
    return hn::PromoteTo(d, narrow);
  }
}

// What a gather adds up: `terms` of one register, in double. Squares is what the norm of all needs.
struct Squares {
  static constexpr std::size_t kSums = 1;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D, const Seen<V>& x, V* out) {
    out[0] = hn::Mul(x.update, x.update);
  }
};

template <class Gather>
constexpr bool kGatherSees = requires {
  Gather::kSees;
}
|| requires { Gather::kSeesEntered; };

// Elements i and i + kLanes belong to the same running sum; `n` is a multiple of kLanes.
template <class Gather, bool kWithValue, class T>
void add_terms(const RoundedMap<T> map, const Pointers<T> at, std::size_t n, LaneSums& lanes) {
  const hn::ScalableTag<double> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t kEach = hn::MaxLanes(d), kParts = kLanes / kEach;
  V sums[Gather::kSums][kParts];
  for (std::size_t m = 0; m < Gather::kSums; ++m) {
    for (std::size_t j = 0; j < kParts; ++j) sums[m][j] = hn::LoadU(d, lanes.lanes[m].data() + j * kEach);
  }
  for (std::size_t i = 0; i < n; i += kLanes) {
    for (std::size_t j = 0; j < kLanes * sizeof(T); j += kCacheLine) {
      hwy::Prefetch(reinterpret_cast<const char*>(at.grad + i) + kAhead + j);
    }
    for (std::size_t j = 0; j < kParts; ++j) {
      const std::size_t k = i + j * kEach;
      const V u = widened_map<kWithValue>(d, map, at.grad, at.value, k);
      Seen<V> seen{u, u, u, u};
      if constexpr (kGatherSees<Gather>) {
        seen.value = widened(d, at.value + k);
        seen.entered = widened(d, at.entered + k);
      }
      V terms[Gather::kSums];
      Gather::terms(d, seen, terms);
      for (std::size_t m = 0; m < Gather::kSums; ++m) sums[m][j] = hn::Add(sums[m][j], terms[m]);
    }
  }
  for (std::size_t m = 0; m < Gather::kSums; ++m) {
    for (std::size_t j = 0; j < kParts; ++j) hn::StoreU(sums[m][j], d, lanes.lanes[m].data() + j * kEach);
  }
}

template <class Gather, bool kWithValue, class T>
void gather_loop(const Affine& map, const Streams& streams, LaneSums& sums) {
  const RoundedMap<T> rounded(map);
  add_terms<Gather, kWithValue>(rounded, Pointers<T>(streams), streams.n / kLanes * kLanes, sums);
  if (streams.n % kLanes == 0) return;
  LaneSums last;  // of which the padding is left out
  const Tail<T> tail(streams);
  add_terms<Gather, kWithValue>(rounded, Pointers<T>(tail.streams()), kLanes, last);
  for (std::size_t m = 0; m < Gather::kSums; ++m) {
    for (std::size_t j = 0; j < streams.n % kLanes; ++j) sums.lanes[m][j] += last.lanes[m][j];
  }
}

// At most kBlock elements.
template <class Gather, class T>
void gather(const Affine& map, const Streams& streams, LaneSums& sums) {
  if (RoundedMap<T>(map).rest != T(1)) {
    T u[kBlock];
    affine<T>(map, streams.grad, streams.value, u, streams.n);
    Streams mapped = streams;
    mapped.grad = u;
    return gather_loop<Gather, false, T>({}, mapped, sums);
  }
  if (map.b == 0.0) return gather_loop<Gather, false, T>(map, streams, sums);
  gather_loop<Gather, true, T>(map, streams, sums);
}

template <class T>
double squares(const Affine& map, const void* source, const void* value, std::size_t n) {
  Streams streams;
  streams.value = const_cast<void*>(value);  // only read
  streams.grad = source;
  streams.n = n;
  LaneSums sums;
  gather<Squares, T>(map, streams, sums);
  return sums.total(0);
}
