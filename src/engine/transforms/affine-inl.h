// The numbers of a step as elements of a type, and the linear maps between rules, for one SIMD target.
// Included by transforms.cc inside the target's namespace, before the loops.

// A finite number stays one, so that 0 times it is 0.
template <class T>
T rounded(double x) {
  constexpr double kMost = std::numeric_limits<T>::max();
  return T(std::isinf(x) ? x : std::clamp(x, -kMost, kMost));
}

// The numbers of a map as elements of type T. A factor that is too small for it, as that of a clipped
// gradient at the end of its range, or too large, becomes two; of any other the second is 1.
template <class T>
struct RoundedMap {
  template <class Map>
  RoundedMap(const Map& map, double added) : b(rounded<T>(added)) {
    constexpr double kStep = sizeof(T) == sizeof(float) ? 0x1p64 : Total::kStep;
    const double whole = map.a * map.rest, size = std::abs(whole);
    const bool small = size < std::numeric_limits<T>::min() && map.a != 0.0;
    const bool large = size > std::numeric_limits<T>::max() && !std::isinf(map.a);
    const double step = small ? kStep : large ? 1.0 / kStep : 1.0;
    a = rounded<T>(map.a * (map.rest * step));
    rest = T(1.0 / step);
  }
  explicit RoundedMap(const Affine& map) : RoundedMap(map, map.b) {}
  T a, b, rest;
};

// The numbers of a lowered rule as elements of type T.
template <class T>
struct Rounded {
  explicit Rounded(const Lowered& l) : pre(l.pre), post(l.post) {
    for (std::size_t i = 0; i < kMaxCoefs; ++i) coefs[i] = rounded<T>(l.coefs[i]);
  }
  RoundedMap<T> pre, post;
  T coefs[kMaxCoefs];
};

// a * u + b * p with one rounding an operation; the second term only where there is one. The second factor
// is left to split().
template <bool kWithValue, class D, class V = hn::Vec<D>>
HWY_INLINE V affine_of(D d, V u, V p, const RoundedMap<hn::TFromD<D>>& map) {
  const V scaled = hn::Mul(hn::Set(d, map.a), u);
  return kWithValue ? hn::Add(scaled, hn::Mul(hn::Set(d, map.b), p)) : scaled;
}

template <class T>
struct RoundedCoefs {
  explicit RoundedCoefs(const Coefs& coefs) {
    for (std::size_t i = 0; i < kMaxCoefs; ++i) c[i] = rounded<T>(coefs[i]);
  }
  T c[kMaxCoefs];
};

template <bool kWithValue, class T>
void affine_loop(const RoundedMap<T> map, const T* x, const T* p, T* out, std::size_t n) {
  const hn::ScalableTag<T> d;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto value = kWithValue ? hn::LoadU(d, p + i) : hn::Zero(d);
    hn::StoreU(affine_of<kWithValue>(d, hn::LoadU(d, x + i), value, map), d, out + i);
  }
  for (; i < n; ++i) {
    out[i] = kWithValue ? map.a * x[i] + map.b * p[i] : map.a * x[i];
  }
}

// A map with a second factor: a * x, then the rest.
template <class T>
void split_affine_loop(const RoundedMap<T> map, const T* x, const T* p, T* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const T scaled = map.a * x[i] * map.rest;
    out[i] = map.b == T(0) ? scaled : scaled + map.b * p[i];
  }
}

template <class T>
void affine(const Affine& map, const void* source, const void* value, void* u, std::size_t n) {
  const T* x = static_cast<const T*>(source);
  const T* p = static_cast<const T*>(value);
  T* out = static_cast<T*>(u);
  const RoundedMap<T> numbers(map);
  if (numbers.rest != T(1)) return split_affine_loop(numbers, x, p, out, n);
  if (map.b == 0.0) return affine_loop<false>(numbers, x, p, out, n);
  affine_loop<true>(numbers, x, p, out, n);
}

template <class T>
void shift(const UnitMap& map, void* u, std::size_t n) {
  const RoundedMap<T> rounded(map, map.offset);
  T* x = static_cast<T*>(u);
  for (std::size_t i = 0; i < n; ++i) x[i] = rounded.a * x[i] * rounded.rest + rounded.b;
}
