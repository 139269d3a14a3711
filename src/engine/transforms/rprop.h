struct Rprop {
  static constexpr std::string_view kFormula = R"(
    f  = eta_plus where g l > 0, eta_minus where g l < 0, else 1
    s <- min(max(f s, step_min), step_max), beginning with the rate
    l <- g, or 0 where g l < 0;   u = sign(l) s
    without weight backtracking: iRprop-, Igel and Huesken 2000
    the rates to its right give the first step; later ones change nothing (torch)
    optax moves one update late, which its own issues call a bug
    state s l, zeros; reads g s l, writes u s l; 0 stays 0, sign(0) = 0
  )";
  static constexpr Option kOptions[] = {
      scalar_option("eta_minus", "0.5", kInside, "factor of a step when the sign changes"),
      scalar_option("eta_plus", "1.2", Range{.min = 1.0, .open_min = true},
                    "factor of a step while the sign stays"),
      scalar_option("step_min", "1e-6", kNotNegative, "the smallest step"),
      scalar_option("step_max", "50", kPositive, "the largest step")};
  static constexpr std::string_view kState[] = {"s", "l"};
  static constexpr Card kCard{"rprop", "step sizes of elements, growing while the gradient keeps its sign",
                              "Riedmiller and Braun 1993, doi:10.1109/ICNN.1993.298623", kOptions, false};

  static bool rate_inside(Numbers) { return true; }
  template <class T>
  struct Prepared {
    T keep, begin, eta_minus, eta_plus, step_min, step_max;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [eta_minus, eta_plus, step_min, step_max] = options_of<Rprop>(now);
    const bool first = now.t == 1;
    c = {first ? 0.0 : 1.0, first ? now.rate : 0.0, eta_minus, eta_plus, step_min, step_max};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    V &step = s[0], &last = s[1];
    const V zero = hn::Zero(d), one = hn::Set(d, hn::TFromD<D>(1));
    const V same = hn::Mul(sign_of(d, g), last);  // a product of two small gradients could vanish
    const V shrunk = hn::IfThenElse(hn::Lt(same, zero), c.eta_minus, one);
    const V factor = hn::IfThenElse(hn::Gt(same, zero), c.eta_plus, shrunk);
    step = hn::Add(hn::Mul(c.keep, step), c.begin);
    step = bounded(hn::Mul(factor, step), c.step_min, c.step_max);
    last = hn::IfThenElse(hn::Lt(same, zero), zero, g);
    return hn::Mul(sign_of(d, last), step);
  }
};
THALWEG_TRANSFORM(Rprop)
