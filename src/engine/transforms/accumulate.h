// accumulate: one update from the gradients of several steps.
//   s <- s + w g; every n-th gradient the step runs with s / (sum of w)     scope gate     a sum of gradients
// w is the weight that the caller gives with the gradient: what it is the mean of. A gradient of weight 0 is
// not looked at, and a window without weight changes nothing. The last window may be closed before it is
// full.
struct Accumulate {
  static constexpr Option kOptions[] = {{.name = "n",
                                         .type = OptionType::scalar,
                                         .range = kAtLeastOne,
                                         .unit = "gradients",
                                         .doc = "gradients of one update",
                                         .required = true},
                                        {.name = "form",
                                         .type = OptionType::choice,
                                         .fallback = "mean",
                                         .doc = "what the step sees: the weighted mean, or the sum",
                                         .choices = "mean|sum"}};
  static constexpr std::string_view kChainNumbers[] = {"count", "weight", "full"};
  static constexpr Card kCard{"accumulate", "gather the gradients of several steps into one update", "",
                              kOptions};
  static constexpr bool kAccumulates = true;

  static Verdict decide(const Arrival& now) {
    double &count = now.numbers[0], &weight = now.numbers[1], &full = now.numbers[2];
    if (full != 0.0) count = weight = full = 0.0;
    count += 1.0;
    weight += now.weight;
    if (!now.last && count < std::round(now.o[0])) return Verdict::wait;
    full = 1.0;
    return weight == 0.0 ? Verdict::hold : Verdict::pass;
  }
  static Affine affine(const Moment& now) { return {now.o[1] == 0.0 ? 1.0 / now.numbers[1] : 1.0, 0.0}; }
};
THALWEG_TRANSFORM(Accumulate)
