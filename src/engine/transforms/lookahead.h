struct Lookahead {
  static constexpr std::string_view kFormula = R"(
    every k-th update:  s <- s + alpha (p - s),   p <- s
    s is what is to be evaluated
    state s, the parameter before its first update; reads p s, writes p s
  )";
  static constexpr Option kOptions[] = {
      in_unit("updates", count_option("k", "5", kAtLeastOne, "updates between moves of the slow weights")),
      scalar_option("alpha", "0.5", kShare, "share of the distance that the slow weights move")};
  static constexpr std::string_view kState[] = {"s"};
  static constexpr Card kCard{"lookahead", "slow weights that follow the fast ones every k updates",
                              "Zhang et al. 2019, arXiv:1907.08610", kOptions};
  static constexpr bool kLands = true;
  static constexpr bool kSeesBefore = true;

  template <class T>
  struct Prepared {
    T first, moves, alpha;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [k, alpha] = options_of<Lookahead>(now);
    const bool moves = now.t % static_cast<std::uint64_t>(k) == 0;
    c = {now.t == 1 ? 1.0 : 0.0, moves ? 1.0 : 0.0, alpha};
    return 1.0;
  }
  static Affine averaged(const Moment&) { return {0.0, 1.0}; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V land(D d, const Landing<V>& x, V* s, const auto& c) {
    const auto moves = is_so(d, c.moves);
    const V slow = hn::IfThenElse(is_so(d, c.first), x.before, s[0]);
    const V moved = hn::Add(slow, hn::Mul(c.alpha, hn::Sub(x.value, slow)));
    s[0] = hn::IfThenElse(moves, moved, slow);
    return hn::IfThenElse(moves, moved, x.value);
  }
};
THALWEG_TRANSFORM(Lookahead)
