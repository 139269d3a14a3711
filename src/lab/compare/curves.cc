#include "compare/curves.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "draw/chart.h"
#include "draw/html.h"
#include "draw/labels.h"
#include "thalweg/quantiles.h"

namespace thalweg {
namespace {

constexpr std::size_t kLongestName = 54;  // letters that fit across a picture
constexpr double kLate = 1.0 / 3;         // of the epochs: from here on the better ones are in the picture
constexpr double kMargin = 0.1;           // of what they span there
constexpr double kWorthwhile = 1.5;       // times as high is the whole picture, or it is the only one

// A number of each epoch.
struct Measure {
  std::string id, title, name, unit;
  double factor = 1;
  bool lower_is_better = true;
  double ComparedEpoch::*of = &ComparedEpoch::loss;
};

std::vector<Measure> measures(const ComparisonResult& result) {
  const Measure loss{"loss", "Held-out loss", "held-out loss", "", 1, true, &ComparedEpoch::loss};
  if (result.by_loss) return {loss};
  const bool classes = result.score_name == "accuracy";
  return {{"score", "Held-out " + result.score_name, "held-out " + result.score_name, classes ? "%" : "",
           classes ? 100.0 : 1.0, result.lower_is_better, &ComparedEpoch::score},
          loss};
}

// The median after each epoch; a gap where a run had diverged by then.
std::vector<page::Series> medians(const ComparisonResult& result, const Measure& measure) {
  const std::vector<std::string> names = names_in_pictures(result);
  std::vector<page::Series> out;
  for (std::size_t i = 0; i < result.optimizers.size(); ++i) {
    page::Series series{.name = names[i], .look = page::look_of(i), .points = {}};
    for (std::size_t epoch = 0; epoch < *result.config.epochs; ++epoch) {
      std::vector<double> all;
      for (const ComparedTrial& run : result.optimizers[i].trials) {
        const double none = measure.lower_is_better ? INFINITY : -INFINITY;
        all.push_back(epoch < run.epochs.size() ? run.epochs[epoch].*measure.of : none);
      }
      series.points.push_back({static_cast<double>(epoch + 1), measure.factor * median(std::move(all))});
    }
    out.push_back(std::move(series));
  }
  return out;
}

// The numbers of the better half, two at least, in the later epochs.
page::Limits good_range(const std::vector<page::Series>& series, const Measure& measure) {
  std::vector<const page::Series*> ended;
  for (const page::Series& one : series)
    if (!one.points.empty() && page::drawable(one.points.back().y)) ended.push_back(&one);
  std::ranges::sort(ended, [&](const page::Series* a, const page::Series* b) {
    const double x = a->points.back().y, y = b->points.back().y;
    return measure.lower_is_better ? x < y : x > y;
  });
  ended.resize(std::min(ended.size(), std::max<std::size_t>(2, (ended.size() + 1) / 2)));
  page::Limits out;
  for (const page::Series* one : ended) {
    for (const page::Point& p : one->points)
      if (p.x > kLate * one->points.back().x && page::drawable(p.y)) out.add(p.y);
  }
  return out;
}

page::Limits whole_range(const std::vector<page::Series>& series) {
  page::Limits out;
  for (const page::Series& one : series) {
    for (const page::Point& p : one.points)
      if (page::drawable(p.y)) out.add(p.y);
  }
  return out;
}

// Which curves a range leaves out.
std::string left_out(const page::Chart& close) {
  std::string out;
  for (const page::Series& one : close.series) {
    const auto seen = [&](const page::Point& p) {
      return page::drawable(p.y) && p.y <= close.y_most && p.y >= close.y_least;
    };
    if (std::ranges::none_of(one.points, seen)) out += (out.empty() ? "" : ", ") + one.name;
  }
  return out.empty() ? "" : " The range of the better half leaves out " + out + ".";
}

std::string progress_figure(const ComparisonResult& result, const Measure& measure) {
  page::Chart chart{.id = "progress-" + measure.id,
                    .title = measure.title,
                    .x_name = "epoch",
                    .y_name = measure.name,
                    .y_unit = measure.unit,
                    .scale = measure.lower_is_better ? page::Scale::automatic : page::Scale::linear,
                    .legend = false,
                    .series = medians(result, measure)};
  if (!page::has_points(chart)) return "";
  const page::Limits good = good_range(chart.series, measure), whole = whole_range(chart.series);
  std::string caption = "Median over the seeds, once per epoch.";
  std::vector<page::Choice> of = {{"whole", page::draw(chart)}};
  if (good.size() > 0 && whole.size() > kWorthwhile * good.size()) {
    page::Chart close = chart;
    close.id += "-close";
    const double margin = kMargin * good.size();
    if (measure.lower_is_better) close.y_most = good.hi + margin;
    if (!measure.lower_is_better) close.y_least = good.lo - margin;
    of.insert(of.begin(), {"the better half", page::draw(close)});
    caption += left_out(close);
  }
  return page::figure(chart.title, caption, page::choices("range-" + measure.id, "Range", of));
}

}  // namespace

std::vector<std::string> names_in_pictures(const ComparisonResult& result) {
  std::vector<std::string> out;
  for (const ComparedOptimizer& o : result.optimizers) out.push_back(o.given);
  return page::told_apart(out, kLongestName);
}

std::string progress_figures(const ComparisonResult& result) {
  std::string out;
  for (const Measure& measure : measures(result)) out += progress_figure(result, measure);
  return out;
}

}  // namespace thalweg
