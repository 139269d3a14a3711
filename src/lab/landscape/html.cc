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
    "<div class=\"player\" id=\"player\" role=\"group\" aria-label=\"Time\" hidden>"
    "<button type=\"button\" id=\"play\">Play</button>"
    "<input type=\"range\" id=\"time\" min=\"0\" max=\"{}\" step=\"1\" value=\"{}\" aria-label=\"Update\">"
    "<output id=\"at\" for=\"time\">update {}</output>"
    "<label>Speed <select id=\"speed\"><option value=\"0.25\">\u00bc\u00d7</option><option "
    "value=\"0.5\">\u00bd\u00d7</option><option value=\"1\" selected>1\u00d7</option><option "
    "value=\"2\">2\u00d7</option><option value=\"4\">4\u00d7</option></select></label></div>\n";

std::string player(std::uint64_t last) { return last == 0 ? "" : fmt::format(kPlayer, last, last, last); }

// A column of the table of paths; one with nothing in it is left out.
struct Column {
  std::string head;
  std::vector<std::string> cells;
};

std::vector<Column> columns_of(const Landscape& landscape) {
  Column now{"Loss now", {}}, end{last_update(landscape) > 0 ? "Final loss" : "Loss", {}},
      distance{"Distance to a minimum", {}}, remark{"Remark", {}};
  for (std::size_t i = 0; i < landscape.paths.size(); ++i) {
    const SurfacePath& path = landscape.paths[i];
    const std::string loss = significant(path.losses.back(), 4);
    now.cells.push_back(fmt::format("<td id=\"loss-{}\">{}</td>", i, loss));
    end.cells.push_back("<td>" + loss + "</td>");
    const std::string far = path.distances.empty() ? kNone : significant(path.distances.back(), 3);
    distance.cells.push_back("<td>" + far + "</td>");
    const std::string said = path_remark(landscape, path);
    remark.cells.push_back("<td class=\"" + std::string(said.empty() ? "none" : "remark") + "\">" +
                           escape(said.empty() ? kNone : said) + "</td>");
  }
  std::vector<Column> out = {std::move(end)};
  if (last_update(landscape) > 0) out.insert(out.begin(), std::move(now));
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
    head += fmt::format("<th scope=\"col\"{}>{}</th>", column.head == "Remark" ? " class=\"remark\"" : "",
                        column.head);
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
    "<div class=\"solid\" id=\"solid\" hidden><canvas id=\"surface\" tabindex=\"0\" role=\"img\" "
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

std::string render(const Landscape& landscape) {
  const Levels levels = levels_of(landscape);
  const std::uint64_t last = last_update(landscape);
  const bool curve = is_curve(landscape);
  std::string pictures = figure(curve ? "Function" : "Contours", contour_caption(landscape, levels),
                                contour_svg(landscape, levels, false));
  if (last > 0) pictures += figure(losses_chart(landscape), "The same paths, against updates.");
  const std::string style = std::string(kLandscapeCss.text) + std::string(kLandscapePageCss.text);
  return document({.title = landscape.title,
                   .subject = "loss landscape",
                   .lead = lead(landscape.subtitle),
                   .body = section("ways",
                                   last > 0 ? "Paths"
                                   : curve  ? "Function"
                                            : "Contour",
                                   charts(pictures) + player(last) + paths_table(landscape)) +
                           section("third", "The surface", curve ? "" : kSolid),
                   .style = style,
                   .scripts = {kLandscapeJs},
                   .data = animation_data(landscape, levels)});
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

}  // namespace
}  // namespace page

std::string landscape_svg(const Landscape& landscape) {
  page::check(landscape);
  return page::contour_svg(landscape, page::levels_of(landscape), true) + "\n";
}

std::string landscape_html(const Landscape& landscape) {
  page::check(landscape);
  return page::render(landscape);
}

}  // namespace thalweg
