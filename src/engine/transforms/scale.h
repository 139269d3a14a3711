struct Scale {
  static constexpr std::string_view kFormula = R"(
    u <- factor u; factor -1 ascends; no state
  )";
  static constexpr Option kOptions[] = {required(scalar_option("factor", "", kAnyNumber, "the factor"))};
  static constexpr Card kCard{"scale", "multiply the update by a number", "", kOptions};

  static Affine affine(const Moment& now) { return {option_of<Scale, "factor">(now.o), 0.0}; }
};
THALWEG_TRANSFORM(Scale)
