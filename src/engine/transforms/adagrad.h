// adagrad: rates that fall with the gradients that each element has seen.   Duchi, Hazan and Singer 2011,
// Journal of Machine Learning Research 12
//   s <- s + g^2                                scope element     state s, initial_accumulator
//   u  = g / (sqrt(s) + eps) / (1 + (t-1) d)    reads g s   writes u s      exact: 0 stays 0 while eps > 0
// d is lr_decay. eps_place: `outside` as above (torch), or `inside`: sqrt(s + eps) (optax, Keras).
struct Adagrad {
  static constexpr Option kOptions[] = {
      {.name = "initial_accumulator",
       .type = OptionType::number,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "what the sum of squares begins with"},
      {.name = "lr_decay",
       .type = OptionType::scalar,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "divides the update by 1 + lr_decay * (updates of the parameter done)"},
      {.name = "eps",
       .type = OptionType::scalar,
       .fallback = "1e-10",
       .range = kNotNegative,
       .doc = "keeps the denominator away from 0"},
      {.name = "eps_place",
       .type = OptionType::choice,
       .fallback = "outside",
       .doc = "eps is added to the root or inside it",
       .choices = "outside|inside"},
      kDialect};
  static constexpr DialectDefault kDialects[] = {
      {"optax", "initial_accumulator", "0.1"}, {"optax", "eps", "1e-7"}, {"optax", "eps_place", "inside"},
      {"keras", "initial_accumulator", "0.1"}, {"keras", "eps", "1e-7"}, {"keras", "eps_place", "inside"}};
  static constexpr std::string_view kState[] = {"s"};
  static constexpr Card kCard{"adagrad",
                              "each element's rate falls with the squares of its gradients",
                              "Duchi, Hazan and Singer 2011, JMLR 12",
                              kOptions,
                              false,
                              kDialects};

  static double initial(Numbers o, std::size_t) { return o[0]; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    c = {o[3] == 1.0 ? o[2] : 0.0, o[3] == 1.0 ? 0.0 : o[2]};
    return 1.0 / (1.0 + static_cast<double>(now.t - 1) * o[1]);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = hn::Add(s[0], hn::Mul(g, g));
    return hn::Div(g, hn::Add(hn::Sqrt(hn::Add(s[0], hn::Set(d, c[0]))), hn::Set(d, c[1])));
  }
};
THALWEG_TRANSFORM(Adagrad)
