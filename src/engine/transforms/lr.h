struct Lr {
  static constexpr std::string_view kFormula = R"(
    u <- value u; no state
    two groups of parameters, each with a rate: lr(0.1, on="head.*") | lr(0.05, on=rest)
  )";
  static constexpr bool kIsRate = true;
  static constexpr Option kOptions[] = {required(scalar_option("value", "", kNotNegative, "the rate"))};
  static constexpr Card kCard{"lr", "multiply the update by the learning rate",
                              "Robbins and Monro 1951, doi:10.1214/aoms/1177729586", kOptions};

  static Affine affine(const Moment& now) { return {option_of<Lr, "value">(now.o), 0.0}; }
};
THALWEG_TRANSFORM(Lr)
