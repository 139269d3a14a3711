#include "problems/expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/did_you_mean.h"
#include "base/spec.h"
#include "problems/dual.h"
#include "thalweg/error.h"

namespace thalweg {

using formula::abs, formula::cos, formula::exp, formula::log, formula::sin, formula::sqrt;
using formula::Dual;

struct Operation {
  std::string_view name;
  double (*value)(double a, double b);
  Dual (*dual)(Dual a, Dual b);

  // Of the result by one operand.
  double slope_by_a(double a, double b) const { return dual({a, 1}, {b, 0}).slope; }
  double slope_by_b(double a, double b) const { return dual({a, 0}, {b, 1}).slope; }
};

namespace {

using Step = Expression::Step;

// An operand that does not vary counts for nothing, whatever the slope by it.
Dual power(Dual a, Dual b) {
  const double result = std::pow(a.value, b.value);
  double slope = 0;
  if (a.slope != 0 && b.value != 0) {
    const double by_base = b.value * std::pow(a.value, b.value - 1);
    if (a.value != 0 || std::isfinite(by_base)) slope = a.slope * by_base;
  }
  if (b.slope != 0 && result != 0) slope += b.slope * result * std::log(a.value);
  return {result, slope};
}
double power(double a, double b) { return std::pow(a, b); }

// A formula of one or two operands, for double and for Dual.
template <class F>
constexpr Operation operation(std::string_view name, F) {
  return {name, [](double a, double b) { return F()(a, b); }, [](Dual a, Dual b) { return F()(a, b); }};
}

constexpr Operation kAdd = operation("+", [](auto a, auto b) { return a + b; });
constexpr Operation kSubtract = operation("-", [](auto a, auto b) { return a - b; });
constexpr Operation kMultiply = operation("*", [](auto a, auto b) { return a * b; });
constexpr Operation kDivide = operation("/", [](auto a, auto b) { return a / b; });
constexpr Operation kPower = operation("^", [](auto a, auto b) { return power(a, b); });
constexpr Operation kNegate = operation("-", [](auto a, auto) { return -a; });

constexpr std::array kFunctions = {
    operation("sin", [](auto a, auto) { return sin(a); }),
    operation("cos", [](auto a, auto) { return cos(a); }),
    operation("exp", [](auto a, auto) { return exp(a); }),
    operation("log", [](auto a, auto) { return log(a); }),
    operation("sqrt", [](auto a, auto) { return sqrt(a); }),
    operation("abs", [](auto a, auto) { return abs(a); }),
};

struct Leaf {
  std::string_view name;
  int variable;
  double number;
};

constexpr std::array kLeaves = {Leaf{"x", 0, 0}, Leaf{"y", 1, 0}, Leaf{"pi", -1, std::numbers::pi},
                                Leaf{"e", -1, std::numbers::e}};

template <class Named>
const typename Named::value_type* named(const Named& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &Named::value_type::name);
  return found == all.end() ? nullptr : &*found;
}

// 3 of "x3"; nothing for what is no such variable.
std::optional<std::size_t> number_of(std::string_view word) {
  if (word.size() < 2 || word[0] != 'x' || word[1] == '0') return std::nullopt;
  return read_exactly<std::size_t>(word.substr(1));
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string_view word_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && (is_letter(text[end]) || (end > at && is_digit(text[end])))) ++end;
  return text.substr(at, end - at);
}

class FormulaParser {
 public:
  explicit FormulaParser(const Source& source) : source_(source), text_(source.text) {}

  std::vector<Step> run() {
    sum();
    if (at_ < text_.size()) fail_behind_operand();
    return std::move(steps_);
  }

  std::vector<std::string> variables() const {
    if (most_ == 0)
      return uses_x_ && !uses_y_ ? std::vector<std::string>{"x"} : std::vector<std::string>{"x", "y"};
    std::vector<std::string> out;
    for (std::size_t i = 1; i <= most_; ++i) out.push_back("x" + std::to_string(i));
    return out;
  }

 private:
  struct Depth {
    explicit Depth(FormulaParser& parser) : depth(parser.depth_) {
      if (++depth > kMaxNesting + 1) {  // what stands in no bracket is the first
        parser.fail("too deeply nested", "more than " + std::to_string(kMaxNesting),
                    "at most " + std::to_string(kMaxNesting));
      }
    }
    ~Depth() { --depth; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    int& depth;
  };

  struct Infix {
    char sign;
    const Operation* operation;
  };
  static constexpr Infix kSums[] = {{'+', &kAdd}, {'-', &kSubtract}};
  static constexpr Infix kProducts[] = {{'*', &kMultiply}, {'/', &kDivide}};

  std::size_t sum() { return left_to_right(kSums, &FormulaParser::product); }
  std::size_t product() { return left_to_right(kProducts, &FormulaParser::signed_power); }

  std::size_t left_to_right(std::span<const Infix> infixes, std::size_t (FormulaParser::*operand)()) {
    std::size_t left = (this->*operand)();
    while (true) {
      const auto infix = std::ranges::find_if(infixes, [&](const Infix& one) { return take(one.sign); });
      if (infix == infixes.end()) return left;
      left = push(*infix->operation, left, (this->*operand)());
    }
  }

  std::size_t signed_power() {
    const Depth depth(*this);
    if (take('+')) return signed_power();
    if (take('-')) {
      const std::size_t a = signed_power();
      return push(kNegate, a, a);
    }
    const std::size_t base = atom();
    return take('^') ? push(kPower, base, signed_power()) : base;
  }

  std::size_t atom() {
    skip_space();
    if (at_ == text_.size()) fail("the formula ends too early", "the end", kOperand);
    if (take('(')) return bracket();
    if (is_digit(text_[at_]) || text_[at_] == '.') return number();
    if (at_ > 0 && text_.substr(at_ - 1).starts_with("**")) {
      fail("unexpected character", "`**`", "a factor", "a power is written x^2");
    }
    const std::string_view word = word_at(text_, at_);
    if (word.empty()) fail("unexpected character", here(), kOperand);
    return named_atom(word);
  }

  std::size_t bracket() {
    const std::size_t inside = sum();
    if (!take(')')) {
      if (at_ == text_.size()) fail("a bracket is not closed", "the end", "`)`");
      fail_behind_operand();
    }
    return inside;
  }

  std::size_t named_atom(std::string_view word) {
    if (const auto n = number_of(word)) return numbered(word, *n);
    if (const Leaf* leaf = named(kLeaves, word)) {
      if (leaf->variable >= 0 && most_ > 0) fail_mixed(word);
      at_ += word.size();
      (leaf->variable == 0 ? uses_x_ : uses_y_) |= leaf->variable >= 0;
      return leaf->variable < 0 ? constant(leaf->number) : variable(leaf->variable);
    }
    const Operation* function = named(kFunctions, word);
    if (function == nullptr) {
      const Message unknown = unknown_name("unknown name", word, {"one of", "", names()});
      fail(unknown.what, unknown.got, unknown.want, unknown.hint);
    }
    at_ += word.size();
    if (!take('(')) fail("a function needs brackets", here(), "`(` after `" + std::string(word) + "`");
    const std::size_t a = bracket();
    return push(*function, a, a);
  }

  std::size_t numbered(std::string_view word, std::size_t n) {
    if (uses_x_ || uses_y_) fail_mixed(word);
    if (n > Expression::kMostVariables) {
      fail("too many variables", "`" + std::string(word) + "`",
           "x1 to x" + std::to_string(Expression::kMostVariables));
    }
    at_ += word.size();
    most_ = std::max(most_, n);
    return variable(static_cast<int>(n - 1));
  }

  std::size_t number() {
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error == std::errc::result_out_of_range) fail("number out of range", here(), "a double");
    if (error != std::errc()) fail("not a number", here(), kOperand);
    at_ += static_cast<std::size_t>(end - begin);
    return constant(value);
  }

  std::size_t constant(double number) {
    steps_.push_back({.number = number});
    return steps_.size() - 1;
  }
  std::size_t variable(int which) {
    steps_.push_back({.variable = which, .varies = true});
    return steps_.size() - 1;
  }
  std::size_t push(const Operation& operation, std::size_t a, std::size_t b) {
    steps_.push_back(
        {.operation = &operation, .a = a, .b = b, .varies = steps_[a].varies || steps_[b].varies});
    return steps_.size() - 1;
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  // White space before the character goes too.
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  static std::vector<std::string_view> names() {
    std::vector<std::string_view> out;
    for (const Leaf& leaf : kLeaves) out.push_back(leaf.name);
    for (const Operation& function : kFunctions) out.push_back(function.name);
    return out;
  }

  // The word or the whole character that stands here.
  std::string here() const {
    if (at_ >= text_.size()) return "the end";
    std::string_view word = word_at(text_, at_);
    if (word.empty()) {
      std::size_t end = at_ + 1;
      while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0) == 0x80) ++end;
      word = text_.substr(at_, end - at_);
    }
    return "`" + std::string(word) + "`";
  }

  [[noreturn]] void fail_mixed(std::string_view word) const {
    fail("variables of two kinds", "`" + std::string(word) + "`", "x and y, or x1, x2, ...");
  }

  [[noreturn]] void fail_behind_operand() const {
    const char c = text_[at_];
    const bool operand = is_letter(c) || is_digit(c) || c == '.' || c == '(';
    fail("unexpected character", here(), "+, -, *, /, ^ or the end",
         operand ? "a product is written 2*x" : "");
  }

  [[noreturn]] void fail(std::string what, std::string got, std::string want, std::string hint = "") const {
    throw source_.error(at_, {"", std::move(what), std::move(got), std::move(want), std::move(hint)});
  }

  static constexpr const char* kOperand = "a number, x, y, a function or `(`";

  const Source& source_;
  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool uses_x_ = false, uses_y_ = false;
  std::size_t most_ = 0;  // n of the highest xn
  std::vector<Step> steps_;
};

std::string single_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

Expression::Expression(const Source& source) : text_(single_blanks(source.text)) {
  if (source.text.size() > kMostBytes) {
    throw source.error(kMostBytes,
                       {"", "the formula is too long", std::to_string(source.text.size()) + " bytes",
                        "at most " + std::to_string(kMostBytes), ""});
  }
  FormulaParser parser(source);
  steps_ = parser.run();
  names_ = parser.variables();
}

bool Expression::begins(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_space(text[at])) ++at;
  if (at == text.size()) return false;
  const std::string_view word = word_at(text, at);
  if (word.empty()) return std::string_view("+-(.0123456789").find(text[at]) != std::string_view::npos;
  return named(kLeaves, word) != nullptr || named(kFunctions, word) != nullptr || number_of(word);
}

std::vector<double> Expression::forward(std::span<const double> at) const {
  std::vector<double> values(steps_.size());
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    values[i] = step.operation != nullptr ? step.operation->value(values[step.a], values[step.b])
                : step.variable < 0       ? step.number
                                          : at[static_cast<std::size_t>(step.variable)];
  }
  return values;
}

double Expression::value(std::span<const double> at) const { return forward(at).back(); }

void Expression::gradient(std::span<const double> at, std::span<double> out) const {
  const std::vector<double> values = forward(at);
  std::vector<double> slopes(steps_.size());
  slopes.back() = 1;
  std::ranges::fill(out, 0.0);
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const Step& step = steps_[i];
    if (!step.varies) continue;
    if (step.operation == nullptr) {
      out[static_cast<std::size_t>(step.variable)] += slopes[i];
      continue;
    }
    // A slope of 0 stays 0, also through an operation whose own slope is not finite there.
    if (slopes[i] == 0) continue;
    const double a = values[step.a], b = values[step.b];
    if (steps_[step.a].varies) slopes[step.a] += slopes[i] * step.operation->slope_by_a(a, b);
    const bool two = step.a != step.b;
    if (two && steps_[step.b].varies) slopes[step.b] += slopes[i] * step.operation->slope_by_b(a, b);
  }
}

}  // namespace thalweg
