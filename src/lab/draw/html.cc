#include "draw/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "draw/script.h"

namespace thalweg::page {
namespace {

constexpr std::string_view kReplacement = "\ufffd";

// json_string() replaces what is no UTF-8; reading it back leaves the text otherwise as it was.
std::string valid_utf8(std::string_view text) {
  return nlohmann::json::parse(json_string(text)).get<std::string>();
}

std::string_view escaped(char c, std::string_view itself) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\r':
      return "";
    case '\t':
    case '\n':
      return itself;
    default:
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? kReplacement : itself;
  }
}

std::string cells(std::string_view tag, std::string_view attribute, const std::vector<std::string>& texts,
                  std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < texts.size(); ++i) {
    out += fmt::format("<{}{}>{}</{}>", tag, attribute, escape(texts[i]), tag);
  }
  return out;
}

}  // namespace

std::string escape(std::string_view text) {
  const std::string valid = valid_utf8(text);
  std::string out;
  out.reserve(valid.size());
  for (std::size_t i = 0; i < valid.size(); ++i)
    out += escaped(valid[i], std::string_view(valid).substr(i, 1));
  return out;
}

std::string tiles(const std::vector<Tile>& tiles, std::string_view look) {
  std::string out;
  for (const Tile& tile : tiles) {
    if (tile.value.empty()) continue;
    const std::string key = tile.look.empty() ? "" : fmt::format(" class=\"key {}\"", escape(tile.look));
    out += fmt::format("<div><dt{}>{}</dt><dd>{}</dd>", key, escape(tile.label), escape(tile.value));
    if (!tile.note.empty()) out += fmt::format("<dd class=\"note\">{}</dd>", escape(tile.note));
    out += "</div>\n";
  }
  return out.empty() ? "" : fmt::format("<dl class=\"{}\">\n{}</dl>\n", look, out);
}

std::string table(const Table& table) {
  std::string rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const std::vector<std::string>& row = table.rows[i];
    rows +=
        fmt::format("<tr{}><th scope=\"row\">{}</th>{}</tr>\n", i == table.marked ? " class=\"best\"" : "",
                    escape(row.front()), cells("td", "", row, 1));
  }
  return fmt::format(
      "<p class=\"caption\" id=\"{0}-caption\">{1}</p>\n"
      "<div class=\"scroll\" role=\"group\" aria-labelledby=\"{0}-caption\" tabindex=\"0\">"
      "<table "
      "aria-labelledby=\"{0}-caption\">\n<thead><tr>{2}</tr></thead>\n<tbody>\n{3}</tbody>\n</table></div>\n",
      escape(table.id), escape(table.caption), cells("th", " scope=\"col\"", table.head, 0), rows);
}

std::string section(std::string_view id, std::string_view heading, std::string_view body) {
  if (body.empty()) return "";
  return fmt::format(
      "<section id=\"{}\" aria-labelledby=\"{}-heading\">\n<h2 id=\"{}-heading\">{}</h2>\n{}</section>\n", id,
      id, id, escape(heading), body);
}

std::string verbatim(std::string_view label, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return "";
  // A new line right after <pre> is dropped by the reader, so one is written for it to drop.
  return fmt::format("<pre role=\"group\" aria-label=\"{}\" tabindex=\"0\">\n{}</pre>\n", escape(label),
                     escape(text));
}

std::string document(std::string_view title, std::string_view body, const std::vector<std::string>& scripts,
                     Reach reach) {
  std::vector<std::string> run = scripts;
  if (has_charts(body)) run.insert(run.begin(), chart_script());
  std::string elements, sources;
  for (const std::string& script : run) {
    elements += script_element(script);
    sources += " " + script_source(script);
  }
  if (!run.empty()) sources = "script-src" + sources + "; ";
  if (reach == Reach::own_server) sources += "connect-src 'self'; ";
  // The policy forbids every request, and every script but these, whatever the files of the run held; the
  // empty icon keeps browsers from asking for one.
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; {}style-src "
      "'unsafe-inline'; "
      "img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"Thalweg\">\n"
      "<title>{}</title>\n<link rel=\"icon\" "
      "href=\"data:,\">\n<style>{}</style>\n</head>\n<body>\n{}{}</body>\n</html>\n",
      sources, escape(title), style_sheet(), body, elements);
}

}  // namespace thalweg::page
