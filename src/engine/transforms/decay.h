// decay: pull the parameters towards zero.   Loshchilov and Hutter 2017, arXiv:1711.05101
//   u <- u + rate * p       scope affine
// Left of a rule it is L2 regularisation and enters the moving averages; right of a rule it is decoupled and
// scaled by the lr behind it; right of lr nothing scales it. by=schedule divides it by the highest value of
// the rates behind it, so that their schedule scales it and their size does not (the paper's AdamW).
struct Decay {
  static constexpr Option kOptions[] = {
      {.name = "rate",
       .type = OptionType::scalar,
       .range = kNotNegative,
       .doc = "how much of the parameter is added to the update",
       .required = true},
      {.name = "by",
       .type = OptionType::choice,
       .fallback = "lr",
       .doc = "what scales it: the rates behind it, or these over their highest values",
       .choices = "lr|schedule"}};
  static constexpr Card kCard{"decay", "add rate * parameter to the update: weight decay",
                              "Loshchilov and Hutter 2017, arXiv:1711.05101", kOptions};

  static bool needs_rates(Numbers o) { return o[1] != 0.0; }
  static Affine affine(const Moment& now) {
    const double peak = now.o[1] != 0.0 ? now.peak : 1.0;
    return {1.0, peak > 0.0 ? now.o[0] / peak : 0.0};
  }
};
THALWEG_TRANSFORM(Decay)
