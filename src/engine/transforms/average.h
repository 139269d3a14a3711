struct Average {
  static constexpr std::string_view kFormula = R"(
    ema:   a <- d a + (1 - d) p,   d = decay, with ramp min(decay, (1 + t) / (10 + t))
    mean:  a <- a + (p - a) / n for the n-th value taken
    a value is taken every `every`-th update after the first `start`; until then a is p
    p is not changed; a is what is to be evaluated (mean: Izmailov et al. 2018, SWA)
    state a, the parameter before its first update; reads p a, writes a
  )";
  static constexpr Option kOptions[] = {
      choice_option("form", "ema|mean", "ema",
                    "an exponential average, or the mean of all values (SWA, Polyak)"),
      scalar_option("decay", "0.999", kFraction, "share of the exponential average that is kept"),
      flag_option("ramp", "false", "keep less at first: min(decay, (1 + t) / (10 + t))"),
      in_unit("updates", count_option("start", "0", kNotNegative, "updates before the averaging begins")),
      in_unit("updates",
              count_option("every", "1", kAtLeastOne, "updates from one averaged value to the next"))};
  static constexpr std::string_view kState[] = {"a"};
  static constexpr Card kCard{"average", "a running average of the parameters, to be evaluated",
                              "Polyak and Juditsky 1992, doi:10.1137/0330046", kOptions, false};
  static constexpr bool kLands = true;
  static constexpr bool kSeesBefore = true;

  // Share of the new value; 0 where none is taken.
  static double share(const Moment& now) {
    const auto [form, decay, ramp, start, every] = options_of<Average>(now);
    const double t = static_cast<double>(now.t), since = t - start;
    if (since < 1.0) return 1.0;
    if (std::fmod(since, every) != (every == 1.0 ? 0.0 : 1.0)) return 0.0;
    if (form == "mean") return 1.0 / (std::floor((since - 1.0) / every) + 1.0);
    return 1.0 - (ramp ? std::fmin(decay, (1.0 + t) / (10.0 + t)) : decay);
  }
  template <class T>
  struct Prepared {
    T first;
    Kept<T> a;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const double taken = share(now);
    c = {now.t == 1 ? 1.0 : 0.0, {1.0 - taken, taken}};
    return 1.0;
  }
  static Affine averaged(const Moment&) { return {0.0, 1.0}; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V land(D d, const Landing<V>& x, V* s, const auto& c) {
    s[0] = average(hn::IfThenElse(is_so(d, c.first), x.before, s[0]), x.value, c.a);
    return x.value;
  }
};
THALWEG_TRANSFORM(Average)
