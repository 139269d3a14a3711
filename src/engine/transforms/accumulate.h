struct Accumulate {
  static constexpr std::string_view kFormula = R"(
    s <- s + w g;   every n-th gradient the step runs with s / (sum of w), or with s
    w is the weight that the caller gives with the gradient: the samples it is the mean of
    a gradient of weight 0 is ignored, and a window without weight changes nothing
    the last window may be closed before it is full
    keeps a sum of gradients, and the window's count, weight and whether it is full
  )";
  static constexpr Option kOptions[] = {
      required(in_unit("gradients", scalar_option("n", "", kAtLeastOne, "gradients of one update"))),
      choice_option("form", "mean|sum", "mean", "what the step sees: the weighted mean, or the sum")};
  static constexpr std::string_view kChainNumbers[] = {"count", "weight", "full"};
  static constexpr Card kCard{"accumulate", "gather the gradients of several steps into one update", "",
                              kOptions};
  static constexpr bool kAccumulates = true;

  static Verdict decide(const Arrival& now) {
    const auto [n, form] = options_of<Accumulate>(now);
    double &count = now.numbers[0], &weight = now.numbers[1], &full = now.numbers[2];
    if (full != 0.0) count = weight = full = 0.0;
    count += 1.0;
    weight += now.weight;
    if (!now.last && count < std::round(n)) return Verdict::wait;
    full = 1.0;
    return weight == 0.0 ? Verdict::hold : Verdict::pass;
  }
  static Affine affine(const Moment& now) {
    const double weight = now.numbers[1];
    return {option_of<Accumulate, "form">(now.o) == "mean" ? 1.0 / weight : 1.0, 0.0};
  }
};
THALWEG_TRANSFORM(Accumulate)
