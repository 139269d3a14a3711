#include "draw/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"
#include "base/utf8.h"
#include "draw/base64.h"
#include "draw/chart.h"

namespace thalweg::page {
namespace {

constexpr std::string_view kReplacement = "\ufffd";
constexpr std::size_t kLongestCell = 200;

// json_string() replaces what is not UTF-8; reading it back leaves the text otherwise as it was.
std::string valid_utf8(std::string_view text) {
  return nlohmann::json::parse(json_string(text)).get<std::string>();
}

std::string_view escaped(char c, std::string_view itself) {
  static constexpr std::pair<char, std::string_view> kEscapes[] = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}, {'\r', ""}};
  for (const auto& [character, instead] : kEscapes) {
    if (c == character) return instead;
  }
  const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  return control && c != '\t' && c != '\n' ? kReplacement : itself;
}

// A valley in three lines, and the way along its bottom. The policy forbids every request, and every script
// but these, whatever the files of the run held; the empty icon keeps browsers from asking for one.
constexpr const char* kDocument = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; {}style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Thalweg">
<title>{} – Thalweg</title>
<link rel="icon" href="data:,">
<style>{}{}{}</style>
</head>
<body>
<header>
<p class="brand"><svg viewBox="0 0 30 20" aria-hidden="true"><path class="valley" d="M2 2C7 2 9 15 15 15S23 2 28 2"/><path class="course" d="M4.5 3C8 5 9.5 15 15 15"/></svg><b>Thalweg</b><span>{}</span></p>
<h1>{}</h1>
{}</header>
<main>
{}</main>
<footer><p>{}</p></footer>
{}{}</body>
</html>
)";

constexpr std::string_view kFoot =
    "This page is a single file: it opens from disk and makes no network requests.";
constexpr std::string_view kLiveFoot = "This page refreshes itself while its server is running.";

// A large heading is broken neither inside "held-out" nor before the sign of a percentage.
std::string heading(std::string_view title) {
  static constexpr std::string_view kWord = "eld-out";
  std::string text = escape(title);
  for (std::size_t sign = 0; (sign = text.find(" %", sign)) != std::string::npos;)
    text.replace(sign, 1, "\u00a0");
  const std::size_t at = text.find(kWord);
  if (at == std::string::npos || at == 0) return text;
  return text.replace(at - 1, kWord.size() + 1,
                      "<span class=\"whole\">" + text.substr(at - 1, kWord.size() + 1) + "</span>");
}

// "</script" in a text of the data would end the element.
std::string script_safe(std::string json) {
  for (std::size_t at = 0; (at = json.find('<', at)) != std::string::npos;) json.replace(at, 1, "\\u003c");
  return json;
}

std::string bytes_of(std::string_view hexadecimal) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hexadecimal.substr(i, 2)), nullptr, 16));
  return out;
}

std::string cells(std::string_view tag, std::string_view attribute, const std::vector<std::string>& texts,
                  std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < texts.size(); ++i) {
    out += fmt::format("<{}{}>{}</{}>", tag, attribute, escape(shown(texts[i], kLongestCell)), tag);
  }
  return out;
}

}  // namespace

std::string escape(std::string_view text) {
  const std::string valid = visible(valid_utf8(text), Controls::all);
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
    out += fmt::format("<div><dt{}>{}</dt><dd>{}</dd>", key, escape(shown(tile.label)),
                       escape(shown(tile.value)));
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
                    escape(shown(row.front(), kLongestCell)), cells("td", "", row, 1));
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

std::string command(std::string_view label, std::string_view text) {
  std::string words = escape(text);
  for (std::size_t at = 0; (at = words.find(" --", at)) != std::string::npos;) {
    const std::size_t end = std::min(words.find_first_of(" \n", at + 1), words.size());
    const std::string flag = "<span class=\"whole\">" + words.substr(at + 1, end - at - 1) + "</span>";
    words.replace(at + 1, end - at - 1, flag);
    at += 1 + flag.size();
  }
  return fmt::format("<pre class=\"command\" role=\"group\" aria-label=\"{}\" tabindex=\"0\">\n{}</pre>\n",
                     escape(label), words);
}

std::string made_by(std::string_view made) {
  return made.empty() ? "" : section("made", "How this page was made", command("Command", made));
}

std::string figure(std::string_view title, std::string_view caption, std::string_view drawing) {
  if (drawing.empty()) return "";
  return fmt::format("<figure><figcaption><h3>{}</h3><p>{}</p></figcaption>\n{}</figure>\n", escape(title),
                     escape(caption), drawing);
}

// The style sheet shows the part of the button that is pressed: the n-th one for the n-th.
std::string choices(std::string_view id, std::string_view label, const std::vector<Choice>& of) {
  if (of.size() < 2) return of.empty() ? "" : of.front().body;
  std::string buttons, parts;
  for (std::size_t i = 0; i < of.size(); ++i) {
    buttons += fmt::format(
        "<input type=\"radio\" name=\"{0}\" id=\"{0}-{1}\"{2}><label for=\"{0}-{1}\">{3}</label>\n", id, i,
        i == 0 ? " checked" : "", escape(of[i].name));
    parts += "<div class=\"choice\">\n" + of[i].body + "</div>\n";
  }
  return fmt::format(
      "<div class=\"choices\" role=\"group\" aria-label=\"{0}\">\n<span>{0}</span>\n{1}{2}</div>\n",
      escape(label), buttons, parts);
}

std::string charts(std::string_view figures) {
  return figures.empty() ? "" : fmt::format("<div class=\"charts\">\n{}</div>\n", figures);
}

std::string lead(std::string_view text) {
  return text.empty() ? "" : "<p class=\"lead\">" + escape(text) + "</p>\n";
}

std::string document(const Page& page) {
  std::vector<Asset> run = page.scripts;
  if (has_charts(page.body)) run.insert(run.begin(), kChartJs);
  std::string elements, sources;
  for (const Asset& script : run) {
    elements += fmt::format("<script>{}</script>\n", script.text);
    sources += fmt::format(" 'sha256-{}'", base64(bytes_of(script.sha256)));
  }
  if (!run.empty()) sources = "script-src" + sources + "; ";
  const bool live = page.reach == Reach::own_server;
  if (live) sources += "connect-src 'self'; ";
  const std::string data = page.data.empty() ? ""
                                             : "<script type=\"application/json\" id=\"data\">" +
                                                   script_safe(page.data) + "</script>\n";
  return fmt::format(kDocument, sources, escape(shown(page.title)), kChartCss.text, kPageCss.text, page.style,
                     escape(shown(page.subject)),
                     heading(shown(page.heading.empty() ? page.title : page.heading)), page.lead, page.body,
                     live ? kLiveFoot : kFoot, data, elements);
}

}  // namespace thalweg::page
