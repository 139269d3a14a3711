// lr: the learning rate.   Robbins and Monro 1951
//   u <- value * u          scope affine
struct Lr {
  static constexpr bool kIsRate = true;
  static constexpr Option kOptions[] = {{.name = "value",
                                         .type = OptionType::scalar,
                                         .range = kNotNegative,
                                         .doc = "the rate; 0 stands still",
                                         .required = true}};
  static constexpr Card kCard{"lr", "multiply the update by the learning rate",
                              "Robbins and Monro 1951, doi:10.1214/aoms/1177729586", kOptions};

  static Affine affine(const Moment& now) { return {now.o[0], 0.0}; }
};
THALWEG_TRANSFORM(Lr)
