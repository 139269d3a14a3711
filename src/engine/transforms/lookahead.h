// lookahead: slow weights that follow the fast ones every few updates.   Zhang et al. 2019, arXiv:1907.08610
//   every k-th update:  s <- s + alpha (p - s), p <- s     scope landing     state s, begins as the parameter
// To be evaluated: s.
struct Lookahead {
  static constexpr Option kOptions[] = {{.name = "k",
                                         .type = OptionType::integer,
                                         .fallback = "5",
                                         .range = kAtLeastOne,
                                         .unit = "updates",
                                         .doc = "updates between two moves of the slow weights"},
                                        {.name = "alpha",
                                         .type = OptionType::scalar,
                                         .fallback = "0.5",
                                         .range = {.min = 0.0, .max = 1.0},
                                         .doc = "share of the way that the slow weights go"}};
  static constexpr std::string_view kState[] = {"s"};
  static constexpr Card kCard{"lookahead", "slow weights that follow the fast ones every k updates",
                              "Zhang et al. 2019, arXiv:1907.08610", kOptions};
  static constexpr bool kLands = true;
  static constexpr bool kSeesBefore = true;

  static double prepare(const Moment& now, Coefs& c) {
    const bool moves = now.t % static_cast<std::uint64_t>(now.o[0]) == 0;
    c = {now.t == 1 ? 1.0 : 0.0, moves ? 1.0 : 0.0, now.o[1]};
    return 1.0;
  }
  static Affine averaged(const Moment&) { return {0.0, 1.0}; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V land(D d, const Landing<V>& x, V* s, const hn::TFromD<D>* c) {
    const auto first = hn::Gt(hn::Set(d, c[0]), hn::Zero(d)), moves = hn::Gt(hn::Set(d, c[1]), hn::Zero(d));
    const V slow = hn::IfThenElse(first, x.before, s[0]);
    const V moved = hn::Add(slow, hn::Mul(hn::Set(d, c[2]), hn::Sub(x.value, slow)));
    s[0] = hn::IfThenElse(moves, moved, slow);
    return hn::IfThenElse(moves, moved, x.value);
  }
};
THALWEG_TRANSFORM(Lookahead)
