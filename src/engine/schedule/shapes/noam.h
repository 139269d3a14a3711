// noam: the Transformer's own schedule.
struct Noam {
  static constexpr Option kOptions[] = {
      required(number_option("model_size", "", kPositive, "width of the model")),
      required(length_option("warmup", "", kAtLeastOne,
                             "updates of the climb to the peak, factor / sqrt(model_size * warmup)")),
      number_option("factor", "1", kNotNegative, "factor of the whole schedule"),
      choice_option("align", kAlign.choices, "next", kAlign.doc)};
  static constexpr Spec kSpec{
      .name = "noam",
      .doc = "factor model_size^-0.5 min(k^-0.5, k warmup^-1.5), k the number of the update, from 1",
      .source = "Vaswani et al. 2017, arXiv:1706.03762",
      .options = kOptions,
      .formula = R"(
lr(k) = factor / sqrt(model_size) min(1 / sqrt(k), k / warmup^1.5)
k the number of the update, from 1; align=done: the number of updates done, from 0
The peak is factor / sqrt(model_size warmup), at k = warmup.)"};

  static double peak(const ScheduleOptions& o) {
    const auto [model_size, factor] = options<kOptions, "model_size", "factor">(o.numbers);
    return factor / std::sqrt(model_size * o.warmup);
  }
  // After the warm-up, which is the line of the minimum.
  static double value(const ScheduleOptions& o, double j) { return fallen(o.peak, o.warmup, j); }

  static Bounds bounds(const ScheduleOptions& o) {
    const auto [model_size, factor] = options<kOptions, "model_size", "factor">(o.numbers);
    return {0.0, std::isnan(o.peak) ? factor / std::sqrt(model_size) : o.peak};
  }
};
THALWEG_SCHEDULE(Noam)
