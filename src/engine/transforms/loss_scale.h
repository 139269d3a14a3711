struct LossScale {
  static constexpr std::string_view kFormula = R"(
    u <- g / scale; the caller multiplies the loss by Optimizer::loss_scale()
    a gradient that is not finite is dropped; after `hysteresis` of them the scale shrinks
    (DeepSpeed; 1: at once, torch); after `every` finite ones in a row it grows, and the
    tolerance is restored
    keeps the scale, the finite gradients in a row and those tolerated
  )";
  static constexpr Option kOptions[] = {
      number_option("initial", "65536", kPositive, "the scale to begin with"),
      count_option("every", "2000", kAtLeastOne, "finite gradients in a row after which it grows"),
      number_option("growth", "2", kAtLeastOne, "factor by which it grows"),
      number_option("backoff", "0.5", kInside, "factor by which it shrinks"),
      count_option("hysteresis", "1", kAtLeastOne, "non-finite gradients before it shrinks"),
      number_option("floor", "1", kPositive, "the smallest scale")};
  static constexpr DialectDefault kDialects[] = {{"keras", "initial", "32768"}};
  static constexpr std::string_view kChainNumbers[] = {"scale", "good", "tolerated"};
  static constexpr Card kCard =
      Card("loss_scale", "a loss scale that adapts to what the gradients' type can hold",
           "Micikevicius et al. 2017, arXiv:1710.03740", kOptions, true, kDialects);
  static constexpr bool kLooks = true;
  static constexpr double kMostAtFloor = 100;  // drops since it last grew, where no smaller scale is left

  static void begin(Numbers o, std::span<double> numbers) { numbers[0] = option_of<LossScale, "initial">(o); }
  static Verdict decide(const Arrival& now) {
    const auto [initial, every, growth, backoff, hysteresis, floor] = options_of<LossScale>(now);
    double &scale = now.numbers[0], &good = now.numbers[1], &tolerated = now.numbers[2];
    if (!now.finite) {
      good = 0.0;
      tolerated += 1.0;
      const bool spent = scale <= floor && tolerated > kMostAtFloor;
      if (tolerated >= hysteresis) scale = std::fmax(scale * backoff, floor);
      return spent ? Verdict::fail : Verdict::hold;
    }
    good += 1.0;
    return Verdict::pass;
  }
  // The scale that this gradient was made with; it grows for the next one.
  static Affine affine(const Moment& now) { return {1.0 / now.numbers[0], 0.0}; }
  static void passed(Numbers o, std::span<double> numbers) {
    double &scale = numbers[0], &good = numbers[1], &tolerated = numbers[2];
    if (good < option_of<LossScale, "every">(o)) return;
    scale = std::fmin(scale * option_of<LossScale, "growth">(o), std::numeric_limits<double>::max());
    good = tolerated = 0.0;
  }
};
THALWEG_TRANSFORM(LossScale)
