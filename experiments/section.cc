#include "experiments/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/spec.h"
#include "draw/html.h"
#include "draw/number.h"

namespace thalweg::experiments {
namespace {

using page::escape;

// Colours and dashes of up to six lines, and the blocks of this page; added to the style sheet of all pages.
constexpr std::string_view kStyle = R"css(<style>
:root { --m0: #0072b2; --m1: #d55e00; --m2: #008a64; --m3: #a8438a; --m4: #5a6470; --m5: #8a6d00; }
@media screen and (prefers-color-scheme: dark) {
  :root { --m0: #56b4e9; --m1: #f0883e; --m2: #2fc79a; --m3: #e59ac6; --m4: #b8c1cb; --m5: #e3c94b; }
}
.line.m0 path { stroke: var(--m0); } .line.m1 path { stroke: var(--m1); stroke-dasharray: 9 4; }
.line.m2 path { stroke: var(--m2); stroke-dasharray: 3 4; } .line.m3 path { stroke: var(--m3); stroke-dasharray: 12 4 3 4; }
.line.m4 path { stroke: var(--m4); stroke-dasharray: 6 3; } .line.m5 path { stroke: var(--m5); stroke-dasharray: 1.5 4; }
.line.m0 circle { fill: var(--m0); } .line.m1 circle { fill: var(--m1); } .line.m2 circle { fill: var(--m2); }
.line.m3 circle { fill: var(--m3); } .line.m4 circle { fill: var(--m4); } .line.m5 circle { fill: var(--m5); }
.claim { margin: 0; max-width: 70ch; font-size: 21px; line-height: 1.4; text-wrap: pretty; }
.verdict { margin: 14px 0 0; max-width: 76ch; }
.verdict b, .outcome { white-space: nowrap; }
.source { margin: 10px 0 26px; max-width: 76ch; color: var(--soft); font-size: 14px; }
.how { margin: 10px 0 0; max-width: 76ch; font-size: 15px; }
.rules { margin: 26px 0 36px; padding: 0; max-width: 860px; list-style: none; }
.rules li { display: grid; grid-template-columns: 9em 1fr; gap: 2px 14px; padding: 8px 0;
  border-bottom: 1px solid var(--grid); }
.rules .outcome { font-weight: 600; }
.rules .outcome.holds::before { content: "\2713\00a0"; } .rules .outcome.reversed::before { content: "\2717\00a0"; }
.rules .outcome.undecided::before { content: "?\00a0"; }
.rules .test { grid-column: 2; color: var(--soft); font-size: 14px; overflow-wrap: anywhere; }
.experiment details { margin-top: 26px; } .experiment summary { cursor: pointer; padding: 4px 0; }
.experiment .scroll { margin: 12px 0 22px; } .experiment details ul { padding-left: 20px; font-size: 15px; }
.experiment th, .experiment td { display: table-cell !important; }
.overview { max-width: 860px; padding: 0; margin: 0; list-style: none; }
.overview li { display: grid; grid-template-columns: 10em 1fr; gap: 2px 16px; padding: 12px 0;
  border-bottom: 1px solid var(--grid); }
.overview b { grid-column: 2; }
.overview .verdict { grid-column: 2; margin: 0; font-size: 15px; color: var(--soft); }
a { color: var(--train); }
@media (max-width: 720px) {
  .claim { font-size: 18px; }
  .overview li, .rules li { grid-template-columns: 1fr; } .overview b, .overview .verdict, .rules .test { grid-column: 1; }
}
</style>
)css";

std::string number(double x) {
  if (std::isinf(x)) return x > 0 ? "\u221e" : "\u2212\u221e";
  return std::isnan(x) ? page::kNone : x == 0 ? "0" : page::significant(x, 3);
}

// Text whose words between backticks are code.
std::string with_code(const std::string& text) {
  std::string out;
  bool inside = false;
  for (const char c : escape(text)) {
    if (c != '`') {
      out += c;
      continue;
    }
    out += inside ? "</code>" : "<code>";
    inside = !inside;
  }
  return inside ? out + "</code>" : out;
}

std::string toml_number(double x) {
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  if (std::isnan(x)) return "nan";
  const std::string text = fmt::format("{:.6g}", x);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string toml_numbers(const std::vector<double>& numbers) {
  std::string out;
  for (const double x : numbers) out += (out.empty() ? "" : ", ") + toml_number(x);
  return "[" + out + "]";
}

const char* outcome_word(Outcome outcome) {
  return outcome == Outcome::holds ? "holds" : outcome == Outcome::reversed ? "reversed" : "undecided";
}
const char* outcome_label(Outcome outcome) {
  return outcome == Outcome::holds ? "holds" : outcome == Outcome::reversed ? "the opposite" : "not decided";
}

std::string rules_html(const std::vector<Decision>& decisions) {
  std::string out;
  for (const Decision& decision : decisions) {
    out += fmt::format(
        "<li><span class=\"outcome {}\">{}</span><span>{}</span><span class=\"test\"><code>{}</code>, margin "
        "{} "
        "({} to {})</span></li>\n",
        outcome_word(decision.outcome), outcome_label(decision.outcome), escape(decision.rule.part),
        escape(decision.rule.test), number(decision.margin.value), number(decision.margin.low),
        number(decision.margin.high));
  }
  return "<ul class=\"rules\">\n" + out + "</ul>\n";
}

double placed(double x, int x_log) {
  if (x_log == 0) return x;
  return x_log == 2 ? std::log2(x) : std::log10(x);
}

page::Chart chart_of(const Picture& picture, const std::string& id) {
  page::Chart chart;
  chart.id = id;
  chart.title = picture.title;
  chart.x_name = picture.x_log == 0   ? picture.x_name
                 : picture.x_log == 2 ? "log2 of " + picture.x_name
                                      : "log10 of " + picture.x_name;
  chart.y_name = picture.y_name;
  chart.scale = picture.scale;
  double low = INFINITY, high = -INFINITY;
  for (std::size_t i = 0; i < picture.lines.size(); ++i) {
    const Line& line = picture.lines[i];
    page::Series series{line.name, "m" + std::to_string(i % 6), page::Marker::none, {}};
    if (line.points.size() <= 20) series.marker = page::Marker::circle;
    for (const page::Point& point : line.points) {
      series.points.push_back({placed(point.x, picture.x_log), point.y});
      low = std::min(low, series.points.back().x);
      high = std::max(high, series.points.back().x);
    }
    chart.series.push_back(std::move(series));
  }
  chart.x_lo = low;
  chart.x_hi = high;
  return chart;
}

std::string pictures_html(const std::string& name, const std::vector<Picture>& pictures) {
  std::string out;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const page::Chart chart = chart_of(pictures[i], "x" + name.substr(0, 2) + "-" + std::to_string(i));
    if (!has_points(chart)) continue;
    out += fmt::format("<figure><figcaption><h3>{}</h3><p>{} by {}</p></figcaption>{}</figure>\n",
                       escape(chart.title), escape(chart.y_name), escape(chart.x_name), draw(chart));
  }
  return out.empty() ? "" : "<div class=\"charts\">\n" + out + "</div>\n";
}

std::string numbers_html(const Result& result) {
  std::string rows;
  for (const Quantity& quantity : result.findings.quantities) {
    const Median median = median_of(quantity.samples);
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{} to {}</td><td>{}</td></tr>\n",
                        escape(quantity.name), number(median.value), number(median.low), number(median.high),
                        quantity.samples.size());
  }
  std::string notes;
  for (const std::string& note : result.findings.notes) notes += "<li>" + escape(note) + "</li>\n";
  return "<div class=\"scroll\" role=\"group\" aria-label=\"Numbers\" tabindex=\"0\"><table><thead><tr><th "
         "scope=\"col\">quantity</th><th scope=\"col\">median</th><th scope=\"col\">interval</th><th "
         "scope=\"col\">seeds</th></tr></thead>\n<tbody>\n" +
         rows + "</tbody></table></div>\n" + (notes.empty() ? "" : "<ul>\n" + notes + "</ul>\n");
}

}  // namespace

std::string result_toml(const Result& result) {
  std::string out = "date = " + toml_text(result.date) + "\nmachine = " + toml_text(result.machine) +
                    "\nseconds = " + fmt::format("{:.0f}", result.seconds) +
                    "\nverdict = " + toml_text(result.verdict) + "\n";
  if (!result.findings.notes.empty()) {
    out += "notes = [";
    for (const std::string& note : result.findings.notes) out += "\n  " + toml_text(note) + ",";
    out += "\n]\n";
  }
  for (const Decision& decision : result.decisions) {
    out += "\n[[result.rule]]\ntest = " + toml_text(decision.rule.test) + "\noutcome = \"" +
           outcome_word(decision.outcome) + "\"\nmargin = " +
           toml_numbers({decision.margin.value, decision.margin.low, decision.margin.high}) + "\n";
  }
  out += "\n[result.quantities]  # median, interval, numbers of the seeds\n";
  for (const Quantity& quantity : result.findings.quantities) {
    const Median median = median_of(quantity.samples);
    out += fmt::format("{} = {{median = {}, interval = {}, seeds = {}}}\n", toml_text(quantity.name),
                       toml_number(median.value), toml_numbers({median.low, median.high}),
                       toml_numbers(quantity.samples));
  }
  return out;
}

std::string result_section(const Experiment& experiment, const Result& result) {
  const std::string body = fmt::format(
      "<div class=\"experiment\">\n<p class=\"claim\">{}</p>\n<p class=\"verdict\">Verdict: "
      "<strong>{}</strong></p>\n<p class=\"source\">{}</p>\n<p "
      "class=\"how\">{}</p>\n{}{}<details><summary>Numbers"
      "</summary>\n{}</details>\n<details><summary>Setup</summary>\n{}</details>\n<p "
      "class=\"source\">Measured on "
      "{} on {} in {}.</p>\n</div>\n",
      escape(experiment.claim), escape(summary(result.decisions)), escape(experiment.source),
      with_code(experiment.measure), rules_html(result.decisions),
      pictures_html(experiment.name, result.findings.pictures), numbers_html(result),
      page::verbatim("Setup", experiment.setup.print()), escape(result.date), escape(result.machine),
      page::duration(result.seconds));
  return page::section("experiment-" + experiment.name.substr(0, 2), experiment.name, body);
}

std::string experiments_page(const std::vector<Entry>& entries) {
  std::string overview, sections;
  for (const Entry& entry : entries) {
    const std::string id = "experiment-" + entry.name.substr(0, 2);
    const std::string name = entry.section.empty()
                                 ? escape(entry.name)
                                 : fmt::format("<a href=\"#{}\">{}</a>", id, escape(entry.name));
    const std::string more = entry.verdict == entry.summary ? "" : escape(entry.verdict);
    overview +=
        fmt::format("<li><span>{}</span><span>{}</span><b>{}</b><span class=\"verdict\">{}</span></li>\n",
                    name, escape(entry.claim), escape(entry.summary), more);
    sections += entry.section;
  }
  const std::string head =
      "<header>\n<h1>What every course says about optimizers, measured</h1>\n"
      "<p class=\"lead\">Each claim was put to rules that were written down before the run, but for "
      "those that experiments/README.md names. A rule holds when an interval that holds the median over the "
      "seeds with 95 % agrees with it.</p>\n</header>\n";
  return page::document("Claims about optimizers, measured",
                        std::string(kStyle) + head + "<main>\n" +
                            page::section("overview", "Claims and verdicts",
                                          "<ul class=\"overview\">\n" + overview + "</ul>\n") +
                            sections + "</main>\n");
}

}  // namespace thalweg::experiments
