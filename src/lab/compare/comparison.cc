#include "compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "draw/html.h"
#include "draw/number.h"
#include "draw/overlay.h"

namespace thalweg::page {
namespace {

constexpr double kWidth = 560;
constexpr double kLeft = 24;
constexpr double kRight = 24;
constexpr double kRowHeight = 46;
constexpr double kFoot = 44;

constexpr std::string_view kOwnStyle = R"css(
.compared table { max-width: none; width: auto; min-width: min(100%, 860px); }
.further { margin-top: 28px; }
.further summary { cursor: pointer; color: var(--soft); font-size: 14px; }
.sure { margin: 18px 0 0; max-width: 68ch; font-size: 19px; line-height: 1.5; }
.notes { margin: 14px 0 0; padding-left: 18px; color: var(--soft); font-size: 14px; max-width: 76ch; }
.chains dt { font-size: 15px; color: var(--ink); } .chains dd { overflow-wrap: anywhere; }
.chains { gap: 12px; }
@media (max-width: 480px) {
  .compared th:nth-child(2), .compared td:nth-child(2) { display: table-cell; }
}
)css";

std::vector<std::string> names(const ComparisonPage& page) {
  std::vector<std::string> out;
  for (const ComparedRow& row : page.rows) out.push_back(row.name);
  return out;
}

std::string figure(std::string_view title, std::string_view caption, const std::string& drawing) {
  return fmt::format("<figure><figcaption><h3>{}</h3><p>{}</p></figcaption>\n{}</figure>\n", escape(title),
                     escape(caption), drawing);
}

// Where the numbers of the rows lie: the axis of the drawing of all runs.
Axis score_axis(const ComparisonPage& page) {
  double lo = INFINITY, hi = -INFINITY;
  for (const ComparedRow& row : page.rows) {
    for (const double score : row.scores) {
      lo = std::min(lo, score);
      hi = std::max(hi, score);
    }
  }
  return linear_axis(lo, hi, 6, Fit::ticks);
}

std::string draw_row(const ComparedRow& row, std::size_t number, const Axis& axis) {
  const auto at = [&](double score) {
    return coordinate(kLeft + axis.place(score) * (kWidth - kLeft - kRight));
  };
  const double y = kRowHeight * static_cast<double>(number) + 32;
  std::string out = fmt::format("<text class=\"said\" x=\"{}\" y=\"{}\">{}</text>", 0, coordinate(y - 14),
                                escape(row.name));
  if (std::isfinite(row.low) && std::isfinite(row.high)) {
    out += fmt::format("<path class=\"range\" d=\"M{} {}H{}\"/>", at(row.low), coordinate(y), at(row.high));
  }
  for (const double score : row.scores) {
    out += fmt::format("<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"3.5\"><title>{}</title></circle>",
                       at(score), coordinate(y), escape(significant(score, 4)));
  }
  if (std::isfinite(row.median)) {
    out += fmt::format("<path class=\"middle\" d=\"M{} {}v18\"/>", at(row.median), coordinate(y - 9));
  }
  if (row.scores.empty())
    out += fmt::format("<text x=\"{}\" y=\"{}\">every run diverged</text>", kLeft, coordinate(y + 5));
  return fmt::format("<g class=\"c0\">{}</g>", out);
}

// A line for each optimizer: every seed a ring, the quartiles a bar, the median a stroke.
std::string draw_seeds(const ComparisonPage& page) {
  const double floor = kRowHeight * static_cast<double>(page.rows.size()) + 10, height = floor + kFoot;
  std::string words, grid, rows;
  for (const ComparedRow& row : page.rows) words += row.name + ": " + row.score + ", " + row.quartiles + ". ";
  std::string out = fmt::format(
      "<svg class=\"overlay\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"seeds-title "
      "seeds-desc\"><title id=\"seeds-title\">Every run</title><desc id=\"seeds-desc\">{}</desc>",
      kWidth, height, escape(words));
  const bool any =
      std::any_of(page.rows.begin(), page.rows.end(), [](const ComparedRow& r) { return !r.scores.empty(); });
  if (!any) return out + "</svg>";
  const Axis axis = score_axis(page);
  for (const double tick : axis.ticks) {
    const std::string x = coordinate(kLeft + axis.place(tick) * (kWidth - kLeft - kRight));
    grid += fmt::format("<path class=\"grid\" d=\"M{} 6V{}\"/><text class=\"x\" x=\"{}\" y=\"{}\">{}</text>",
                        x, floor, x, floor + 20, escape(axis.label(tick) + page.unit));
  }
  for (std::size_t i = 0; i < page.rows.size(); ++i) rows += draw_row(page.rows[i], i, axis);
  return out + grid + rows +
         fmt::format("<text class=\"x\" x=\"{}\" y=\"{}\">held-out {}</text></svg>", kWidth / 2, height - 4,
                     escape(page.score_name));
}

std::string draw_curves(const ComparisonPage& page) {
  Overlay o{.id = "curves-of",
            .title = "On the way",
            .x_name = "epoch",
            .y_name = "held-out " + page.score_name,
            .y_unit = page.unit,
            .curves = {}};
  for (const ComparedRow& row : page.rows)
    o.curves.push_back({.name = row.name, .points = row.curve, .labels = {}});
  return draw(o);
}

std::string draw_rates(const ComparisonPage& page) {
  Overlay o{.id = "rates-of",
            .title = "The rates tried",
            .x_name = "learning rate",
            .y_name = "validation " + page.score_name,
            .y_unit = page.unit,
            .log_x = true,
            .curves = {}};
  for (const ComparedRow& row : page.rows) {
    if (row.rates.size() < 2) return "";
    o.curves.push_back({.name = row.name, .points = row.rates, .marked = true, .labels = {{row.chosen, ""}}});
  }
  return draw(o);
}

// A table beside that of the results, which is the one of the page that has a caption.
std::string further_table(std::string_view label, const std::vector<std::string>& head,
                          const std::vector<std::vector<std::string>>& rows) {
  std::string heads, body;
  for (const std::string& one : head) heads += "<th scope=\"col\">" + escape(one) + "</th>";
  for (const std::vector<std::string>& row : rows) {
    body += "<tr><th scope=\"row\">" + escape(row.front()) + "</th>";
    for (std::size_t i = 1; i < row.size(); ++i) body += "<td>" + escape(row[i]) + "</td>";
    body += "</tr>\n";
  }
  return fmt::format(
      "<div class=\"scroll\" role=\"group\" aria-label=\"{0}\" tabindex=\"0\"><table "
      "aria-label=\"{0}\">\n<thead><tr>{1}</tr></thead>\n<tbody>\n{2}</tbody></table></div>\n",
      escape(label), heads, body);
}

std::string results_table(const ComparisonPage& page) {
  Table made;
  made.caption =
      "Median over the seeds, with quartiles. Behind: the median of the differences to the best, seed by "
      "seed. "
      "p: Wilcoxon's signed-rank test of the pair with the best, with Holm's correction for all pairs.";
  made.head = {"Optimizer", "Held-out " + page.score_name, "Quartiles", "Behind", "p", "Standing"};
  for (const ComparedRow& row : page.rows)
    made.rows.push_back({row.name, row.score, row.quartiles, row.behind, row.p, row.standing});
  made.marked = 0;
  return table(made);
}

// What it took, and with what rate.
std::string costs_table(const ComparisonPage& page) {
  std::vector<std::string> head = {"Optimizer", "Rate", "Samples an update", "Average rank", "Held-out loss"};
  const bool target = !page.target.empty();
  if (target) head.insert(head.end(), {page.target + " reached", "Updates to it", "Seconds to it"});
  std::vector<std::vector<std::string>> rows;
  for (const ComparedRow& row : page.rows) {
    rows.push_back({row.name, row.rate, row.batch, row.rank, row.loss});
    if (target) rows.back().insert(rows.back().end(), {row.reached, row.updates, row.seconds});
  }
  return further_table("Rates and costs", head, rows);
}

std::string tables(const ComparisonPage& page) {
  std::string notes;
  for (const std::string& note : page.notes) notes += "<li>" + escape(note) + "</li>\n";
  std::string out = "<div class=\"compared\">\n" + results_table(page) + "<div class=\"further\">" +
                    costs_table(page) + "</div>\n";
  if (!notes.empty()) out += "<ul class=\"notes\">\n" + notes + "</ul>\n";
  return out + "<details class=\"further\"><summary>All pairs</summary>\n" +
         further_table("All pairs", {"Optimizer", "Against", "p", "p, corrected"}, page.pairs) +
         "</details>\n</div>\n";
}

std::string chains(const ComparisonPage& page) {
  std::string out;
  for (const ComparedRow& row : page.rows) {
    out += fmt::format("<div><dt>{}, {} samples an update</dt><dd><code>{}</code></dd></div>\n",
                       escape(row.name), escape(row.batch), escape(row.chain));
  }
  return "<dl class=\"chains\">\n" + out + "</dl>\n";
}

}  // namespace

std::string render(const ComparisonPage& page) {
  std::string body = fmt::format(
      "<style>{}{}</style>\n<header>\n<p class=\"brand\"><b>Thalweg</b><span>comparison of "
      "optimizers</span></p>\n<h1>{}</h1>\n<p class=\"sure\">{}</p>\n<p "
      "class=\"lead\">{}</p>\n</header>\n<main>\n",
      overlay_style(), kOwnStyle, escape(page.headline), escape(page.doubt), escape(page.setting));
  body += section("results", "Results", tables(page));
  std::string figures =
      figure("Every run", "A ring is one seed, the bar holds the middle half, the stroke is the median.",
             draw_seeds(page));
  figures += figure("On the way", "Median over the seeds, once an epoch.", draw_curves(page));
  if (const std::string rates = draw_rates(page); !rates.empty()) {
    figures += figure("The rates tried",
                      "On the validation part; the ring is the one that was taken. Gaps diverged.", rates);
  }
  body += section("pictures", "Pictures",
                  overlay_legend(names(page)) + "<div class=\"charts\">\n" + figures + "</div>\n");
  body += section("chains", "What was run", chains(page));
  body += "</main>\n<footer><p>One file: it opens from disk and asks nothing of anybody.</p></footer>\n";
  return document(page.headline + " \u2013 Thalweg", body);
}

}  // namespace thalweg::page
