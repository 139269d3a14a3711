#include "draw/labels.h"

#include <algorithm>
#include <functional>

#include "base/utf8.h"

namespace thalweg::page {
namespace {

constexpr std::string_view kGap = "\u2026";
constexpr std::size_t kLeast = 3;  // bytes that a gap stands for

// Where a text may be cut: coarse ones are the ends of parts and words, fine ones of arguments too.
constexpr std::string_view kCoarse = " |;/", kFine = " |;/(),=[]";

// Bytes that all begin with, up to the last cut.
std::size_t begin_of(const std::vector<std::string>& texts, std::string_view cuts) {
  std::size_t same = texts.front().size();
  for (const std::string& text : texts) {
    const auto [a, b] = std::ranges::mismatch(texts.front(), text);
    same = std::min(same, static_cast<std::size_t>(a - texts.front().begin()));
  }
  while (same > 0 && cuts.find(texts.front()[same - 1]) == cuts.npos) --same;
  return same;
}

// Bytes that all end with behind `begin`, from the first cut.
std::size_t end_of(const std::vector<std::string>& texts, std::size_t begin, std::string_view cuts) {
  std::size_t same = texts.front().size() - begin;
  for (const std::string& text : texts) {
    const std::string_view a = std::string_view(texts.front()).substr(begin),
                           b = std::string_view(text).substr(begin);
    std::size_t n = 0;
    while (n < std::min(a.size(), b.size()) && a[a.size() - 1 - n] == b[b.size() - 1 - n]) ++n;
    same = std::min(same, n);
  }
  const std::string& first = texts.front();
  while (same > 0 && cuts.find(first[first.size() - same]) == cuts.npos) --same;
  return same;
}

// What is not worth a gap.
std::size_t worth(std::size_t bytes) { return bytes < kLeast ? 0 : bytes; }

}  // namespace

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::vector<std::string> told_apart(const std::vector<std::string>& texts, std::size_t most) {
  std::vector<std::string> out;
  for (const std::string& text : texts) out.push_back(shown(text));
  const std::vector<std::string> whole = out;
  const auto fits = [&](const std::string& text) { return characters(text) <= most; };
  for (const std::string_view cuts : {kCoarse, kFine}) {
    if (std::ranges::all_of(out, fits) ||
        std::ranges::adjacent_find(whole, std::not_equal_to{}) == whole.end())
      break;
    const std::size_t begin = worth(begin_of(whole, cuts)), end = worth(end_of(whole, begin, cuts));
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (fits(whole[i])) continue;
      std::string middle = whole[i].substr(begin, whole[i].size() - begin - end);
      // Blanks and bars at the ends tell nothing.
      middle.erase(0, std::min(middle.find_first_not_of(" |"), middle.size()));
      middle.erase(middle.find_last_not_of(" |") + 1);
      if (begin > 0) middle = std::string(kGap) + middle;
      out[i] = middle + (end > 0 ? std::string(kGap) : "");
    }
  }
  for (std::string& text : out) text = shown(text, most);
  return out;
}

}  // namespace thalweg::page
