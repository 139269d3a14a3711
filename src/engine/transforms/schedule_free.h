struct ScheduleFree {
  static constexpr std::string_view kFormula = R"(
    w = t^r max(lr so far)^power,   W <- W + w,   c = w / W;   w = 0 while that lr is 0
    y <- y + c (z - y) + (beta1 (1 - c) - 1) u
    z <- z - u
    y are the parameters, u is the whole update with its decay, lr the product of the rates of
    the chain; as the authors' code; the rule before it has no momentum
    x = y + (1 - 1 / beta1) (z - y) is what is to be evaluated
    state z, the parameter before its first update; keeps W and the largest rate; reads y u z,
    writes y z
  )";
  static constexpr Option kOptions[] = {
      number_option("beta1", "0.9", {.min = 0.0, .max = 1.0, .open_min = true},
                    "how close the evaluated point is to the average; 1: at it"),
      number_option("r", "0", kAnyNumber, "power of the number of updates in the weights"),
      number_option("power", "2", kAnyNumber, "power of the largest rate so far in the weights")};
  static constexpr std::string_view kState[] = {"z"};
  static constexpr std::string_view kNumbers[] = {"weight", "rate"};
  static constexpr Card kCard{"schedule_free", "averaging instead of a schedule",
                              "Defazio et al. 2024, arXiv:2405.15682", kOptions, false};
  static constexpr bool kLands = true;
  static constexpr bool kLandsFirst = true;

  template <class T>
  struct Prepared {
    T first, share, of_update;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, r, power] = options_of<ScheduleFree>(now);
    double &sum = now.numbers[0], &highest = now.numbers[1];
    highest = std::fmax(highest, now.rate);
    const double of_t = std::pow(static_cast<double>(now.t), r), most = std::numeric_limits<double>::max();
    const double weight = highest > 0.0 ? std::fmin(of_t * std::pow(highest, power), most) : 0.0;
    sum = std::fmin(sum + weight, most);
    const double share = sum > 0.0 ? weight / sum : 0.0;
    c = {now.t == 1 ? 1.0 : 0.0, share, beta1 * (1.0 - share) - 1.0};
    return 1.0;
  }
  static Affine averaged(const Moment& now) {
    const double beta1 = option_of<ScheduleFree, "beta1">(now.o);
    return {1.0 / beta1, 1.0 - 1.0 / beta1};
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V land(D d, const Landing<V>& x, V* s, const auto& c) {
    const V z = hn::IfThenElse(is_so(d, c.first), x.before, s[0]);
    s[0] = hn::Sub(z, x.update);
    const V pulled = hn::Add(x.before, hn::Mul(c.share, hn::Sub(z, x.before)));
    return hn::Add(pulled, hn::Mul(c.of_update, x.update));
  }
};
THALWEG_TRANSFORM(ScheduleFree)
