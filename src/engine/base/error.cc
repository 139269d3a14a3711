#include "thalweg/error.h"

#include <algorithm>

#include "base/utf8.h"

namespace thalweg {
namespace {

constexpr std::size_t kWholeText = 200;  // a longer text is shown in part
constexpr std::size_t kWindow = 100;

std::string line(const Message& m) {
  std::string out = m.where.empty() ? shown(m.what) : shown(m.where) + ": " + shown(m.what);
  if (!m.got.empty()) out += "; got " + shown(m.got);
  if (!m.want.empty()) out += "; want " + shown(m.want);
  if (!m.hint.empty()) out += "; " + shown(m.hint);
  return out;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The text on one line: its own line breaks and tabs are white space of the grammar.
std::string in_one_line(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  return visible(out);
}

// Columns that a text takes on a terminal, one for each character.
std::size_t columns(const std::string& text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues_character));
}

std::string excerpt(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  std::size_t begin = 0;
  std::size_t end = text.size();
  if (text.size() > kWholeText) {
    begin = at > kWindow / 2 ? at - kWindow / 2 : 0;
    end = std::min(begin + kWindow, text.size());
    while (begin < end && continues_character(text[begin])) ++begin;
    while (end > begin && end < text.size() && continues_character(text[end])) --end;
  }
  const std::string_view part = text.substr(begin, end - begin);
  const std::string lead = begin > 0 ? "..." : "";
  const std::string tail = end < text.size() ? "..." : "";
  const std::size_t indent = 2 + lead.size() + columns(in_one_line(part.substr(0, at - begin)));
  return "\n  " + lead + in_one_line(part) + tail + "\n" + std::string(indent, ' ') + "^";
}

}  // namespace

Error::Error(Code code, const Message& message) : std::runtime_error(line(message)), code_(code) {}

Error::Error(Code code, const Message& message, std::string_view text, std::size_t at)
    : std::runtime_error(line(message) + excerpt(text, at)), code_(code) {}

}  // namespace thalweg
