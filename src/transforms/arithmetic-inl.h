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

// A moving average: c[0] s + c[1] x.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V average(D d, V s, V x, const hn::TFromD<D>* c) {
  return hn::Add(hn::Mul(hn::Set(d, c[0]), s), hn::Mul(hn::Set(d, c[1]), x));
}

// The same of squares: c[0] s + c[1] x^2.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V average_square(D d, V s, V x, const hn::TFromD<D>* c) {
  return hn::Add(hn::Mul(hn::Set(d, c[0]), s), hn::Mul(hn::Mul(hn::Set(d, c[1]), x), x));
}
