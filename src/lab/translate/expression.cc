#include "translate/expression.h"

#include <cctype>
#include <string_view>
#include <utility>

#include "base/spec.h"

namespace thalweg::python {
namespace {

using Kind = Expression::Kind;

constexpr int kMostNested = 64, kMostOperations = 2000;

bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Characters, words and numbers of a source.
class Reader {
 public:
  explicit Reader(const Source& source) : source_(source), text_(source.text) {}

 protected:
  Expression number() {
    const std::size_t begin = at_;
    std::string digits;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const bool exponent = !digits.empty() && (digits.back() == 'e' || digits.back() == 'E');
      if (!is_digit(c) && c != '.' && c != 'e' && c != 'E' && c != '_' &&
          !(exponent && (c == '-' || c == '+')))
        break;
      if (c != '_' && !(exponent && c == '+')) digits += c;
    }
    if (digits.ends_with('.')) digits.pop_back();
    if (digits.starts_with('.')) digits = "0" + digits;
    const std::optional<double> value = read_number(digits);
    if (!value) {
      at_ = begin;
      fail("not a number", "a number such as 1e-3");
    }
    return {Kind::number, digits, *value, {}, {}, begin};
  }

  Expression string(char quote) {
    const std::size_t begin = at_++;
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) {
      at_ = begin;
      fail("a string is not closed", std::string(1, quote));
    }
    std::string word(text_.substr(at_, end - at_));
    at_ = end + 1;
    return {Kind::string, std::move(word), 0, {}, {}, begin};
  }

  // Every operation nests what it is formed of.
  void count() {
    if (++operations_ > kMostOperations)
      fail("too long", "at most " + std::to_string(kMostOperations) + " operations");
  }

  void open() {
    ++at_;
    if (++depth_ > kMostNested)
      fail("too deeply nested", "at most " + std::to_string(kMostNested) + " brackets");
  }

  void close(char bracket) {
    if (peek() != bracket) fail("unexpected character", std::string("`,` or `") + bracket + "`");
    ++at_, --depth_;
  }

  bool take_word(std::string_view wanted) {
    peek();
    const std::size_t begin = at_;
    if (begins_name(peek()) && word() == wanted) return true;
    return at_ = begin, false;
  }

  std::string word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (begins_name(text_[at_]) || is_digit(text_[at_]))) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  // The next character that is no white space, or the one so many behind it; 0 at the end.
  char peek(std::size_t ahead = 0) {
    while (at_ < text_.size() && skips(text_[at_])) ++at_;
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  // Within brackets lines go on.
  bool skips(char c) const { return c == ' ' || c == '\t' || c == '\r' || (c == '\n' && depth_ > 0); }

  bool take_end() {
    const char c = peek();
    if (c != ';' && c != '\n') return false;
    return ++at_, true;
  }

  bool ends(bool lines) {
    while (lines && take_end()) continue;
    return peek() == '\0' && at_ >= text_.size();
  }

  [[noreturn]] void fail(const std::string& what, const std::string& want) {
    peek();
    const std::size_t begin = std::min(at_, text_.size());
    std::string found = begins_name(peek()) ? word() : std::string(text_.substr(begin, 1));
    throw source_.error(begin, {"", what, found.empty() ? "the end" : "`" + found + "`", want, ""});
  }

  const Source& source_;
  std::string_view text_;
  std::size_t at_ = 0;

 private:
  int depth_ = 0;  // open brackets
  int operations_ = 0;
};

class Parser : Reader {
 public:
  using Reader::Reader;

  std::vector<Statement> statements() {
    std::vector<Statement> out;
    while (!ends(true)) {
      if (skip_import()) continue;
      out.push_back(statement());
      if (!ends(false) && !take_end()) fail("unexpected character", "the end of the statement");
    }
    if (out.empty()) fail("nothing to translate", "a call such as torch.optim.Adam(lr=1e-3)");
    return out;
  }

  Expression whole() {
    Expression out = alternatives();
    if (!ends(true)) fail("unexpected character", "the end");
    return out;
  }

 private:
  Statement statement() {
    const std::size_t begin = at_;
    std::string name = begins_name(peek()) ? word() : "";
    if (!name.empty() && peek() == '=' && peek(1) != '=') {
      ++at_;
      return {std::move(name), alternatives()};
    }
    at_ = begin;
    return {"", alternatives()};
  }

  // Lines `import torch` and `from torch import optim` say nothing.
  bool skip_import() {
    const std::size_t begin = at_;
    const std::string name = begins_name(peek()) ? word() : "";
    if (name != "import" && name != "from") return at_ = begin, false;
    while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != ';') ++at_;
    return true;
  }

  Expression operation(std::string text, Expression left, Expression right) {
    const std::size_t at = left.at;
    count();
    return {Kind::operation, std::move(text), 0, {std::move(left), std::move(right)}, {}, at};
  }

  Expression alternatives() {
    Expression left = either();
    while (peek() == '|') ++at_, left = operation("|", std::move(left), either());
    return left;
  }
  Expression either() {
    Expression left = both();
    while (take_word("or")) left = operation("or", std::move(left), both());
    return left;
  }
  Expression both() {
    Expression left = comparison();
    while (take_word("and")) left = operation("and", std::move(left), comparison());
    return left;
  }
  Expression comparison() {
    Expression left = sum();
    const char c = peek();
    if (c != '<' && c != '>') return left;
    ++at_;
    return operation(std::string(1, c), std::move(left), sum());
  }
  Expression sum() {
    Expression left = product();
    for (char c = peek(); c == '+' || c == '-'; c = peek()) {
      ++at_;
      left = operation(std::string(1, c), std::move(left), product());
    }
    return left;
  }
  Expression product() {
    Expression left = sign();
    for (char c = peek(); (c == '*' && peek(1) != '*') || c == '/'; c = peek()) {
      ++at_;
      left = operation(std::string(1, c), std::move(left), sign());
    }
    return left;
  }
  Expression sign() {
    const std::size_t begin = at_;
    if (peek() == '+') return ++at_, count(), sign();
    if (peek() != '-') return power();
    ++at_, count();
    return {Kind::operation, "neg", 0, {sign()}, {}, begin};
  }
  Expression power() {
    Expression left = postfix(primary());
    if (peek() != '*' || peek(1) != '*') return left;
    at_ += 2;
    return operation("**", std::move(left), sign());
  }

  Expression postfix(Expression left) {
    while (true) {
      const char c = peek();
      const std::size_t at = left.at;
      count();
      if (c == '(') {
        left = {Kind::call, "", 0, {std::move(left)}, {""}, at};
        arguments(left);
      } else if (c == '[') {
        open();
        left = {Kind::index, "", 0, {std::move(left)}, {}, at};
        left.parts.push_back(alternatives());
        close(']');
      } else if (c == '.' && begins_name(peek(1))) {  // of what a call gives: model().parameters
        ++at_;
        left = {Kind::name, "(...)." + word(), 0, {}, {}, at};
      } else {
        return left;
      }
    }
  }

  void arguments(Expression& call) {
    open();
    while (peek() != ')') {
      call.names.push_back(keyword());
      const std::size_t begin = at_;
      if (peek() == '*') {
        while (peek() == '*') ++at_;
        const bool rest = peek() == ',' || peek() == ')';
        if (!rest) fail("an argument that is unpacked", "arguments one by one");
        call.parts.push_back({Kind::rest, "*", 0, {}, {}, begin});
      } else {
        call.parts.push_back(alternatives());
      }
      if (peek() != ',') break;
      ++at_;
    }
    close(')');
  }

  std::string keyword() {
    peek();
    const std::size_t begin = at_;
    std::string name = begins_name(peek()) ? word() : "";
    if (!name.empty() && peek() == '=' && peek(1) != '=') return ++at_, name;
    at_ = begin;
    return "";
  }

  Expression primary() {
    const char c = peek();
    const std::size_t begin = at_;
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '"' || c == '\'') return string(c);
    if (c == '(' || c == '[') return list(c == '(' ? ')' : ']');
    if (c == '{') return table();
    if (!begins_name(c)) fail("a value is missing", "a number, a name or a call");
    std::string name = word();
    if (name == "lambda") {
      at_ = begin;
      fail("a function of Python has no counterpart", "a schedule of the library");
    }
    while (peek() == '.' && begins_name(peek(1))) ++at_, name += "." + word();
    return {Kind::name, std::move(name), 0, {}, {}, begin};
  }

  // In brackets: a list, a tuple, or one value in round ones.
  Expression list(char end) {
    Expression out{Kind::list, "", 0, {}, {}, at_};
    open();
    bool comma = false;
    while (peek() != end) {
      out.parts.push_back(alternatives());
      if (peek() != ',') break;
      comma = true, ++at_;
    }
    close(end);
    return end == ')' && !comma && out.parts.size() == 1 ? Expression(out.parts[0]) : out;
  }

  Expression table() {
    Expression out{Kind::table, "", 0, {}, {}, at_};
    open();
    while (peek() != '}') {
      out.parts.push_back(alternatives());
      if (peek() != ':') fail("unexpected character", ":");
      ++at_;
      out.parts.push_back(alternatives());
      if (peek() != ',') break;
      ++at_;
    }
    close('}');
    return out;
  }
};

}  // namespace

std::vector<Statement> parse_statements(const Source& source) { return Parser(source).statements(); }

Expression parse_expression(const Source& source) { return Parser(source).whole(); }

}  // namespace thalweg::python
