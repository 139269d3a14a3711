// decay: pull the parameters towards zero.   Loshchilov and Hutter 2017, arXiv:1711.05101
//   u <- u + rate * p       scope affine
// Left of a rule it is L2 regularisation and enters the moving averages; right of a rule it is decoupled and
// scaled by the lr behind it; right of lr nothing scales it.
struct Decay {
  static constexpr Option kOptions[] = {{.name = "rate",
                                         .type = OptionType::scalar,
                                         .range = kNotNegative,
                                         .doc = "how much of the parameter is added to the update",
                                         .required = true}};
  static constexpr Card kCard{"decay", "add rate * parameter to the update: weight decay",
                              "Loshchilov and Hutter 2017, arXiv:1711.05101", kOptions};

  static Affine affine(const Moment& now) { return {1.0, now.o[0]}; }
};
THALWEG_TRANSFORM(Decay)
