// lion: the sign of an average that leans towards the new gradient.   Chen et al. 2023, arXiv:2302.06675,
// Algorithm 2
//   u  = sign(b1 m + (1-b1) g)      scope element     state m, zeros
//   m <- b2 m + (1-b2) g            reads g m   writes u m      exact: 0 stays 0, sign(0) = 0
// DeepSpeed alone takes sign(0) = 1 and keeps 0.999 of the average by default.
struct Lion {
  static constexpr Option kOptions[] = {
      share_kept("beta1", "0.9", "share of the average in what the sign is taken of"),
      share_kept("beta2", "0.99", "share of the average gradient that is kept")};
  static constexpr std::string_view kState[] = {"m"};
  static constexpr Card kCard{"lion", "the sign of an average that leans towards the new gradient",
                              "Chen et al. 2023, arXiv:2302.06675", kOptions, false};

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.o[0], 1.0 - now.o[0], now.o[1], 1.0 - now.o[1]};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    const V u = sign_of(d, average(d, s[0], g, c));
    s[0] = average(d, s[0], g, c + 2);
    return u;
  }
};
THALWEG_TRANSFORM(Lion)
