#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace thalweg {
namespace {

constexpr std::size_t kLongestWord = 400;

// From what to what there is nothing to see: controls, separators of lines, marks of direction, fillers,
// joiners and selectors (Unicode: Cc, Zl, Zp, Default_Ignorable_Code_Point).
constexpr char32_t kHidden[][2] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},
    {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

char32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  char32_t code = byte(0) & (0x7fu >> character.size());
  for (std::size_t i = 1; i < character.size(); ++i) code = code << 6 | (byte(i) & 0x3fu);
  return code;
}

bool is_hidden(char32_t code) {
  return std::ranges::any_of(kHidden,
                             [&](const auto& range) { return code >= range[0] && code <= range[1]; });
}

bool is_kept(char32_t code, Controls kept) {
  if (kept == Controls::lines) return code == '\n' || code == '\t';
  return kept == Controls::all && (code < 0x20 || code == 0x7f);
}

std::string escaped(const char* format, char32_t code) {
  std::array<char, 8> out;
  std::snprintf(out.data(), out.size(), format, static_cast<unsigned>(code));
  return out.data();
}

std::string escaped(char32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\t') return "\\t";
  if (code == '\r') return "\\r";
  if (code < 0x10000) return escaped("\\u%04x", code);
  code -= 0x10000;
  return escaped("\\u%04x", 0xd800 + (code >> 10)) + escaped("\\u%04x", 0xdc00 + (code & 0x3ff));
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// Valid UTF-8, cut in the middle.
std::string cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  const auto characters = static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
  if (characters <= most) return std::string(text);
  const std::size_t head = most / 2, tail = characters - (most - head - 1);
  std::size_t seen = 0, head_end = 0, tail_begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!begins_character(text[i])) continue;
    if (seen == head) head_end = i;
    if (seen++ == tail) tail_begin = i;
  }
  return std::string(text.substr(0, head_end)) + "\u2026" + std::string(text.substr(tail_begin));
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const unsigned lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second >= 0xa0;
  const bool too_large = lead == 0xf4 && second >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

std::string visible(std::string_view text, Controls kept) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const std::string_view character = text.substr(i, std::max<std::size_t>(length, 1));
    const char32_t code = code_point(character);
    if (length == 0) {
      out += escaped("\\x%02x", static_cast<unsigned char>(text[i]));
    } else if (is_hidden(code) && !is_kept(code, kept)) {
      out += escaped(code);
    } else {
      out += character;
    }
    i += character.size();
  }
  return out;
}

std::string shown(std::string_view text, std::size_t most) {
  const std::string whole = visible(text);
  std::string out;
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = std::min(whole.find(' ', begin), whole.size());
    out += cut(std::string_view(whole).substr(begin, end - begin), kLongestWord);
    if (end < whole.size()) out += ' ';
    begin = end + 1;
  }
  return cut(out, most);
}

}  // namespace thalweg
