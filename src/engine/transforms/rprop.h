// rprop: steps that grow while the sign of the gradient stays.   Riedmiller and Braun 1993,
// doi:10.1109/ICNN.1993.298623; without weight backtracking: iRprop-, Igel and Huesken 2000
//   f  = eta_plus where g l > 0, eta_minus where g l < 0, else 1     scope element     state s l, zeros
//   s <- min(max(f s, step_min), step_max), beginning with the rate  reads g s l   writes u s l
//   l <- g, or 0 where g l < 0;   u = sign(l) s                      exact: 0 stays 0, sign(0) = 0
// The rates behind it are where the first step begins; later ones change nothing (torch). optax moves one
// update late, which its own threads call a bug.
struct Rprop {
  static constexpr Option kOptions[] = {
      scalar_option("eta_minus", "0.5", Range{.min = 0.0, .max = 1.0, .open_min = true, .open_max = true},
                    "factor of a step when the sign changes"),
      scalar_option("eta_plus", "1.2", Range{.min = 1.0, .open_min = true},
                    "factor of a step when the sign stays"),
      scalar_option("step_min", "1e-6", kNotNegative, "the smallest step"),
      scalar_option("step_max", "50", kPositive, "the largest step")};
  static constexpr std::string_view kState[] = {"s", "l"};
  static constexpr Card kCard{"rprop", "steps of each element that grow while the sign of its gradient stays",
                              "Riedmiller and Braun 1993, doi:10.1109/ICNN.1993.298623", kOptions, false};

  static bool rate_inside(Numbers) { return true; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const bool first = now.t == 1;
    c = {first ? 0.0 : 1.0, first ? now.rate : 0.0, o[0], o[1], o[2], o[3]};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    const V zero = hn::Zero(d), one = hn::Set(d, hn::TFromD<D>(1));
    const V same = hn::Mul(sign_of(d, g), s[1]);  // a product of two small gradients could vanish
    const V factor = hn::IfThenElse(hn::Gt(same, zero), hn::Set(d, c[3]),
                                    hn::IfThenElse(hn::Lt(same, zero), hn::Set(d, c[2]), one));
    const V step = hn::Add(hn::Mul(hn::Set(d, c[0]), s[0]), hn::Set(d, c[1]));
    s[0] = bounded(hn::Mul(factor, step), hn::Set(d, c[4]), hn::Set(d, c[5]));
    s[1] = hn::IfThenElse(hn::Lt(same, zero), zero, g);
    return hn::Mul(sign_of(d, s[1]), s[0]);
  }
};
THALWEG_TRANSFORM(Rprop)
