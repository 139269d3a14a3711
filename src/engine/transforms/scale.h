// scale: multiply by a number.
//   u <- factor * u         scope affine      factor -1 climbs
struct Scale {
  static constexpr Option kOptions[] = {
      {.name = "factor", .type = OptionType::scalar, .doc = "the number", .required = true}};
  static constexpr Card kCard{"scale", "multiply the update by a number", "", kOptions};

  static Affine affine(const Moment& now) { return {now.o[0], 0.0}; }
};
THALWEG_TRANSFORM(Scale)
