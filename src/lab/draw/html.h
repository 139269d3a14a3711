// The HTML around the charts: escaping, blocks and the whole page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/asset.h"

namespace thalweg::page {

// For text and quoted attributes. Bytes that are not UTF-8, and control characters other than tab and new
// line, become U+FFFD: the result is valid in any document whatever comes in.
std::string escape(std::string_view text);

struct Tile {
  std::string label;
  std::string value;  // a tile without a value is left out
  std::string note;   // smaller, below; may be empty
  std::string look;   // the class of its key mark; may be empty
};

// A description list; `look` is its class. Empty when no tile has a value.
std::string tiles(const std::vector<Tile>& tiles, std::string_view look);

struct Table {
  std::string caption;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;  // the first cell of a row heads it
  std::size_t marked = SIZE_MAX;               // a row to set apart
  std::string id = "table";                    // unique in the page: a word
};

std::string table(const Table& table);

// A section with a heading of level 2; `id` is a word, `body` is HTML. Empty when the body is.
std::string section(std::string_view id, std::string_view heading, std::string_view body);

// Text as it stands, in a box that scrolls; `label` names the box. Empty when the text is.
std::string verbatim(std::string_view label, std::string_view text);

// A command line as a shell takes it, in a box of its own; it may be broken between words alone.
std::string command(std::string_view label, std::string_view text);

// The section at the foot of a page that says by which command it was made. Empty when the text is.
std::string made_by(std::string_view command);

// A drawing with its title and a caption. Empty when the drawing is.
std::string figure(std::string_view title, std::string_view caption, std::string_view drawing);

// One of several parts, chosen by its name: the first one at first. Works without scripts. `id` is a word,
// unique in the page, `label` says what is chosen. A single part stands as it is; at most kMostChoices.
struct Choice {
  std::string name;  // text
  std::string body;  // HTML
};
inline constexpr std::size_t kMostChoices = 4;
std::string choices(std::string_view id, std::string_view label, const std::vector<Choice>& of);

// Figures side by side. Empty when there is none.
std::string charts(std::string_view figures);

enum class Reach {
  nothing,     // the page asks nothing of anybody
  own_server,  // it may ask the server that it came from
};

struct Page {
  std::string title;            // of the window, before " - Thalweg"; text
  std::string subject;          // what the page is of, beside the mark: "training run a"; text
  std::string heading = {};     // text; empty: the title
  std::string lead = {};        // below the heading; HTML
  std::string body = {};        // HTML
  std::string_view style = {};  // what it has besides the style sheet of all pages
  std::vector<Asset> scripts = {};
  std::string data = {};  // a block of JSON with the id "data" for the scripts; may be empty
  Reach reach = Reach::nothing;
};

// The whole document. A body with charts gets the script of charts, and `scripts` run after it, at the end of
// the page: no other script does, wherever it stands.
std::string document(const Page& page);

// A paragraph below the heading of a page; `text` is text.
std::string lead(std::string_view text);

extern const Asset kPageCss;

}  // namespace thalweg::page
