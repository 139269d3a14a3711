// The page of the tour.
#include "thalweg/lab/tour.h"

#include <fmt/format.h>

#include "draw/formula.h"
#include "draw/html.h"
#include "landscape/picture.h"
#include "tour/stops.h"

namespace thalweg {
namespace page {

extern const Asset kTourCss;

namespace {

constexpr std::string_view kLead =
    "How a model learns, in pictures: each is a landscape of the loss, seen from above, with the "
    "ways of optimizers down it. The stronger the shade, the higher; a dot is an update, a cross "
    "the minimum. Press Play to see them move, or drag the slider; the command below each picture "
    "draws it anew, with whatever you change.";

// The way from one idea to any other.
std::string contents() {
  std::string out;
  for (const Stop& stop : stops())
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", stop.id, escape(stop.title));
  return "<nav aria-label=\"Contents\"><ol class=\"stops\">\n" + out + "</ol></nav>\n";
}

std::string measured(const Stop& stop) {
  if (stop.measured.empty()) return "";
  return fmt::format(
      "<p class=\"measured\"><b>Measured</b> on small models: {}. <code>experiments/{}.toml</code></p>\n",
      escape(stop.measured), stop.experiment);
}

std::string body_of(const Stop& stop, const LandscapeView& view) {
  return fmt::format(
      "<p class=\"idea\">{}</p>\n<div class=\"formula scroll\" role=\"group\" aria-label=\"Formula\" "
      "tabindex=\"0\">{}</div>\n<p class=\"letters\">{}</p>\n<p class=\"look\">{}</p>\n{}<pre role=\"group\" "
      "aria-label=\"Command\" tabindex=\"0\">\n{}</pre>\n{}",
      escape(stop.sentence), formula(stop.formula), escape(stop.letters), escape(stop.look), view.html,
      escape(command_of(stop)), measured(stop));
}

}  // namespace
}  // namespace page

std::vector<TourStop> tour_stops() {
  std::vector<TourStop> out;
  for (const Stop& stop : stops())
    out.push_back({std::string(stop.title), std::string(stop.sentence), command_of(stop)});
  return out;
}

std::string tour_html() {
  std::string body;
  std::vector<std::string> data;
  for (const Stop& stop : stops()) {
    const page::LandscapeView view =
        page::landscape_view(landscape_of(stop), std::string(stop.id) + "-view", false);
    body +=
        page::section(stop.id, fmt::format("{}. {}", data.size() + 1, stop.title), page::body_of(stop, view));
    data.push_back(view.data);
  }
  const std::string style = page::landscape_style() + std::string(page::kTourCss.text);
  return page::document({.title = "A tour of gradient descent",
                         .subject = "tour",
                         .lead = page::lead(page::kLead) + page::contents(),
                         .body = body,
                         .style = style,
                         .scripts = {page::kLandscapeJs},
                         .data = page::animations(data)});
}

}  // namespace thalweg
