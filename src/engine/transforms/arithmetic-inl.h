// Arithmetic that several transforms need, for one SIMD target. Included by transforms.inc inside the
// target's namespace. The same bits on every target; NaN stays NaN.

// -1 or 1; what is neither below nor above 0 is handed through.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sign_of(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  const V below = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Neg(one), x);
  return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), one, below);
}

// min(max(x, low), high).
template <class V>
HWY_INLINE V bounded(V x, V low, V high) {
  const V below = hn::IfThenElse(hn::Gt(x, high), high, x);
  return hn::IfThenElse(hn::Lt(below, low), low, below);
}

// A root of squares as a denominator: at least the root of the smallest square that is not 0, so that a rule
// without eps stands still where it has seen nothing. NaN stays NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V divisor_of(D d, V root) {
  using T = hn::TFromD<D>;
  const V least = hn::Set(d, T(sizeof(T) == sizeof(float) ? 0x1p-63 : 0x1p-511));
  return hn::IfThenElse(hn::Lt(root, least), least, root);
}

// x / y, and 0 where y is 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ratio_of(D d, V x, V y) {
  return hn::IfThenZeroElse(hn::Eq(y, hn::Zero(d)), hn::Div(x, y));
}

// The same where only 0 / 0 is 0: of what is bounded afterwards.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V unbounded_ratio_of(D d, V x, V y) {
  return hn::IfThenZeroElse(hn::Eq(hn::Add(hn::Abs(x), y), hn::Zero(d)), hn::Div(x, y));
}

// A moving average takes x in.
template <class V>
HWY_INLINE V average(V s, V x, const Kept<V>& c) {
  return hn::Add(hn::Mul(c.keep, s), hn::Mul(c.take, x));
}

// The same of squares: x^2.
template <class V>
HWY_INLINE V average_square(V s, V x, const Kept<V>& c) {
  return hn::Add(hn::Mul(c.keep, s), hn::Mul(hn::Mul(c.take, x), x));
}

// Of a prepared number that is 1 where something is so, else 0.
template <class D, class V>
HWY_INLINE auto is_so(D d, V number) {
  return hn::Gt(number, hn::Zero(d));
}

// Bits of about a third of x as a number: an exponent divided by three, within 4% of the cube root.
inline constexpr std::int32_t kThirdOfBias(float) { return 0x2a512ce3; }
inline constexpr std::int64_t kThirdOfBias(double) { return 0x2a9f789300000000; }

// The cube root of x >= 0, within two units in the last place: Halley's iteration, which triples the digits.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V cube_root(D d, V x) {
  using T = hn::TFromD<D>;
  const hn::RebindToSigned<D> bits;
  const auto n = hn::BitCast(bits, x);
  auto third = hn::Add(hn::ShiftRight<2>(n), hn::ShiftRight<4>(n));
  third = hn::Add(third, hn::ShiftRight<4>(third));
  third = hn::Add(third, hn::ShiftRight<8>(third));
  V y = hn::BitCast(d, hn::Add(third, hn::Set(bits, kThirdOfBias(T()))));
  for (std::size_t i = 0; i < sizeof(T) / 4 + 1; ++i) {
    const V r = hn::Div(x, hn::Mul(y, y));
    y = hn::Add(y, hn::Mul(y, hn::Div(hn::Sub(r, y), hn::Add(hn::Add(y, y), r))));
  }
  const V infinity = hn::Set(d, T(kInfinity));
  return hn::IfThenElse(hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, infinity)), y, x);
}

// x^exponent, element by element with the C library: for exponents that are rarely asked for.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V power(D d, V x, V exponent) {
  hn::TFromD<D> base[hn::MaxLanes(d)], to[hn::MaxLanes(d)];
  hn::StoreU(x, d, base);
  hn::StoreU(exponent, d, to);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) base[i] = std::pow(base[i], to[i]);
  return hn::LoadU(d, base);
}
