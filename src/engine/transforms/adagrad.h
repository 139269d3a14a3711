struct Adagrad {
  static constexpr std::string_view kFormula = R"(
    s <- s + g^2
    u  = g / (sqrt(s) + eps) / (1 + (t - 1) lr_decay)
    eps_place: outside as above (torch), or inside: sqrt(s + eps) (optax, Keras)
    state s, initial_accumulator; reads g s, writes u s; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      initial_option("0", "initial sum of squares"),
      scalar_option("lr_decay", "0", kNotNegative,
                    "divides the update by 1 + lr_decay * (updates of the parameter done)"),
      eps_option("1e-10"),
      choice_option("eps_place", "outside|inside", "outside", "eps is added to the root or inside it")};
  static constexpr DialectDefault kDialects[] = {
      {"optax", "initial_accumulator", "0.1"}, {"optax", "eps", "1e-7"}, {"optax", "eps_place", "inside"},
      {"keras", "initial_accumulator", "0.1"}, {"keras", "eps", "1e-7"}, {"keras", "eps_place", "inside"}};
  static constexpr std::string_view kState[] = {"s"};
  static constexpr Card kCard = Card("adagrad", "each element's rate falls with the squares of its gradients",
                                     "Duchi, Hazan and Singer 2011, JMLR 12", kOptions, false, kDialects);

  static double initial(Numbers o, std::size_t) { return option_of<Adagrad, "initial_accumulator">(o); }
  template <class T>
  struct Prepared {
    T inside, outside;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [initial_accumulator, lr_decay, eps, eps_place] = options_of<Adagrad>(now);
    const bool inside = eps_place == "inside";
    c = {.inside = inside ? eps : 0.0, .outside = inside ? 0.0 : eps};
    return 1.0 / (1.0 + static_cast<double>(now.t - 1) * lr_decay);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    s[0] = hn::Add(s[0], hn::Mul(g, g));
    return hn::Div(g, divisor_of(d, hn::Add(hn::Sqrt(hn::Add(s[0], c.inside)), c.outside)));
  }
};
THALWEG_TRANSFORM(Adagrad)
