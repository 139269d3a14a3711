// A study as a page: what the ranks say, what was measured, and the way to each comparison's own page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/asset.h"
#include "draw/axis.h"
#include "draw/drawing.h"
#include "draw/html.h"
#include "draw/labels.h"
#include "draw/number.h"
#include "thalweg/lab/study.h"

namespace thalweg {
namespace page {

extern const Asset kComparisonCss;

}  // namespace page

namespace {

using page::escape;
using page::significant;

constexpr double kWidth = 560, kSide = 24, kTop = 40, kRowHeight = 46, kFoot = 44;
constexpr std::size_t kLongestName = 54;  // letters that fit across the picture

std::vector<std::string> names_of(const StudyResult& result) {
  std::vector<std::string> out;
  for (const StudiedOptimizer& o : result.optimizers) out.push_back(o.given);
  return page::told_apart(out, kLongestName);
}

std::string draw_row(const StudiedOptimizer& o, const std::string& name, double half, double y,
                     const page::Axis& axis) {
  const auto at = [&](double rank) {
    return kSide + axis.place(std::clamp(rank, axis.lo, axis.hi)) * (kWidth - 2 * kSide);
  };
  return "<g class=\"spread\">" + page::text("said", 0, y - 14, name) +
         page::horizontal("range", y, at(o.mean_rank - half), at(o.mean_rank + half)) +
         page::vertical("middle", at(o.mean_rank), y - 9, y + 9) + "</g>";
}

// A line for each optimizer: its mean rank a stroke, half the critical difference to both sides a bar, so
// that bars which do not meet are of ranks that differ. No mean rank is beyond the axis, and no bar needs be.
std::string draw_ranks(const StudyResult& result) {
  const auto n = static_cast<double>(result.optimizers.size());
  const double floor = kTop + kRowHeight * n + 10, height = floor + kFoot;
  const std::vector<std::string> names = names_of(result);
  const page::Axis axis = page::whole_axis(1, n, 10);
  std::string words, grid, rows;
  for (const StudiedOptimizer& o : result.optimizers)
    words += fmt::format("{}: {}. ", o.given, page::fixed(o.mean_rank, 2));
  for (const double tick : axis.ticks) {
    const double x = kSide + axis.place(tick) * (kWidth - 2 * kSide);
    grid += page::vertical("grid", x, kTop, floor) + page::text("x", x, floor + 20, axis.label(tick));
  }
  const double cd = result.critical_difference;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double y = kTop + kRowHeight * static_cast<double>(i) + 32;
    rows += draw_row(result.optimizers[i], names[i], cd / 2, y, axis);
  }
  const double end = kSide + axis.place(std::min(axis.lo + cd, axis.hi)) * (kWidth - 2 * kSide);
  std::string ruler = page::horizontal("axis", 26, kSide, end) + page::vertical("axis", kSide, 21, 31);
  if (cd <= axis.hi - axis.lo) ruler += page::vertical("axis", end, 21, 31);
  ruler += page::text("", kSide, 14, "critical difference " + page::fixed(cd, 2));
  return fmt::format(
             "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"ranks-title ranks-desc\"><title "
             "id=\"ranks-title\">Mean ranks</title><desc id=\"ranks-desc\">{}</desc>",
             kWidth, height, escape(words)) +
         grid + ruler + rows + page::text("x", kWidth / 2, height - 4, "mean rank, 1 is the best") + "</svg>";
}

std::string over(const StudyResult& result) { return result.of_folds ? "folds" : "data sets"; }

std::string ranks_figure(const StudyResult& result) {
  return page::figure("Mean ranks",
                      fmt::format("Over {} {}. Bars that do not meet are of mean ranks that differ at the "
                                  "level {}.",
                                  result.blocks.size(), over(result), StudyResult::kLevel),
                      draw_ranks(result));
}

std::string ranks_table(const StudyResult& result) {
  page::Table made;
  made.id = "mean-ranks";
  made.caption =
      "p: Nemenyi's test of the difference from the first, of all pairs. Best: on how many the optimizer has "
      "the first rank, or shares it.";
  made.head = {"Optimizer", "Mean rank", "Behind", "p", "Best"};
  made.marked = 0;
  const StudiedOptimizer& first = result.optimizers.front();
  for (const StudiedOptimizer& o : result.optimizers) {
    std::size_t best = 0;
    for (std::size_t block = 0; block < o.ranks.size(); ++block) {
      best += std::ranges::all_of(result.optimizers, [&](const StudiedOptimizer& other) {
        return o.ranks[block] <= other.ranks[block];
      });
    }
    made.rows.push_back({o.given, page::fixed(o.mean_rank, 2),
                         &o == &first ? "" : page::fixed(o.mean_rank - first.mean_rank, 2),
                         &o == &first ? "" : significant(o.p, 2),
                         fmt::format("{} of {}", best, o.ranks.size())});
  }
  return page::table(made);
}

std::string score_text(const std::string& measure, double score, double deviation) {
  if (!std::isfinite(score)) return "diverged";
  const bool shares = measure == "accuracy";
  const auto number = [&](double x) { return shares ? page::fixed(100 * x, 2) : significant(x, 4); };
  return number(score) + (std::isfinite(deviation) ? " \u00b1 " + number(deviation) : "") +
         (shares ? " %" : "");
}

// A row for each block, a column for each optimizer.
std::string scores_table(const StudyResult& result) {
  page::Table made;
  made.id = "scores-by-block";
  made.caption = "Held out, the median over the seeds";
  if (!result.of_folds && result.folds > 0)
    made.caption += ", of it the mean and the deviation over the folds";
  made.caption += "; in parentheses the rank.";
  made.head = {result.of_folds ? "Fold" : "Data", "Measure"};
  for (const std::string& name : names_of(result)) made.head.push_back(name);
  const std::vector<std::string> blocks = page::told_apart(result.blocks, kLongestName);
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    std::vector<std::string> row = {blocks[block], result.measures[block]};
    for (const StudiedOptimizer& o : result.optimizers)
      row.push_back(fmt::format("{} ({:g})",
                                score_text(result.measures[block], o.scores[block], o.deviations[block]),
                                o.ranks[block]));
    made.rows.push_back(std::move(row));
  }
  return page::table(made);
}

std::string comparisons(const StudyResult& result) {
  std::string out;
  for (const StudiedPart& part : result.parts) {
    out += fmt::format("<div><dt><a href=\"{}/report.html\">{}</a></dt><dd>{}</dd></div>\n",
                       escape(part.folder), escape(part.of), escape(part.headline));
  }
  return "<dl class=\"chains\">\n" + out + "</dl>\n";
}

std::string tests_text(const StudyResult& result) {
  const std::size_t freedom = result.optimizers.size() - 1;
  const std::string f = std::isfinite(result.f) ? significant(result.f, 4) : "\u221e";
  std::string out = fmt::format(
      "Friedman's test: \u03c7\u00b2({0}) = {1}, p {2}. Iman and Davenport's, of the same ranks: F({0}, {3}) "
      "= {4}, "
      "p {5}.",
      freedom, significant(result.chi_square, 4), significant(result.p, 2),
      freedom * (result.blocks.size() - 1), f, significant(result.f_p, 2));
  if (result.of_folds)
    out +=
        " Folds share most of the rows that they are trained on: p is smaller than it would be of other "
        "data.";
  return out;
}

}  // namespace

std::string study_html(const StudyResult& result, const std::string& command) {
  return page::document(
      {.title = result.headline(),
       .subject = "study of optimizers over " + over(result),
       .lead = page::lead(tests_text(result)),
       .body = page::section("ranks", "Ranks",
                             page::charts(ranks_figure(result)) + "<div class=\"compared further\">\n" +
                                 ranks_table(result) + "</div>\n") +
               page::section("scores", "Scores",
                             "<div class=\"compared\">\n" + scores_table(result) + "</div>\n") +
               page::section("comparisons", "Comparisons", comparisons(result)) + page::made_by(command),
       .style = page::kComparisonCss.text});
}

}  // namespace thalweg
