// What the doctor found: as text, as JSON, as a page.
#include <fmt/format.h>

#include "base/json.h"
#include "base/utf8.h"
#include "draw/html.h"
#include "find/trial_words.h"
#include "page/parts.h"
#include "thalweg/lab/doctor.h"

namespace thalweg {
namespace {

std::string headline(const Diagnosis& diagnosis) {
  const std::size_t n = diagnosis.findings.size();
  return n == 0 ? "No fault found" : fmt::format("{} fault{} found", n, n == 1 ? "" : "s");
}

page::Chart rates_chart(const Diagnosis& diagnosis) {
  page::Chart chart = trials_chart("rates", "The same training at other rates", diagnosis.trials);
  chart.marks = {{diagnosis.rate, "this run"}};
  return chart;
}

}  // namespace

std::string Diagnosis::text() const {
  std::string out = fmt::format("run        {}\nupdates    {}\n", visible(run), updates);
  if (findings.empty()) return out + "healthy    no fault found\n";
  for (const Finding& finding : findings) {
    out += fmt::format("\n{}\n  seen     {}\n  try      {}\n", finding.fault, shown(finding.evidence),
                       shown(finding.advice));
  }
  return out;
}

std::string Diagnosis::json() const {
  const auto found = [](const Finding& f) {
    return JsonObject().add("fault", f.fault).add("evidence", f.evidence).add("advice", f.advice).text();
  };
  return JsonObject()
      .add("schema", 1)
      .add("run", run)
      .add("updates", updates)
      .add("healthy", findings.empty())
      .raw("findings", json_list(findings, found))
      .add("notes", notes)
      .add("rate", trials.empty() ? NAN : rate)
      .raw("trials", json_list(trials, trial_json))
      .text();
}

std::string Diagnosis::html() const {
  std::string faults, noted;
  for (const Finding& f : findings) {
    faults += fmt::format("<h3>{}</h3>\n<p>{}.</p>\n<p>Advice: {}.</p>\n", page::escape(f.fault),
                          page::escape(shown(f.evidence)), page::escape(shown(f.advice)));
  }
  for (const std::string& note : notes) noted += note + "\n";
  std::string body;
  if (!faults.empty()) body += page::section("findings", "Faults", faults);
  body += page::curves_section(page::read_run(run), static_cast<double>(updates));
  if (!trials.empty()) {
    const std::string chart =
        page::figure(rates_chart(*this),
                     "Each point is a separate short training run from the initial weights of this run.");
    body += page::section("trials-made", "Other rates", page::charts(chart));
  }
  if (!noted.empty()) body += page::section("notes", "Not examined", page::verbatim("Notes", noted));
  return page::document({.title = headline(*this),
                         .subject = "diagnosis",
                         .lead = page::lead(fmt::format("{}, {} updates.", run, updates)),
                         .body = body});
}

}  // namespace thalweg
