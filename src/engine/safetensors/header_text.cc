#include "safetensors/header_text.h"

#include <charconv>

#include "base/utf8.h"
#include "safetensors/header.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Passes the digits at `at`; false where there is none.
bool pass_digits(std::string_view word, std::size_t& at) {
  const std::size_t begin = at;
  while (at < word.size() && is_digit(word[at])) ++at;
  return at > begin;
}

bool is_number(std::string_view word) {
  std::size_t at = word.starts_with('-') ? 1 : 0;
  const bool zero = at < word.size() && word[at] == '0';
  const std::size_t begin = at;
  if (!pass_digits(word, at) || (zero && at - begin > 1)) return false;
  if (at < word.size() && word[at] == '.' && !pass_digits(word, ++at)) return false;
  if (at < word.size() && (word[at] == 'e' || word[at] == 'E')) {
    if (++at < word.size() && (word[at] == '+' || word[at] == '-')) ++at;
    if (!pass_digits(word, at)) return false;
  }
  return at == word.size();
}

void add_utf8(std::string& out, unsigned point) {
  const auto add = [&](unsigned byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12), add(0x80 | (point >> 6 & 0x3f));
  } else {
    add(0xf0 | point >> 18), add(0x80 | (point >> 12 & 0x3f)), add(0x80 | (point >> 6 & 0x3f));
  }
  add(0x80 | (point & 0x3f));
}

}  // namespace

char HeaderText::peek() {
  while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool HeaderText::take(char c) {
  if (peek() != c || at_ == text_.size()) return false;
  ++at_;
  return true;
}

void HeaderText::expect(char c) {
  if (!take(c)) fail();
}

void HeaderText::expect_end() {
  peek();
  if (at_ < text_.size()) fail();
}

std::string HeaderText::string() {
  expect('"');
  std::string out;
  while (at_ < text_.size() && text_[at_] != '"') {
    if (text_[at_] == '\\') {
      ++at_;
      add_escape(out);
      continue;
    }
    const std::size_t length = utf8_length(text_, at_);
    if (length == 0 || static_cast<unsigned char>(text_[at_]) < 0x20) fail();
    out += text_.substr(at_, length);
    at_ += length;
  }
  if (at_ == text_.size()) fail();
  ++at_;
  return out;
}

void HeaderText::add_escape(std::string& out) {
  if (at_ == text_.size()) fail();
  constexpr std::string_view kNames = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
  if (text_[at_] != 'u') {
    const std::size_t which = kNames.find(text_[at_]);
    if (which == kNames.npos) fail();
    out += kMeant[which];
    ++at_;
    return;
  }
  ++at_;
  unsigned point = hex4();
  if (point >= 0xd800 && point < 0xdc00) {  // the first half of a character, of which there are two
    if (text_.substr(at_, 2) != "\\u") fail();
    at_ += 2;
    const unsigned second = hex4();
    if (second < 0xdc00 || second >= 0xe000) fail();
    point = 0x10000 + ((point - 0xd800) << 10) + (second - 0xdc00);
  } else if (point >= 0xdc00 && point < 0xe000) {
    fail();
  }
  add_utf8(out, point);
}

unsigned HeaderText::hex4() {
  unsigned out = 0;
  const std::string_view digits = text_.substr(at_, 4);
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), out, 16);
  if (digits.size() < 4 || error != std::errc() || end != digits.end()) fail();
  at_ += 4;
  return out;
}

std::string_view HeaderText::word() {
  peek();
  const std::size_t begin = at_;
  while (at_ < text_.size() && std::string_view(" \t\n\r,:{}[]\"").find(text_[at_]) == std::string_view::npos)
    ++at_;
  const std::string_view word = text_.substr(begin, at_ - begin);
  if (word == "true" || word == "false" || word == "null" || is_number(word)) return word;
  at_ = begin;
  fail();
}

void HeaderText::fail() const {
  const std::string got = at_ < text_.size() ? excerpt(text_.substr(at_)) : "the end";
  throw Error(Code::data, {file_ + ", byte " + std::to_string(kLengthBytes + at_), "the header is not JSON",
                           got, "", "the file is damaged or of another format"});
}

}  // namespace thalweg
