// skip: drop a gradient that would do harm.   Error budget: as in optax.apply_if_finite
//   nonfinite: any element is NaN or infinite     scope gate     state in_a_row, mean, passed
//   outlier: |g| > limit, or |g| > factor * (mean of the norms that passed) once `after` of them have
// A dropped gradient changes nothing, not even clocks. `most` of them in a row are allowed; the next one is
// an error, or is let through with then=pass (optax).
struct Skip {
  static constexpr Option kOptions[] = {
      {.name = "what",
       .type = OptionType::choice,
       .fallback = "nonfinite",
       .doc = "gradients that are not finite, or also those whose norm stands out",
       .choices = "nonfinite|outlier"},
      {.name = "most",
       .type = OptionType::integer,
       .fallback = "10",
       .range = kNotNegative,
       .doc = "how many in a row may be dropped"},
      {.name = "then",
       .type = OptionType::choice,
       .fallback = "error",
       .doc = "what one more is",
       .choices = "error|pass"},
      {.name = "limit",
       .type = OptionType::scalar,
       .range = kPositive,
       .doc = "the largest norm that passes",
       .needs = "what"},
      {.name = "factor",
       .type = OptionType::number,
       .fallback = "10",
       .range = kAtLeastOne,
       .doc = "the largest norm that passes, in means of those that did",
       .needs = "what"},
      {.name = "beta",
       .type = OptionType::number,
       .fallback = "0.98",
       .range = kFraction,
       .doc = "share of the mean norm that is kept",
       .needs = "what"},
      {.name = "after",
       .type = OptionType::integer,
       .fallback = "20",
       .range = kNotNegative,
       .doc = "norms that must have passed before their mean counts",
       .needs = "what"}};
  static constexpr std::string_view kChainNumbers[] = {"in_a_row", "mean", "passed"};
  static constexpr Card kCard{"skip", "drop gradients that are not finite or stand out", "", kOptions};
  static constexpr bool kLooks = true;

  static bool measures(Numbers o) { return o[0] != 0.0; }
  static bool stands_out(const Arrival& now) {
    if (!measures(now.o)) return false;
    const double mean = now.numbers[1] / -std::expm1(now.numbers[2] * std::log(now.o[5]));
    const bool known = now.numbers[2] >= now.o[6] && now.numbers[2] > 0.0;
    return now.norm > now.o[3] || (known && now.norm > now.o[4] * mean);  // a limit of NaN is none
  }
  static Verdict decide(const Arrival& now) {
    double& in_a_row = now.numbers[0];
    if (now.finite && !stands_out(now)) {
      in_a_row = 0.0;
      if (measures(now.o)) {
        now.numbers[1] = now.o[5] * now.numbers[1] + (1.0 - now.o[5]) * now.norm;
        now.numbers[2] += 1.0;
      }
      return Verdict::pass;
    }
    in_a_row += 1.0;
    if (in_a_row <= now.o[1]) return Verdict::hold;
    return now.o[2] == 0.0 ? Verdict::fail : Verdict::pass;
  }
};
THALWEG_TRANSFORM(Skip)
