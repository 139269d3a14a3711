#include "thalweg/error.h"

#include <algorithm>

namespace thalweg {
namespace {

constexpr std::size_t kWholeText = 200;  // a longer text is shown in part
constexpr std::size_t kWindow = 100;

// Control characters would break the promise of one line, or move the caret.
std::string visible(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::string line(const Message& m) {
  std::string out = m.where.empty() ? m.what : m.where + ": " + m.what;
  if (!m.got.empty()) out += "; got " + m.got;
  if (!m.want.empty()) out += "; want " + m.want;
  if (!m.hint.empty()) out += "; " + m.hint;
  return visible(out);
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Columns that the first `bytes` of a UTF-8 text take on a terminal, one for each character.
std::size_t columns(std::string_view text, std::size_t bytes) {
  const std::string_view head = text.substr(0, bytes);
  return static_cast<std::size_t>(
      std::count_if(head.begin(), head.end(), [](char c) { return !continues_character(c); }));
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
  const std::size_t indent = 2 + lead.size() + columns(part, at - begin);
  return "\n  " + lead + visible(part) + tail + "\n" + std::string(indent, ' ') + "^";
}

}  // namespace

Error::Error(Code code, const Message& message) : std::runtime_error(line(message)), code_(code) {}

Error::Error(Code code, const Message& message, std::string_view text, std::size_t at)
    : std::runtime_error(line(message) + excerpt(text, at)), code_(code) {}

}  // namespace thalweg
