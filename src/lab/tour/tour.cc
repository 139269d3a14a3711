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
    "the minimum. The command below each picture draws it anew, with whatever you change.";

// Shown where scripts run.
constexpr std::string_view kPlays =
    "<p class=\"lead moves\" hidden>Press Play to see them move, or drag the slider.</p>\n";

constexpr std::string_view kMeasured =
    "What is called measured was trained on small models, many seeds each: experiments/NN.toml, among the "
    "sources of Thalweg, has the claim, every number of the set-up, the rules that decided and the results; "
    "make experiments runs it again. What is counted are runs of the picture itself, by the same command "
    "with --seed.";

struct Word {
  std::string_view word, meaning;
};

constexpr Word kWords[] = {
    {"parameter", "a number that is trained: a weight, a bias; the parameters of a picture are x and y"},
    {"loss", "how wrong a model is, one number: what is made small"},
    {"sample", "one example of the data"},
    {"update", "one step of all parameters, from one gradient"},
    {"epoch", "one pass over all samples: n samples in batches of B make n / B updates"},
    {"learning rate", "what the step is multiplied by; thalweg lr-find looks for one"},
    {"seed",
     "the number that all chance comes from, noise and the order of samples; the same seed, the same run"},
    {"chain", "an optimizer as text: adam | lr(0.001) is Adam, then times a rate"},
    {"gd, sgd", "the same rule: gd has the gradient of all samples, sgd that of a few, or a noisy one"},
    {"held out",
     "samples that are not trained on, which show what a model has learnt rather than remembered; the "
     "pictures show the loss that is trained on"},
};

std::string words() {
  std::string out;
  for (const auto& [word, meaning] : kWords)
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(word), escape(meaning));
  return "<details class=\"words\"><summary>The words, and what measured means</summary>\n<dl>\n" + out +
         "</dl>\n" + fmt::format("<p>{}</p></details>\n", escape(kMeasured));
}

// The way from one idea to any other.
std::string contents() {
  std::string out;
  for (const Stop& stop : stops())
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", stop.id, escape(stop.title));
  return "<nav aria-label=\"Contents\"><ol class=\"stops\">\n" + out + "</ol></nav>\n";
}

std::string measured(const Stop& stop) {
  std::string out;
  if (stop.counted != nullptr)
    out += fmt::format("<p class=\"measured\"><b>Counted</b> {}.</p>\n", escape(stop.counted(stop)));
  if (stop.measured.empty()) return out;
  return out + fmt::format(
                   "<p class=\"measured\"><b>Measured</b> on small models: {}. "
                   "<code>experiments/{}.toml</code></p>\n",
                   escape(stop.measured), stop.experiment);
}

std::string body_of(const Stop& stop, const LandscapeView& view) {
  return fmt::format(
      "<p class=\"idea\">{}</p>\n<div class=\"formula scroll\" role=\"group\" aria-label=\"Formula\" "
      "tabindex=\"0\">{}</div>\n<p class=\"letters\">{}</p>\n<p class=\"look\">{}</p>\n{}{}{}",
      escape(stop.sentence), formula(stop.formula), escape(stop.letters), escape(stop.look), view.html,
      command("Command", command_of(stop)), measured(stop));
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
  return page::document(
      {.title = "A tour of gradient descent",
       .subject = "tour",
       .lead = page::lead(page::kLead) + std::string(page::kPlays) + page::contents() + page::words(),
       .body = body,
       .style = style,
       .scripts = {page::kLandscapeJs},
       .data = page::animations(data)});
}

}  // namespace thalweg
