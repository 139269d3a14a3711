struct Maximize {
  static constexpr std::string_view kFormula = R"(
    u <- -u: what is to its right sees the gradient of the negated objective; no state
  )";
  static constexpr Card kCard{"maximize", "flip the gradient: ascend instead of descending", ""};

  static Affine affine(const Moment&) { return {-1.0, 0.0}; }
};
THALWEG_TRANSFORM(Maximize)
