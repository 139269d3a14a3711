struct Lion {
  static constexpr std::string_view kFormula = R"(
    u  = sign(beta1 m + (1 - beta1) g)
    m <- beta2 m + (1 - beta2) g
    sign(0) = 0; only DeepSpeed takes 1, and keeps 0.999 of the average by default
    state m, zeros; reads g m, writes u m; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      share_kept("beta1", "0.9", "share of the average in the interpolation whose sign is taken"),
      share_kept("beta2", "0.99", "share of the average gradient that is kept")};
  static constexpr std::string_view kState[] = {"m"};
  static constexpr Card kCard{"lion", "the sign of an average, interpolated towards the new gradient",
                              "Chen et al. 2023, arXiv:2302.06675", kOptions, false};

  template <class T>
  struct Prepared {
    Kept<T> towards, m;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2] = options_of<Lion>(now);
    c = {.towards = kept(beta1), .m = kept(beta2)};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    V& m = s[0];
    const V u = sign_of(d, average(m, g, c.towards));
    m = average(m, g, c.m);
    return u;
  }
};
THALWEG_TRANSFORM(Lion)
