struct Decay {
  static constexpr std::string_view kFormula = R"(
    u <- u + rate p
    before a rule it is L2 regularisation and enters the moving averages; after a rule it
    is decoupled and scaled by the lr to its right; after lr nothing scales it
    by=schedule divides it by the highest value of the rates to its right, so that their
    schedule scales it and their size does not (the paper's AdamW); no state
  )";
  static constexpr Option kOptions[] = {
      required(scalar_option("rate", "", kNotNegative, "how much of the parameter is added to the update")),
      choice_option("by", "lr|schedule", "lr",
                    "what scales it: the rates to its right, or these over their highest values")};
  static constexpr Card kCard{"decay", "add rate * parameter to the update: weight decay",
                              "Loshchilov and Hutter 2017, arXiv:1711.05101", kOptions};

  static bool needs_rates(Numbers o) { return option_of<Decay, "by">(o) == "schedule"; }
  static Affine affine(const Moment& now) {
    const auto [rate, by] = options_of<Decay>(now);
    const double peak = by == "schedule" ? now.peak : 1.0;
    return {1.0, peak > 0.0 ? rate / peak : 0.0};
  }
};
THALWEG_TRANSFORM(Decay)
