// Texts with ranges in them: "adamw(lr=log(1e-5, 1e-1), decay=log(1e-4, 1))".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

// What was drawn for one range.
struct Drawn {
  std::string name;   // where it stands: "adamw.lr", "dense", "dense#2"
  std::string value;  // as text
  double number = 0;  // NaN where it is none
  bool log = false;   // drawn evenly in the logarithm
};

struct DrawnText {
  std::string text;
  std::vector<Drawn> values;
};

// A text of the one grammar (text.h) in which a value, or an item of a chain, may be a range:
//
//   log(a, b)            a number of [a, b), evenly in the logarithm; 0 < a < b
//   uniform(a, b)        a number of [a, b), evenly; a < b
//   whole(a, b)          a whole number of a, ..., b, each as often; a <= b
//   choice(x, y, ...)    one of them: words, numbers or texts, which may hold ranges again
//
// No schedule, transform, layer or loss has one of these names - `linear` is a schedule and never a range -
// so a text means the same with and without ranges elsewhere. Drawn numbers have four significant digits.
class Template {
 public:
  // `where` says in errors what the text is. A text without ranges is kept as it is, whatever it says.
  // Throws Error(usage) with a caret for a range that is none.
  Template(std::string_view where, std::string_view text);

  bool has_ranges() const { return ranges_ > 0; }
  const std::string& text() const { return text_; }

  // The text with everything drawn, a function of (seed, trial) and the place alone.
  DrawnText draw(std::uint64_t seed, std::uint64_t trial) const;

 private:
  std::string where_;
  std::string text_;
  std::size_t ranges_ = 0;
};

}  // namespace thalweg
