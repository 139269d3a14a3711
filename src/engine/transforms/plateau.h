struct PlateauTransform {
  static constexpr std::string_view kFormula = R"(
    u <- rate u; rate begins at 1 and is cut by the metrics that Optimizer::observe is given
    as ReduceLROnPlateau of PyTorch and Keras and that of optax; NaN is not an improvement
    it is used with lr; floor and eps are shares of the rate at the beginning
    keeps the rate, the best metric, the bad evaluations and those of the cooldown
  )";
  static constexpr Option kOptions[] = {
      number_option("factor", "0.1", kFraction, "factor of the rate at each cut"),
      in_unit("evaluations", count_option("patience", "10", kNotNegative,
                                          "evaluations without improvement that are tolerated")),
      in_unit("evaluations", count_option("cooldown", "0", kNotNegative,
                                          "evaluations after a cut during which none counts as bad")),
      choice_option("mode", "min|max", "min", "whether a good metric is low or high"),
      number_option("threshold", "0.0001", kNotNegative, "how much better than the best a metric must be"),
      choice_option("threshold_mode", "relative|absolute|torch", "relative",
                    "the threshold is a share of the best metric's size, a difference, or torch's best (1 - "
                    "threshold)"),
      number_option("floor", "0", kNotNegative, "lowest rate, as a share of the first"),
      number_option("eps", "1e-8", kNotNegative, "cuts by no more than this share are skipped"),
      flag_option("reached", "false",
                  "cut with the evaluation that reaches the patience, not with the next one"),
      flag_option("cooling_ends", "false", "the last evaluation of a cooldown counts again")};
  static constexpr DialectDefault kDialects[] = {
      {"torch", "threshold_mode", "torch"}, {"optax", "reached", "true"},
      {"keras", "reached", "true"},         {"keras", "threshold_mode", "absolute"},
      {"keras", "cooling_ends", "true"},    {"keras", "eps", "0"}};
  static constexpr std::string_view kChainNumbers[] = {"rate", "best", "bad", "cooling"};
  static constexpr Card kCard{
      "plateau", "cut the rate when a metric has stopped improving", "", kOptions, false, kDialects};
  static constexpr bool kIsRate = true;

  static void begin(Numbers, std::span<double> kept) {
    kept[0] = 1.0;
    kept[1] = std::numeric_limits<double>::quiet_NaN();
  }
  static Affine affine(const Moment& now) { return {now.numbers[0], 0.0}; }

  static void observe(Numbers o, std::span<double> kept, double metric) {
    const auto [factor, patience, cooldown, mode, threshold, threshold_mode, floor, eps, reached,
                cooling_ends] = options_of<PlateauTransform>(o);
    double &rate = kept[0], &best = kept[1], &bad = kept[2], &cooling = kept[3];
    Plateau plateau;
    plateau.options = {
        .factor = factor,
        .patience = static_cast<std::uint64_t>(patience),
        .cooldown = static_cast<std::uint64_t>(cooldown),
        .threshold = threshold,
        .threshold_mode = static_cast<PlateauOptions::Threshold>(static_cast<int>(threshold_mode.place)),
        .mode = mode == "max" ? PlateauOptions::Mode::max : PlateauOptions::Mode::min,
        .floor = floor,
        .eps = eps,
        .reached = reached,
        .cooling_ends = cooling_ends};
    plateau.rate = rate;
    plateau.best = best;
    plateau.bad = static_cast<std::uint64_t>(bad);
    plateau.cooling = static_cast<std::uint64_t>(cooling);
    plateau.observe(metric);
    rate = plateau.rate;
    best = plateau.best;
    bad = static_cast<double>(plateau.bad);
    cooling = static_cast<double>(plateau.cooling);
  }
};
THALWEG_TRANSFORM(PlateauTransform)
