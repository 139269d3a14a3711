// average: a running average of the parameters, to be evaluated in their place.   Polyak and Juditsky 1992,
// doi:10.1137/0330046; Izmailov et al. 2018 (SWA), arXiv:1803.05407
//   ema:   a <- d a + (1-d) p, a begins as the parameter before its first update   scope landing   state a
//          with ramp d is min(decay, (1 + t) / (10 + t))
//   mean:  a <- a + (p - a) / n, n-th value that is taken: every `every`-th update behind `start`; until then
//          a is p
// p is not changed. To be evaluated: a.
struct Average {
  static constexpr Option kOptions[] = {
      {.name = "form",
       .type = OptionType::choice,
       .fallback = "ema",
       .doc = "an exponential average, or the mean of all values (SWA, Polyak)",
       .choices = "ema|mean"},
      {.name = "decay",
       .type = OptionType::scalar,
       .fallback = "0.999",
       .range = kFraction,
       .doc = "share of the exponential average that is kept"},
      {.name = "ramp",
       .type = OptionType::flag,
       .fallback = "false",
       .doc = "keep less at first: min(decay, (1 + t) / (10 + t))"},
      {.name = "start",
       .type = OptionType::integer,
       .fallback = "0",
       .range = kNotNegative,
       .unit = "updates",
       .doc = "updates before the first value is taken"},
      {.name = "every",
       .type = OptionType::integer,
       .fallback = "1",
       .range = kAtLeastOne,
       .unit = "updates",
       .doc = "updates from one value that is taken to the next"}};
  static constexpr std::string_view kState[] = {"a"};
  static constexpr Card kCard{"average", "a running average of the parameters, to be evaluated",
                              "Polyak and Juditsky 1992, doi:10.1137/0330046", kOptions, false};
  static constexpr bool kLands = true;
  static constexpr bool kSeesBefore = true;

  // Share of the new value; 0 where none is taken.
  static double share(const Moment& now) {
    const double t = static_cast<double>(now.t), behind = t - now.o[3];
    const bool ema = now.o[0] == 0.0;
    if (behind < 1.0) return 1.0;
    if (std::fmod(behind, now.o[4]) != (now.o[4] == 1.0 ? 0.0 : 1.0)) return 0.0;
    const double taken = std::floor((behind - 1.0) / now.o[4]) + 1.0;
    if (!ema) return 1.0 / taken;
    return 1.0 - (now.o[2] != 0.0 ? std::fmin(now.o[1], (1.0 + t) / (10.0 + t)) : now.o[1]);
  }
  static double prepare(const Moment& now, Coefs& c) {
    const double taken = share(now);
    c = {now.t == 1 ? 1.0 : 0.0, 1.0 - taken, taken};
    return 1.0;
  }
  static Affine averaged(const Moment&) { return {0.0, 1.0}; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V land(D d, const Landing<V>& x, V* s, const hn::TFromD<D>* c) {
    const V old = hn::IfThenElse(hn::Gt(hn::Set(d, c[0]), hn::Zero(d)), x.before, s[0]);
    s[0] = hn::Add(hn::Mul(hn::Set(d, c[1]), old), hn::Mul(hn::Set(d, c[2]), x.value));
    return x.value;
  }
};
THALWEG_TRANSFORM(Average)
