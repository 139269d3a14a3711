// maximize: climb instead of descending: what comes behind sees the gradient of minus the objective.
//   u <- -u         scope affine
struct Maximize {
  static constexpr Card kCard{"maximize", "turn the gradient round: climb instead of descending", ""};

  static Affine affine(const Moment&) { return {-1.0, 0.0}; }
};
THALWEG_TRANSFORM(Maximize)
