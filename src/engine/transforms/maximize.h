struct Maximize {
  static constexpr std::string_view kFormula = R"(
    u <- -u: what stands to its right sees the gradient of minus the objective; no state
  )";
  static constexpr Card kCard{"maximize", "turn the gradient round: climb instead of descending", ""};

  static Affine affine(const Moment&) { return {-1.0, 0.0}; }
};
THALWEG_TRANSFORM(Maximize)
