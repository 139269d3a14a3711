struct Skip {
  static constexpr std::string_view kFormula = R"(
    nonfinite: drop a gradient with an element that is NaN or infinite
    outlier: also where |g| > limit, or |g| > factor (mean of the norms that passed) once
    `after` of them have; mean <- beta mean + (1 - beta) |g|, corrected
    a dropped gradient changes nothing, not even clocks; `most` of them in a row are allowed;
    the next one is an error, or is let through with then=pass (optax.apply_if_finite)
    keeps how many were dropped in a row, the mean and how many passed
  )";
  static constexpr Option kOptions[] = {
      choice_option("what", "nonfinite|outlier", "nonfinite",
                    "gradients that are not finite, or also those with an outlying norm"),
      count_option("most", "10", kNotNegative, "how many in a row may be dropped"),
      choice_option("then", "error|pass", "error", "what happens to the next one"),
      needing("what", scalar_option("limit", {}, kPositive, "the largest norm that passes")),
      needing("what", number_option("factor", "10", kAtLeastOne,
                                    "largest norm that passes, relative to the mean of those that did")),
      needing("what", number_option("beta", "0.98", kFraction, "share of the mean norm that is kept")),
      needing("what",
              count_option("after", "20", kNotNegative, "norms that must pass before their mean is used"))};
  static constexpr std::string_view kChainNumbers[] = {"in_a_row", "mean", "passed"};
  static constexpr Card kCard{"skip", "drop gradients that are not finite or outlying", "", kOptions};
  static constexpr bool kLooks = true;

  static bool measures(Numbers o) { return option_of<Skip, "what">(o) == "outlier"; }
  static Verdict decide(const Arrival& now) {
    const auto [what, most, then, limit, factor, beta, after] = options_of<Skip>(now);
    double &in_a_row = now.numbers[0], &mean = now.numbers[1], &passed = now.numbers[2];
    const double corrected = mean / -std::expm1(passed * std::log(beta));
    const bool known = passed >= after && passed > 0.0;
    const bool large = !(now.norm < kInfinity) || now.norm > limit ||
                       (known && now.norm > factor * corrected);  // a limit of NaN is none
    if (!now.finite || (what == "outlier" && large)) {
      in_a_row += 1.0;
      if (in_a_row <= most) return Verdict::hold;
      return then == "error" ? Verdict::fail : Verdict::pass;
    }
    in_a_row = 0.0;
    if (what == "outlier") {
      mean = beta * mean + (1.0 - beta) * now.norm;
      passed += 1.0;
    }
    return Verdict::pass;
  }
};
THALWEG_TRANSFORM(Skip)
