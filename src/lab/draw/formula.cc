#include "draw/formula.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "draw/html.h"

namespace thalweg::page {
namespace {

using Sign = std::pair<std::string_view, std::string_view>;  // as it is written, and as it is shown

constexpr std::array<Sign, 13> kLetters = {{{"alpha", "α"},
                                            {"beta", "β"},
                                            {"gamma", "γ"},
                                            {"eps", "ε"},
                                            {"eta", "η"},
                                            {"lambda", "λ"},
                                            {"mu", "μ"},
                                            {"pi", "π"},
                                            {"rho", "ρ"},
                                            {"sigma", "σ"},
                                            {"theta", "θ"},
                                            {"grad", "∇"},
                                            {"sum", "Σ"}}};
constexpr std::array<Sign, 12> kOperators = {{{"~", "∝"},
                                              {"<-", "←"},
                                              {"<=", "≤"},
                                              {">=", "≥"},
                                              {"->", "→"},
                                              {"-", "−"},
                                              {"*", "·"},
                                              {"<", "<"},
                                              {">", ">"},
                                              {"+", "+"},
                                              {"=", "="},
                                              {",", ","}}};

std::string element(std::string_view tag, std::string_view body) {
  return "<" + std::string(tag) + ">" + std::string(body) + "</" + std::string(tag) + ">";
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// One cell of a line.
class Typesetter {
 public:
  explicit Typesetter(std::string_view text) : text_(text) {}

  std::string all() {
    std::string out = row();
    while (at_ < text_.size()) out += element("mo", escape(text_.substr(at_++, 1))) + row();
    return out;
  }

 private:
  // What is written between two operators. `bare` is the same without the brackets around it.
  struct Factor {
    std::string shown;
    std::string bare = {};

    std::string within_a_fraction() const { return element("mrow", bare.empty() ? shown : bare); }
  };

  bool sees(std::string_view part) const { return text_.substr(at_).starts_with(part); }
  void skip_blanks() {
    while (sees(" ")) ++at_;
  }
  std::string_view take(bool (*belongs)(char)) {
    const std::size_t from = at_;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }

  // Products and the operators between them, up to a closing bracket.
  std::string row() {
    std::string out;
    for (skip_blanks(); at_ < text_.size() && text_[at_] != ')'; skip_blanks()) {
      const auto found = std::ranges::find_if(kOperators, [&](const Sign& sign) { return sees(sign.first); });
      if (found == kOperators.end()) {
        out += product();
      } else {
        at_ += found->first.size();
        out += element("mo", escape(found->second));
      }
    }
    return out;
  }

  std::string product() {
    std::vector<Factor> factors;
    for (skip_blanks(); at_ < text_.size(); skip_blanks()) {
      if (sees("/")) {
        ++at_;
        skip_blanks();
        factors = {{fraction(factors, factor())}};
        continue;
      }
      const bool ends = std::ranges::any_of(kOperators, [&](const Sign& sign) { return sees(sign.first); });
      if (ends || text_[at_] == ')') break;
      factors.push_back(factor());
    }
    std::string out;
    for (const Factor& one : factors) out += one.shown;
    return out;
  }

  static std::string fraction(const std::vector<Factor>& over, const Factor& under) {
    std::string top;
    for (const Factor& one : over) top += over.size() == 1 && !one.bare.empty() ? one.bare : one.shown;
    return element("mfrac", element("mrow", top) + under.within_a_fraction());
  }

  // With its index and power.
  Factor factor() {
    Factor base = atom();
    std::string index, power;
    while (sees("_") || sees("^")) {
      const bool above = text_[at_++] == '^';
      (above ? power : index) = atom().within_a_fraction();
    }
    if (!index.empty() && !power.empty()) return {element("msubsup", base.shown + index + power)};
    if (!index.empty()) return {element("msub", base.shown + index)};
    return power.empty() ? base : Factor{element("msup", base.shown + power)};
  }

  Factor atom() {
    if (at_ >= text_.size()) return {};
    const char c = text_[at_];
    if (c == '(') return brackets();
    if (c == '"') {
      const std::size_t end = std::min(text_.find('"', ++at_), text_.size());
      const std::string words = escape(text_.substr(at_, end - at_));
      at_ = std::min(end + 1, text_.size());
      return {element("mtext", "\u00a0" + words + "\u00a0")};
    }
    if (is_digit(c)) return {element("mn", take([](char d) { return is_digit(d) || d == '.'; }))};
    if (is_letter(c)) return name();
    ++at_;
    return {element("mo", escape(text_.substr(at_ - 1, 1)))};
  }

  Factor brackets() {
    ++at_;
    const std::string inner = row();
    if (sees(")")) ++at_;
    // Brackets are as high as a line of letters unless a fraction stands in them.
    const std::string mo = inner.find("<mfrac>") == inner.npos ? "<mo stretchy=\"false\">" : "<mo>";
    return {element("mrow", mo + "(</mo>" + inner + mo + ")</mo>"), inner};
  }

  Factor name() {
    const std::string_view word = take(is_letter);
    if (word == "sqrt" && sees("(")) return {element("msqrt", brackets().bare)};
    if (word == "hat" && sees("("))
      return {element("mover", element("mrow", brackets().bare) + "<mo>^</mo>")};
    const auto found = std::ranges::find(kLetters, word, &Sign::first);
    const std::string letter = element("mi", found == kLetters.end() ? word : found->second);
    if (at_ >= text_.size() || !is_digit(text_[at_])) return {letter};
    return {element("msub", letter + element("mn", take(is_digit)))};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Cells that two or more spaces part.
std::string line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("  "), text.size());
    out += element("mtd", Typesetter(text.substr(0, end)).all());
    text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
  }
  return element("mtr", out);
}

}  // namespace

std::string formula(std::string_view text) {
  std::string rows;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) rows += line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return "<math display=\"block\"><mtable displaystyle=\"true\">" + rows + "</mtable></math>\n";
}

}  // namespace thalweg::page
