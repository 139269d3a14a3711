// The loops around the transforms, for one SIMD target. Included by transforms.cc inside the target's
// namespace.
//
// A loop sees whole vectors only. What is left after the last kLanes elements goes through a padded copy, so
// that an element's bits do not depend on where it stands.

// The larger of two; `a` where `b` is NaN. The same on every target, which hn::Max is not.
template <class V>
HWY_INLINE V greater_of(V a, V b) {
  return hn::IfThenElse(hn::Lt(a, b), b, a);
}

// What a transform has prepared for a step, each number in every lane of a register.
HWY_DIAGNOSTICS(push)
HWY_DIAGNOSTICS_OFF(disable : 4201, ignored "-Wmissing-braces")
template <class All, class D, std::size_t... i>
HWY_INLINE All in_all_lanes([[maybe_unused]] D d, [[maybe_unused]] const hn::TFromD<D>* c,
                            std::index_sequence<i...>) {
  return All{hn::Set(d, c[i])...};
}
HWY_DIAGNOSTICS(pop)
template <class Transform, class D>
HWY_INLINE auto in_all_lanes(D d, const hn::TFromD<D>* c) {
  return in_all_lanes<Prepared<Transform, hn::Vec<D>>>(d, c,
                                                       std::make_index_sequence<kPrepared<Transform>>());
}

// A rule in one of its variants. One with kSees is given all that a rule may see, others the update alone.
template <class Transform, std::size_t kVariant>
struct Rule {
  static constexpr std::size_t kStates = kVariants<Transform>[kVariant].size();
  static constexpr bool kSeesNoise = requires { Transform::seed({}); };
  static constexpr bool kSeesEntered = requires { Transform::kSeesEntered; };
  static constexpr bool kSees = kSeesNoise || kSeesEntered || requires { Transform::kSees; };

  template <class D>
  static HWY_INLINE auto prepared(D d, const hn::TFromD<D>* c) {
    return in_all_lanes<Transform>(d, c);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V* s, const auto& c) {
    if constexpr (kSees && kVariants<Transform>.size() > 1) {
      return Transform::template apply<kVariant>(d, x, s, c);
    } else if constexpr (kSees) {
      return Transform::apply(d, x, s, c);
    } else if constexpr (kVariants<Transform>.size() > 1) {
      return Transform::template apply<kVariant>(d, x.update, s, c);
    } else {
      return Transform::apply(d, x.update, s, c);
    }
  }
};

// 0 as long as every x is finite, then NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V odd_with(D d, V odd, V x) {
  return hn::MulAdd(x, hn::Zero(d), odd);
}

// Whether what odd_with has left is of finite numbers alone.
template <class D, class V = hn::Vec<D>>
HWY_INLINE bool has_none(D d, V odd) {
  return hn::AllTrue(d, hn::Eq(odd, hn::Zero(d)));
}

// The sum of x and of what a transform has left in its state: finite where they are, or very large.
template <std::size_t kStates, class V>
HWY_INLINE V sum_with(V x, const V* state) {
  for (std::size_t j = 0; j < kStates; ++j) x = hn::Add(x, state[j]);
  return x;
}

// The streams of a loop over whole vectors.
template <class T>
struct Pointers {
  explicit Pointers(const Streams& streams)
      : value(static_cast<T*>(streams.value)),
        grad(static_cast<const T*>(streams.grad)),
        entered(static_cast<const T*>(streams.entered)),
        noise(static_cast<const T*>(streams.noise)) {
    for (std::size_t j = 0; j < kMaxState; ++j) state[j] = static_cast<T*>(streams.state[j]);
  }
  T* value;
  const T *grad, *entered, *noise;
  T* state[kMaxState];
};

template <class Rule, bool kPre, bool kPost, class T>
bool fused_loop(const Rounded<T> numbers, const Pointers<T>& at, std::size_t n, std::size_t ahead) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  T *p = at.value, *s[Rule::kStates + 1] = {};
  const T *g = at.grad, *e = at.entered;
  for (std::size_t j = 0; j < Rule::kStates; ++j) s[j] = at.state[j];
  const auto prepared = Rule::prepared(d, numbers.coefs);
  V odd = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    if (ahead != 0) {
      hwy::Prefetch(p + i + ahead);
      hwy::Prefetch(g + i + ahead);
      for (std::size_t j = 0; j < Rule::kStates; ++j) hwy::Prefetch(s[j] + i + ahead);
    }
    const V value = hn::LoadU(d, p + i);
    const V source = hn::LoadU(d, g + i);
    const V entered = Rule::kSeesEntered ? hn::LoadU(d, e + i) : source;
    const V grad = affine_of<kPre>(d, source, value, numbers.pre);
    V state[Rule::kStates + 1];
    for (std::size_t j = 0; j < Rule::kStates; ++j) state[j] = hn::LoadU(d, s[j] + i);
    const V u = Rule::apply(d, {grad, value, entered, value}, state, prepared);
    for (std::size_t j = 0; j < Rule::kStates; ++j) hn::StoreU(state[j], d, s[j] + i);
    const V next = hn::Sub(value, affine_of<kPost>(d, u, value, numbers.post));
    hn::StoreU(next, d, p + i);
    odd = odd_with(d, odd, sum_with<Rule::kStates>(hn::Add(source, next), state));
  }
  return has_none(d, odd);
}

template <class Rule, class T>
bool fused_pick(const Lowered& lowered, const Pointers<T>& at, std::size_t n, std::size_t ahead) {
  const Rounded<T> numbers(lowered);
  const bool pre = lowered.pre.b != 0.0;
  const bool post = lowered.post.b != 0.0;
  if (pre && post) return fused_loop<Rule, true, true, T>(numbers, at, n, ahead);
  if (pre) return fused_loop<Rule, true, false, T>(numbers, at, n, ahead);
  if (post) return fused_loop<Rule, false, true, T>(numbers, at, n, ahead);
  return fused_loop<Rule, false, false, T>(numbers, at, n, ahead);
}

// A padded copy of the last, incomplete lanes of every stream.
template <class T>
class Tail {
 public:
  explicit Tail(const Streams& streams) : from_(streams.n / kLanes * kLanes), left_(streams.n - from_) {
    own_.n = kLanes;
    own_.value = copy(streams.value);
    own_.grad = copy(streams.grad);
    own_.entered = copy(streams.entered);
    own_.noise = copy(streams.noise);
    for (std::size_t j = 0; j < kMaxState; ++j) own_.state[j] = copy(streams.state[j]);
  }
  const Streams& streams() const { return own_; }
  void put_back(void* to, const void* own) const {
    if (to != nullptr) std::memcpy(static_cast<T*>(to) + from_, own, left_ * sizeof(T));
  }
  void put_back_states(const Streams& streams) const {
    for (std::size_t j = 0; j < kMaxState; ++j) put_back(streams.state[j], own_.state[j]);
  }

 private:
  T* copy(const void* source) {
    if (source == nullptr) return nullptr;
    T* to = memory_[next_++];
    std::memcpy(to, static_cast<const T*>(source) + from_, left_ * sizeof(T));
    return to;
  }

  T memory_[kMaxState + 4][kLanes] = {};
  Streams own_;
  std::size_t next_ = 0, from_, left_;
};

template <class Rule, class T>
bool tile_loop(const T* coefs, T* u, const Pointers<T> at, std::size_t n) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const auto prepared = Rule::prepared(d, coefs);
  V odd = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    V state[Rule::kStates + 1];
    for (std::size_t j = 0; j < Rule::kStates; ++j) state[j] = hn::LoadU(d, at.state[j] + i);
    const V update = hn::LoadU(d, u + i);
    Seen<V> seen{update, update, update, update};
    if constexpr (Rule::kSees) {
      seen.value = hn::LoadU(d, at.value + i);
      seen.entered = hn::LoadU(d, at.entered + i);
    }
    if constexpr (Rule::kSeesNoise) seen.noise = hn::LoadU(d, at.noise + i);
    const V out = Rule::apply(d, seen, state, prepared);
    for (std::size_t j = 0; j < Rule::kStates; ++j) hn::StoreU(state[j], d, at.state[j] + i);
    hn::StoreU(out, d, u + i);
    if constexpr (Rule::kStates > 0) {
      odd = odd_with(d, odd, sum_with<Rule::kStates - 1>(state[Rule::kStates - 1], state));
    }
  }
  return has_none(d, odd);
}

template <class Rule, class T>
bool tile(const Coefs& coefs, void* u, const Streams& streams) {
  const RoundedCoefs<T> numbers(coefs);
  const std::size_t whole = streams.n / kLanes * kLanes;
  const bool all = tile_loop<Rule, T>(numbers.c, static_cast<T*>(u), Pointers<T>(streams), whole);
  if (whole == streams.n) return all;
  Streams with_update = streams;
  with_update.grad = u;  // the tail's own copy of u
  const Tail<T> tail(with_update);
  T* last = static_cast<T*>(const_cast<void*>(tail.streams().grad));
  const bool last_all = tile_loop<Rule, T>(numbers.c, last, Pointers<T>(tail.streams()), kLanes);
  tail.put_back(u, last);
  tail.put_back_states(streams);
  return all && last_all;
}

template <class T>
bool finite(const void* source, std::size_t n) {
  const hn::ScalableTag<T> d;
  const T* x = static_cast<const T*>(source);
  auto odd = hn::Zero(d);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) odd = odd_with(d, odd, hn::LoadU(d, x + i));
  bool all = has_none(d, odd);
  for (; i < n; ++i) all &= (x[i] - x[i] == T(0));
  return all;
}

// The elements of streams from `begin` on.
template <class T>
Streams from_element(const Streams& streams, std::size_t begin, std::size_t n) {
  Streams out = streams;
  const auto move = [begin](auto*& at) {
    if (at != nullptr) at = const_cast<void*>(static_cast<const void*>(static_cast<const T*>(at) + begin));
  };
  for (const void** at : {&out.grad, &out.entered, &out.noise}) move(*at);
  move(out.value);
  for (void*& state : out.state) move(state);
  out.n = n;
  return out;
}

// fused() where a map has a second factor: step by step.
template <class Rule, class T>
bool split(const Lowered& lowered, const Streams& streams) {
  T u[kBlock];
  bool all = true;
  for (std::size_t begin = 0; begin < streams.n; begin += kBlock) {
    const Streams part = from_element<T>(streams, begin, std::min(kBlock, streams.n - begin));
    T* value = static_cast<T*>(part.value);
    all &= finite<T>(part.grad, part.n);
    affine<T>(lowered.pre, part.grad, value, u, part.n);
    all &= tile<Rule, T>(lowered.coefs, u, part);
    affine<T>(lowered.post, u, value, u, part.n);
    for (std::size_t i = 0; i < part.n; ++i) value[i] = value[i] - u[i];
    all &= finite<T>(value, part.n);
  }
  return all;
}

template <class Rule, class T>
bool fused(const Lowered& lowered, const Streams& streams) {
  const RoundedMap<T> pre(lowered.pre), post(lowered.post);
  if (pre.rest != T(1) || post.rest != T(1)) return split<Rule, T>(lowered, streams);
  const std::size_t whole = streams.n / kLanes * kLanes;
  const Pointers<T> at(streams);
  const bool finite = fused_pick<Rule, T>(lowered, at, whole, streams.ahead);
  if (whole == streams.n) return finite;
  Tail<T> tail(streams);
  const Pointers<T> last(tail.streams());
  const bool finite_tail = fused_pick<Rule, T>(lowered, last, kLanes, 0);
  tail.put_back(streams.value, last.value);
  tail.put_back_states(streams);
  return finite && finite_tail;
}

// A chain without a rule is the rule that hands the gradient through.
struct Plain {
  static constexpr std::size_t kStates = 0;
  static constexpr bool kSees = false, kSeesEntered = false, kSeesNoise = false;
  template <class D>
  static HWY_INLINE Nothing prepared(D, const hn::TFromD<D>*) {
    return {};
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, const Seen<V>& x, V*, Nothing) {
    return x.update;
  }
};

template <class T>
bool plain(const Affine& post, const Streams& streams) {
  return fused<Plain, T>({{}, {}, post}, streams);
}

// A landing: one that needs more than the new value has `land`, a projection has `value`.
template <class Transform, std::size_t kVariant>
struct Lander {
  static constexpr std::size_t kStates = kVariants<Transform>[kVariant].size();

  template <class D>
  static HWY_INLINE auto prepared(D d, const hn::TFromD<D>* c) {
    return in_all_lanes<Transform>(d, c);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Landing<V>& x, V* s, const auto& c) {
    if constexpr (requires { Transform::value(d, x.value, c); }) {
      return Transform::value(d, x.value, c);
    } else {
      return Transform::land(d, x, s, c);
    }
  }
};

template <class Lander, class T>
bool land_loop(const T* coefs, const T* u, const Pointers<T> at, std::size_t n) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const auto prepared = Lander::prepared(d, coefs);
  V odd = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    V state[Lander::kStates + 1];
    for (std::size_t j = 0; j < Lander::kStates; ++j) state[j] = hn::LoadU(d, at.state[j] + i);
    const V value = hn::LoadU(d, at.value + i);
    const V before = at.grad == nullptr ? value : hn::LoadU(d, at.grad + i);
    const V out = Lander::apply(d, Landing<V>{before, hn::LoadU(d, u + i), value}, state, prepared);
    for (std::size_t j = 0; j < Lander::kStates; ++j) hn::StoreU(state[j], d, at.state[j] + i);
    hn::StoreU(out, d, at.value + i);
    odd = odd_with(d, odd, sum_with<Lander::kStates>(out, state));
  }
  return has_none(d, odd);
}

template <class Lander, class T>
bool land(const Coefs& coefs, const void* u, const Streams& streams) {
  const RoundedCoefs<T> numbers(coefs);
  const std::size_t whole = streams.n / kLanes * kLanes;
  const bool all = land_loop<Lander, T>(numbers.c, static_cast<const T*>(u), Pointers<T>(streams), whole);
  if (whole == streams.n) return all;
  Streams with_update = streams;
  with_update.entered = u;
  const Tail<T> tail(with_update);
  const Pointers<T> last(tail.streams());
  const bool last_all = land_loop<Lander, T>(numbers.c, last.entered, last, kLanes);
  tail.put_back(streams.value, last.value);
  tail.put_back_states(streams);
  return all && last_all;
}

template <class T>
void stream(const void* from, void* to, std::size_t n) {
  const hn::ScalableTag<T> d;
  const T* x = static_cast<const T*>(from);
  T* out = static_cast<T*>(to);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) hn::Stream(hn::LoadU(d, x + i), d, out + i);
  for (; i < n; ++i) out[i] = x[i];
}

template <class T>
bool accumulate(double keep, double weight, const void* grad, void* sum, std::size_t n) {
  const hn::ScalableTag<T> d;
  const T w = rounded<T>(weight);
  const T* g = static_cast<const T*>(grad);
  T* s = static_cast<T*>(sum);
  auto odd = hn::Zero(d);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto weighted = hn::Mul(hn::Set(d, w), hn::LoadU(d, g + i));
    const auto next = keep == 0.0 ? weighted : hn::Add(hn::LoadU(d, s + i), weighted);
    hn::StoreU(next, d, s + i);
    odd = odd_with(d, odd, next);
  }
  bool all = has_none(d, odd);
  for (; i < n; ++i) {
    s[i] = keep == 0.0 ? w * g[i] : s[i] + w * g[i];
    all &= (s[i] - s[i] == T(0));
  }
  return all;
}
