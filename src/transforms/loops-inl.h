// The loops around the transforms, for one SIMD target. Included by transforms.cc inside the target's
// namespace.
//
// A loop sees whole vectors only. What is left behind the last kLanes elements goes through a padded copy, so
// that an element's bits do not depend on where it stands.

// The numbers of a lowered rule as elements of type T.
template <class T>
struct Rounded {
  explicit Rounded(const Lowered& l)
      : pre_a(T(l.pre.a)), pre_b(T(l.pre.b)), post_a(T(l.post.a)), post_b(T(l.post.b)) {
    for (std::size_t i = 0; i < kMaxCoefs; ++i) coefs[i] = T(l.coefs[i]);
  }
  T pre_a, pre_b, post_a, post_b;
  T coefs[kMaxCoefs];
};

// a * u + b * p with one rounding an operation; the second term only where there is one.
template <bool kWithValue, class D, class V = hn::Vec<D>>
HWY_INLINE V affine_of(D d, V u, V p, hn::TFromD<D> a, hn::TFromD<D> b) {
  const V scaled = hn::Mul(hn::Set(d, a), u);
  return kWithValue ? hn::Add(scaled, hn::Mul(hn::Set(d, b), p)) : scaled;
}

// The larger of two; `a` where `b` is NaN. The same on every target, which hn::Max is not.
template <class V>
HWY_INLINE V greater_of(V a, V b) {
  return hn::IfThenElse(hn::Lt(a, b), b, a);
}

// A rule in one of its variants.
template <class Transform, std::size_t kVariant>
struct Rule {
  static constexpr std::size_t kStates = kVariants<Transform>[kVariant].size();

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    if constexpr (kVariants<Transform>.size() > 1) {
      return Transform::template apply<kVariant>(d, g, s, c);
    } else {
      return Transform::apply(d, g, s, c);
    }
  }
};

template <class Rule, bool kPre, bool kPost, class T>
bool fused_loop(const Rounded<T> numbers, T* p, const T* g, T* const* states, std::size_t n) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  T* s[Rule::kStates + 1] = {};
  for (std::size_t j = 0; j < Rule::kStates; ++j) s[j] = states[j];
  V odd = hn::Zero(d);  // g - g is +0 where g is finite and NaN elsewhere: bits that only the latter leave
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const V value = hn::LoadU(d, p + i);
    const V entered = hn::LoadU(d, g + i);
    odd = hn::Or(odd, hn::Sub(entered, entered));
    const V grad = affine_of<kPre>(d, entered, value, numbers.pre_a, numbers.pre_b);
    V state[Rule::kStates + 1];
    for (std::size_t j = 0; j < Rule::kStates; ++j) state[j] = hn::LoadU(d, s[j] + i);
    const V u = Rule::apply(d, grad, state, numbers.coefs);
    for (std::size_t j = 0; j < Rule::kStates; ++j) hn::StoreU(state[j], d, s[j] + i);
    hn::StoreU(hn::Sub(value, affine_of<kPost>(d, u, value, numbers.post_a, numbers.post_b)), d, p + i);
  }
  return hn::AllTrue(d, hn::Eq(odd, hn::Zero(d)));
}

template <class Rule, class T>
bool fused_pick(const Lowered& lowered, T* p, const T* g, T* const* states, std::size_t n) {
  const Rounded<T> numbers(lowered);
  const bool pre = lowered.pre.b != 0.0;
  const bool post = lowered.post.b != 0.0;
  if (pre && post) return fused_loop<Rule, true, true, T>(numbers, p, g, states, n);
  if (pre) return fused_loop<Rule, true, false, T>(numbers, p, g, states, n);
  if (post) return fused_loop<Rule, false, true, T>(numbers, p, g, states, n);
  return fused_loop<Rule, false, false, T>(numbers, p, g, states, n);
}

// A padded copy of the last, incomplete lanes of every stream.
template <class T>
struct Tail {
  Tail(const Streams& streams, std::size_t from, std::size_t states) : from_(from), left_(streams.n - from) {
    copy(p, static_cast<T*>(streams.value) + from);
    copy(g, static_cast<const T*>(streams.grad) + from);
    for (std::size_t j = 0; j < states; ++j) {
      copy(state[j], static_cast<T*>(streams.state[j]) + from);
      states_[j] = state[j];
    }
  }
  void put_back(const Streams& streams, std::size_t states) const {
    std::memcpy(static_cast<T*>(streams.value) + from_, p, left_ * sizeof(T));
    for (std::size_t j = 0; j < states; ++j) {
      std::memcpy(static_cast<T*>(streams.state[j]) + from_, state[j], left_ * sizeof(T));
    }
  }
  T* const* states() const { return states_; }

  T p[kLanes] = {};
  T g[kLanes] = {};
  T state[kMaxState][kLanes] = {};

 private:
  void copy(T* to, const T* source) const { std::memcpy(to, source, left_ * sizeof(T)); }

  T* states_[kMaxState] = {};
  std::size_t from_;
  std::size_t left_;
};

template <class Rule, class T>
bool fused(const Lowered& lowered, const Streams& streams) {
  const std::size_t whole = streams.n / kLanes * kLanes;
  T* states[kMaxState] = {};
  for (std::size_t j = 0; j < Rule::kStates; ++j) states[j] = static_cast<T*>(streams.state[j]);
  const bool finite = fused_pick<Rule, T>(lowered, static_cast<T*>(streams.value),
                                          static_cast<const T*>(streams.grad), states, whole);
  if (whole == streams.n) return finite;
  Tail<T> tail(streams, whole, Rule::kStates);
  const bool finite_tail = fused_pick<Rule, T>(lowered, tail.p, tail.g, tail.states(), kLanes);
  tail.put_back(streams, Rule::kStates);
  return finite && finite_tail;
}

template <class Rule, class T>
void tile_loop(const T* coefs, T* u, T* const* states, std::size_t n) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    V state[Rule::kStates + 1];
    for (std::size_t j = 0; j < Rule::kStates; ++j) state[j] = hn::LoadU(d, states[j] + i);
    const V update = Rule::apply(d, hn::LoadU(d, u + i), state, coefs);
    for (std::size_t j = 0; j < Rule::kStates; ++j) hn::StoreU(state[j], d, states[j] + i);
    hn::StoreU(update, d, u + i);
  }
}

template <class Rule, class T>
void tile(const Coefs& coefs, void* u, const Streams& streams) {
  T numbers[kMaxCoefs];
  for (std::size_t i = 0; i < kMaxCoefs; ++i) numbers[i] = T(coefs[i]);
  const std::size_t whole = streams.n / kLanes * kLanes;
  T* states[kMaxState] = {};
  for (std::size_t j = 0; j < Rule::kStates; ++j) states[j] = static_cast<T*>(streams.state[j]);
  tile_loop<Rule, T>(numbers, static_cast<T*>(u), states, whole);
  if (whole == streams.n) return;
  Streams with_update = streams;
  with_update.value = u;  // the tail's own copy of u, put back with the states
  with_update.grad = u;
  Tail<T> tail(with_update, whole, Rule::kStates);
  tile_loop<Rule, T>(numbers, tail.p, tail.states(), kLanes);
  tail.put_back(with_update, Rule::kStates);
}

// A chain without a rule is the rule that hands the gradient through.
struct Plain {
  static constexpr std::size_t kStates = 0;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, V g, V*, const hn::TFromD<D>*) {
    return g;
  }
};

template <class T>
bool plain(const Affine& post, const Streams& streams) {
  return fused<Plain, T>({{}, {}, post}, streams);
}

template <class Projection, class T>
void project(const Coefs& coefs, void* value, std::size_t n) {
  const hn::ScalableTag<T> d;
  T numbers[kMaxCoefs];
  for (std::size_t i = 0; i < kMaxCoefs; ++i) numbers[i] = T(coefs[i]);
  T* p = static_cast<T*>(value);
  const std::size_t whole = n / kLanes * kLanes;
  const auto loop = [&](T* from, std::size_t count) {
    for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
      hn::StoreU(Projection::value(d, hn::LoadU(d, from + i), numbers), d, from + i);
    }
  };
  loop(p, whole);
  T tail[kLanes] = {};
  std::memcpy(tail, p + whole, (n - whole) * sizeof(T));
  loop(tail, kLanes);
  std::memcpy(p + whole, tail, (n - whole) * sizeof(T));
}

template <class T>
bool finite(const void* source, std::size_t n) {
  const T* x = static_cast<const T*>(source);
  bool all = true;
  for (std::size_t i = 0; i < n; ++i) all &= (x[i] - x[i] == T(0));
  return all;
}

template <class T>
void affine(const Affine& map, const void* source, const void* value, void* u, std::size_t n) {
  const T a = T(map.a), b = T(map.b);
  const T* x = static_cast<const T*>(source);
  const T* p = static_cast<const T*>(value);
  T* out = static_cast<T*>(u);
  if (map.b == 0.0) {
    for (std::size_t i = 0; i < n; ++i) out[i] = a * x[i];
  } else {
    for (std::size_t i = 0; i < n; ++i) out[i] = a * x[i] + b * p[i];
  }
}

template <class T>
void update(const Affine& map, const void* u, void* value, std::size_t n) {
  const T a = T(map.a), b = T(map.b);
  const T* x = static_cast<const T*>(u);
  T* p = static_cast<T*>(value);
  if (map.b == 0.0) {
    for (std::size_t i = 0; i < n; ++i) p[i] -= a * x[i];
  } else {
    for (std::size_t i = 0; i < n; ++i) p[i] -= a * x[i] + b * p[i];
  }
}

template <bool kWithValue, class T>
double squares_loop(T a, T b, const T* x, const T* p, std::size_t n) {
  double lanes[kLanes] = {};
  const std::size_t whole = n / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t j = 0; j < kLanes; ++j) {
      const double u = double(kWithValue ? T(a * x[i + j] + b * p[i + j]) : T(a * x[i + j]));
      lanes[j] += u * u;
    }
  }
  for (std::size_t i = whole; i < n; ++i) {
    const double u = double(kWithValue ? T(a * x[i] + b * p[i]) : T(a * x[i]));
    lanes[i - whole] += u * u;
  }
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) lanes[j] += lanes[j + half];
  }
  return lanes[0];
}

template <class T>
double squares(const Affine& map, const void* source, const void* value, std::size_t n) {
  const T a = T(map.a), b = T(map.b);
  const T* x = static_cast<const T*>(source);
  const T* p = static_cast<const T*>(value);
  return map.b == 0.0 ? squares_loop<false>(a, b, x, p, n) : squares_loop<true>(a, b, x, p, n);
}
