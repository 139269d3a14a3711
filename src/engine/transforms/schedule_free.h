// schedule_free: averaging that takes the place of a schedule.   Defazio et al. 2024, arXiv:2405.15682
//   w = t^r max(lr so far)^power, W <- W + w, c = w / W     scope landing     state z, begins as the
//   parameter y <- y + c (z - y) + (b1 (1 - c) - 1) u; z <- z - u   kept W and the largest rate
// The parameters are y; lr is the product of the rates of the chain and u the whole update, with its decay.
// To be evaluated: x = y + (1 - 1/b1)(z - y). As the authors' code; the rule before it has no momentum.
struct ScheduleFree {
  static constexpr Option kOptions[] = {{.name = "beta1",
                                         .type = OptionType::number,
                                         .fallback = "0.9",
                                         .range = {.min = 0.0, .max = 1.0, .open_min = true},
                                         .doc = "how near the parameters are to the average: 1 at it"},
                                        {.name = "r",
                                         .type = OptionType::number,
                                         .fallback = "0",
                                         .doc = "power of the number of updates in the weights"},
                                        {.name = "power",
                                         .type = OptionType::number,
                                         .fallback = "2",
                                         .doc = "power of the largest rate so far in the weights"}};
  static constexpr std::string_view kState[] = {"z"};
  static constexpr std::string_view kNumbers[] = {"weight", "rate"};
  static constexpr Card kCard{"schedule_free", "averaging that takes the place of a schedule",
                              "Defazio et al. 2024, arXiv:2405.15682", kOptions, false};
  static constexpr bool kLands = true;
  static constexpr bool kLandsFirst = true;

  static double prepare(const Moment& now, Coefs& c) {
    double &sum = now.numbers[0], &highest = now.numbers[1];
    highest = std::fmax(highest, now.rate);
    const double weight = std::pow(static_cast<double>(now.t), now.o[1]) * std::pow(highest, now.o[2]);
    sum += weight;
    const double share = sum > 0.0 ? weight / sum : 0.0;
    c = {now.t == 1 ? 1.0 : 0.0, share, now.o[0] * (1.0 - share) - 1.0};
    return 1.0;
  }
  static Affine averaged(const Moment& now) { return {1.0 / now.o[0], 1.0 - 1.0 / now.o[0]}; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V land(D d, const Landing<V>& x, V* s, const hn::TFromD<D>* c) {
    const V z = hn::IfThenElse(hn::Gt(hn::Set(d, c[0]), hn::Zero(d)), x.before, s[0]);
    s[0] = hn::Sub(z, x.update);
    const V pulled = hn::Add(x.before, hn::Mul(hn::Set(d, c[1]), hn::Sub(z, x.before)));
    return hn::Add(pulled, hn::Mul(hn::Set(d, c[2]), x.update));
  }
};
THALWEG_TRANSFORM(ScheduleFree)
