// loss_scale: find a factor of the loss that keeps small gradients from vanishing.   Micikevicius et al.
// 2017, arXiv:1710.03740
//   u <- g / scale     scope gate     state scale, good, tolerated
// The caller multiplies the loss by Optimizer::loss_scale(). A gradient that is not finite is dropped; after
// `hysteresis` of them (DeepSpeed; 1: at once, torch) the scale shrinks. After `every` good ones in a row it
// grows, and what is tolerated is restored.
struct LossScale {
  static constexpr Option kOptions[] = {
      {.name = "initial",
       .type = OptionType::number,
       .fallback = "65536",
       .range = kPositive,
       .doc = "the scale to begin with"},
      {.name = "every",
       .type = OptionType::integer,
       .fallback = "2000",
       .range = kAtLeastOne,
       .doc = "good gradients in a row after which it grows"},
      {.name = "growth",
       .type = OptionType::number,
       .fallback = "2",
       .range = kAtLeastOne,
       .doc = "factor by which it grows"},
      {.name = "backoff",
       .type = OptionType::number,
       .fallback = "0.5",
       .range = {.min = 0.0, .max = 1.0, .open_min = true, .open_max = true},
       .doc = "factor by which it shrinks"},
      {.name = "hysteresis",
       .type = OptionType::integer,
       .fallback = "1",
       .range = kAtLeastOne,
       .doc = "gradients that are not finite before it shrinks"},
      {.name = "floor",
       .type = OptionType::number,
       .fallback = "1",
       .range = kPositive,
       .doc = "the smallest scale"},
      kDialect};
  static constexpr DialectDefault kDialects[] = {{"keras", "initial", "32768"}};
  static constexpr std::string_view kChainNumbers[] = {"scale", "good", "tolerated"};
  static constexpr Card kCard{"loss_scale",
                              "a factor of the loss that follows what gradients can hold",
                              "Micikevicius et al. 2017, arXiv:1710.03740",
                              kOptions,
                              true,
                              kDialects};
  static constexpr bool kLooks = true;
  static constexpr double kMostAtFloor = 100;  // drops since it last grew, where no smaller scale is left

  static void begin(Numbers o, std::span<double> numbers) { numbers[0] = o[0]; }
  static Verdict decide(const Arrival& now) {
    double &scale = now.numbers[0], &good = now.numbers[1], &tolerated = now.numbers[2];
    if (!now.finite) {
      good = 0.0;
      tolerated += 1.0;
      const bool spent = scale <= now.o[5] && tolerated > kMostAtFloor;
      if (tolerated >= now.o[4]) scale = std::fmax(scale * now.o[3], now.o[5]);
      return spent ? Verdict::fail : Verdict::hold;
    }
    good += 1.0;
    return Verdict::pass;
  }
  // The scale that this gradient was made with; it grows for the next one.
  static Affine affine(const Moment& now) { return {1.0 / now.numbers[0], 0.0}; }
  static void passed(Numbers o, std::span<double> numbers) {
    if (numbers[1] < o[1]) return;
    numbers[0] *= o[2];
    numbers[1] = numbers[2] = 0.0;
  }
};
THALWEG_TRANSFORM(LossScale)
