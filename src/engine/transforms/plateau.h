// plateau: cut the rate when a metric has stopped to improve.   PyTorch's ReduceLROnPlateau, Keras' and
// optax'
//   u <- rate u; rate begins at 1 and is cut by what Optimizer::observe(metric) is told     scope affine
//   kept: rate, best, bad, cooling
// It stands with `lr`. floor and eps are shares of the rate that it begins with. NaN is no improvement.
struct PlateauTransform {
  static constexpr Option kOptions[] = {
      {.name = "factor",
       .type = OptionType::number,
       .fallback = "0.1",
       .range = {.min = 0.0, .max = 1.0, .open_max = true},
       .doc = "what a cut multiplies the rate by"},
      {.name = "patience",
       .type = OptionType::integer,
       .fallback = "10",
       .range = kNotNegative,
       .unit = "evaluations",
       .doc = "evaluations without improvement that are tolerated"},
      {.name = "cooldown",
       .type = OptionType::integer,
       .fallback = "0",
       .range = kNotNegative,
       .unit = "evaluations",
       .doc = "evaluations behind a cut in which none counts as bad"},
      {.name = "mode",
       .type = OptionType::choice,
       .fallback = "min",
       .doc = "whether a good metric is low or high",
       .choices = "min|max"},
      {.name = "threshold",
       .type = OptionType::number,
       .fallback = "0.0001",
       .range = kNotNegative,
       .doc = "by how much a metric must be better than the best one"},
      {.name = "threshold_mode",
       .type = OptionType::choice,
       .fallback = "relative",
       .doc = "the threshold is a share of the best metric's size, a difference, or torch's best (1 - "
              "threshold)",
       .choices = "relative|absolute|torch"},
      {.name = "floor",
       .type = OptionType::number,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "lowest rate, as a share of the first"},
      {.name = "eps",
       .type = OptionType::number,
       .fallback = "1e-8",
       .range = kNotNegative,
       .doc = "a cut by no more than this share is left out"},
      {.name = "reached",
       .type = OptionType::flag,
       .fallback = "false",
       .doc = "cut with the evaluation that reaches the patience, not with the one behind it"},
      {.name = "cooling_ends",
       .type = OptionType::flag,
       .fallback = "false",
       .doc = "the last evaluation of a cooldown counts again"},
      kDialect};
  static constexpr DialectDefault kDialects[] = {
      {"torch", "threshold_mode", "torch"}, {"optax", "reached", "true"},
      {"keras", "reached", "true"},         {"keras", "threshold_mode", "absolute"},
      {"keras", "cooling_ends", "true"},    {"keras", "eps", "0"}};
  static constexpr std::string_view kChainNumbers[] = {"rate", "best", "bad", "cooling"};
  static constexpr Card kCard{
      "plateau", "cut the rate when a metric has stopped to improve", "", kOptions, false, kDialects};
  static constexpr bool kIsRate = true;

  static void begin(Numbers, std::span<double> kept) {
    kept[0] = 1.0;
    kept[1] = std::numeric_limits<double>::quiet_NaN();
  }
  static Affine affine(const Moment& now) { return {now.numbers[0], 0.0}; }

  static void observe(Numbers o, std::span<double> kept, double metric) {
    Plateau plateau;
    plateau.options = {.factor = o[0],
                       .patience = static_cast<std::uint64_t>(o[1]),
                       .cooldown = static_cast<std::uint64_t>(o[2]),
                       .threshold = o[4],
                       .threshold_mode = static_cast<PlateauOptions::Threshold>(static_cast<int>(o[5])),
                       .mode = static_cast<PlateauOptions::Mode>(static_cast<int>(o[3])),
                       .floor = o[6],
                       .eps = o[7],
                       .reached = o[8] != 0.0,
                       .cooling_ends = o[9] != 0.0};
    plateau.rate = kept[0];
    plateau.best = kept[1];
    plateau.bad = static_cast<std::uint64_t>(kept[2]);
    plateau.cooling = static_cast<std::uint64_t>(kept[3]);
    plateau.observe(metric);
    kept[0] = plateau.rate;
    kept[1] = plateau.best;
    kept[2] = static_cast<double>(plateau.bad);
    kept[3] = static_cast<double>(plateau.cooling);
  }
};
THALWEG_TRANSFORM(PlateauTransform)
