#include <fmt/format.h>

#include <algorithm>

#include "draw/html.h"
#include "draw/number.h"
#include "landscape/picture.h"
#include "thalweg/error.h"

namespace thalweg {
namespace page {
namespace {

constexpr std::string_view kPlayer =
    "<div class=\"player\" role=\"group\" aria-label=\"Time\" hidden>"
    "<button type=\"button\" class=\"play\">Play</button>"
    "<input type=\"range\" class=\"time\" min=\"0\" max=\"{0}\" step=\"{1}\" value=\"{0}\" "
    "aria-label=\"{2}\">"
    "<output class=\"at\">{2} {0}</output>"
    "<label>Speed <select class=\"speed\"><option value=\"0.25\">\u00bc\u00d7</option><option "
    "value=\"0.5\">\u00bd\u00d7</option><option value=\"1\" selected>1\u00d7</option><option "
    "value=\"2\">2\u00d7</option><option value=\"4\">4\u00d7</option></select></label></div>\n";

std::string player(const Landscape& landscape) {
  const double last = last_time(landscape);
  if (last == 0) return "";
  return fmt::format(kPlayer, coordinate(last), landscape.by_epochs ? "any" : "1", time_name(landscape));
}

// A column of the table of paths; one with nothing in it is left out.
struct Column {
  std::string look;  // the class of its cells
  std::string head;
  std::vector<std::string> cells;
};

std::vector<Column> columns_of(const Landscape& landscape) {
  Column now{"now", "Loss now", {}}, end{"end", last_time(landscape) > 0 ? "Final loss" : "Loss", {}},
      distance{"distance", "Distance to a minimum", {}}, remark{"remark", "Remark", {}};
  for (std::size_t i = 0; i < landscape.paths.size(); ++i) {
    const SurfacePath& path = landscape.paths[i];
    const std::string loss = significant(path.losses.back(), 4);
    now.cells.push_back("<td class=\"now\">" + loss + "</td>");
    end.cells.push_back("<td class=\"end\">" + loss + "</td>");
    const std::string far = path.distances.empty() ? kNone : significant(path.distances.back(), 3);
    distance.cells.push_back("<td class=\"distance\">" + far + "</td>");
    const std::string said = path_remark(landscape, path);
    remark.cells.push_back("<td class=\"" + std::string(said.empty() ? "none" : "remark") + "\">" +
                           escape(said.empty() ? kNone : said) + "</td>");
  }
  std::vector<Column> out = {std::move(end)};
  if (last_time(landscape) > 0) out.insert(out.begin(), std::move(now));
  const auto& paths = landscape.paths;
  const auto known = [](const SurfacePath& path) { return !path.distances.empty(); };
  const auto said = [&](const SurfacePath& path) { return !path_remark(landscape, path).empty(); };
  if (std::any_of(paths.begin(), paths.end(), known)) out.push_back(std::move(distance));
  if (std::any_of(paths.begin(), paths.end(), said)) out.push_back(std::move(remark));
  return out;
}

std::string row_head(const Landscape& landscape, std::size_t i) {
  const SurfacePath& path = landscape.paths[i];
  const std::string chain = path.optimizer == path.name || path.optimizer.empty()
                                ? ""
                                : "<br><span class=\"chain\">" + escape(path.optimizer) + "</span>";
  return fmt::format(
      "<th scope=\"row\"><svg viewBox=\"0 0 46 14\" aria-hidden=\"true\">{}</svg><code>{}</code>{}</th>",
      swatch(path_series(landscape, i), 6, 7), escape(path.name), chain);
}

std::string paths_table(const Landscape& landscape) {
  if (landscape.paths.empty()) return "";
  const std::vector<Column> columns = columns_of(landscape);
  std::string head, rows;
  for (const Column& column : columns) {
    head += fmt::format("<th scope=\"col\" class=\"{}\">{}</th>", column.look, column.head);
  }
  for (std::size_t i = 0; i < landscape.paths.size(); ++i) {
    rows += "<tr>" + row_head(landscape, i);
    for (const Column& column : columns) rows += column.cells[i];
    rows += "</tr>\n";
  }
  return fmt::format(
      "<div class=\"paths scroll\" role=\"group\" aria-label=\"Paths\" tabindex=\"0\"><table "
      "class=\"paths-table\" aria-label=\"Paths\">\n<thead><tr><th scope=\"col\">Path</th>{}</tr></thead>\n"
      "<tbody>\n{}</tbody></table></div>\n",
      head, rows);
}

// What only a script can show is hidden without one.
constexpr std::string_view kSolid =
    "<div class=\"solid\" hidden><canvas tabindex=\"0\" role=\"img\" "
    "aria-label=\"The surface in three dimensions. Arrow keys turn it, plus and minus change its size, Home "
    "resets it.\"></canvas><p>"
    "<button type=\"button\" value=\"ArrowLeft\">Turn left</button>"
    "<button type=\"button\" value=\"ArrowRight\">Turn right</button>"
    "<button type=\"button\" value=\"ArrowUp\">From above</button>"
    "<button type=\"button\" value=\"ArrowDown\">From the side</button>"
    "<button type=\"button\" value=\"+\">Larger</button>"
    "<button type=\"button\" value=\"-\">Smaller</button>"
    "<button type=\"button\" value=\"Home\">Reset</button></p></div>\n"
    "<noscript><p class=\"lead\">The view in three dimensions needs JavaScript.</p></noscript>\n";

std::string contour_caption(const Landscape& landscape, const Levels& levels) {
  if (is_curve(landscape)) return landscape.minima.empty() ? "" : "Crosses mark minima.";
  std::string out = levels.log
                        ? "Levels are evenly spaced in the logarithm of the height above the least value"
                        : "Levels are evenly spaced";
  if (!landscape.minima.empty()) out += "; crosses mark minima";
  return out + ".";
}

void check(const Landscape& landscape) {
  const Surface& surface = landscape.surface;
  const bool grid =
      surface.columns >= 2 && surface.rows >= 1 && surface.values.size() == surface.columns * surface.rows;
  if (!grid) {
    throw Error(Code::usage, {"landscape", "the surface is not a grid",
                              std::to_string(surface.columns) + " x " + std::to_string(surface.rows) + ", " +
                                  std::to_string(surface.values.size()) + " values",
                              "at least 2 x 2, or one row, a value for each point", ""});
  }
  if (landscape.paths.size() > kMostPaths) {
    throw Error(Code::usage,
                {"landscape", "too many paths for one picture", std::to_string(landscape.paths.size()),
                 "at most " + std::to_string(kMostPaths), ""});
  }
  for (const SurfacePath& path : landscape.paths) {
    if (!path.points.empty() && path.losses.size() == path.points.size()) continue;
    throw Error(Code::usage,
                {"landscape", "a path without a loss for each point", "`" + path.name + "`", "", ""});
  }
}

// By epochs, too, where there are some.
std::string losses_figure(const Landscape& landscape, std::string_view id) {
  if (!has_points(losses_chart(landscape, id, false))) return "";
  const auto drawn = [&](bool by_epochs) { return draw(losses_chart(landscape, id, by_epochs)); };
  const bool both =
      std::ranges::all_of(landscape.paths, [](const SurfacePath& path) { return path.per_epoch > 0; });
  std::vector<Choice> of = {{"updates", drawn(false)}};
  if (both) of.insert(landscape.by_epochs ? of.begin() : of.end(), {"epochs", drawn(true)});
  return figure("Losses", "The same paths, in time.", choices(std::string(id) + "-across", "By", of));
}

}  // namespace

LandscapeView landscape_view(const Landscape& landscape, std::string_view id, bool surface) {
  check(landscape);
  const Levels levels = levels_of(landscape);
  const bool curve = is_curve(landscape);
  std::string pictures = figure(curve ? "Function" : "Contours", contour_caption(landscape, levels),
                                contour_svg(landscape, levels, std::string(id) + "-contour", false));
  if (last_time(landscape) > 0)
    pictures += losses_figure(landscape, id) +
                figure(rates_chart(landscape, id), "The rate that each update is multiplied by.");
  return {fmt::format("<div class=\"view\" id=\"{}\">\n{}{}{}</div>\n", id, charts(pictures),
                      player(landscape), paths_table(landscape)),
          animation_data(landscape, levels, id, surface)};
}

std::string landscape_style() {
  return std::string(kLandscapeCss.text) + std::string(kLandscapePageCss.text);
}

}  // namespace page

std::string landscape_svg(const Landscape& landscape) {
  page::check(landscape);
  return page::contour_svg(landscape, page::levels_of(landscape), "contour", true) + "\n";
}

std::string landscape_html(const Landscape& landscape, const std::string& command) {
  const page::LandscapeView view = page::landscape_view(landscape, "landscape", true);
  const bool curve = page::is_curve(landscape);
  const std::string style = page::landscape_style();
  const char* heading = page::last_time(landscape) > 0 ? "Paths" : curve ? "Function" : "Contour";
  return page::document({.title = landscape.title,
                         .subject = "loss landscape",
                         .lead = page::lead(landscape.subtitle),
                         .body = page::section("ways", heading, view.html) +
                                 page::section("third", "The surface", curve ? "" : page::kSolid) +
                                 page::made_by(command),
                         .style = style,
                         .scripts = {page::kLandscapeJs},
                         .data = page::animations({view.data})});
}

}  // namespace thalweg
