#include "experiments/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/spec.h"
#include "draw/chart.h"
#include "draw/html.h"
#include "draw/number.h"

namespace thalweg {

namespace page {
extern const Asset kExperimentsCss;
}

namespace experiments {
namespace {

using page::escape;

constexpr std::size_t kMostMarked = 20;  // points of a line

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

page::Chart chart_of(const Picture& picture, const std::string& id) {
  page::Chart chart{.id = id, .title = picture.title, .x_name = picture.x_name, .y_name = picture.y_name};
  chart.across = picture.x_log ? page::Across::log : page::Across::whole;
  chart.scale = picture.scale;
  for (std::size_t i = 0; i < picture.lines.size(); ++i) {
    const Line& line = picture.lines[i];
    const page::Marker marker = line.points.size() <= kMostMarked ? page::marker_of(i) : page::Marker::none;
    chart.series.push_back(
        {.name = line.name, .look = page::look_of(i), .marker = marker, .points = line.points});
  }
  return chart;
}

std::string pictures_html(const std::string& name, const std::vector<Picture>& pictures) {
  std::string out;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const page::Chart chart = chart_of(pictures[i], "x" + name.substr(0, 2) + "-" + std::to_string(i));
    out += page::figure(chart, chart.y_name + " by " + chart.x_name);
  }
  return page::charts(out);
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
  return page::document(
      {.title = "Claims about optimizers, measured",
       .subject = "experiments",
       .heading = "What every course says about optimizers, measured",
       .lead = page::lead(
           "Each claim was put to rules that were written down before the run, except for those that "
           "experiments/README.md names. A rule holds when a 95 % interval of the median over the seeds "
           "agrees with it."),
       .body = page::section("overview", "Claims and verdicts",
                             "<ul class=\"overview\">\n" + overview + "</ul>\n") +
               sections,
       .style = page::kExperimentsCss.text});
}

}  // namespace experiments
}  // namespace thalweg
