#include "base/text.h"

#include <algorithm>

#include "base/did_you_mean.h"

namespace thalweg {
namespace {

constexpr std::string_view kDelimiters = "()[],|=;\"";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

bool is_word(char c) { return !is_space(c) && kDelimiters.find(c) == std::string_view::npos; }

class Parser {
 public:
  Parser(const Source& source, const NameCheck& check) : source_(source), text_(source.text), check_(check) {}

  Text run() {
    Text text = parse_text(0);
    if (missing_.empty() && at_ < text_.size())
      fail(at_, "unexpected character", quoted_here(), "`|` or the end");
    if (missing_.empty()) return text;
    const std::string also = "`" + missing_ + "` is missing at the end";
    if (check_) {
      for (const Item& item : text) check_(item, also);
    }
    throw source_.error(text_.size(), {"", "a bracket is not closed", "the end", "`" + missing_ + "`", ""});
  }

 private:
  // Items up to a delimiter that is not '|'. A missing closing bracket at the end is remembered, not thrown,
  // so that the names before it can be checked.
  Text parse_text(int depth) {
    Text text;
    do {
      text.push_back(parse_item(depth));
    } while (missing_.empty() && take('|'));
    return text;
  }

  Item parse_item(int depth) {
    skip_space();
    Item item;
    item.at = at_;
    item.name = word();
    if (item.name.empty()) fail(at_, "a name is missing", quoted_here(), "a name");
    if (take('(')) item.args = parse_args(depth + 1);
    return item;
  }

  std::vector<Arg> parse_args(int depth) {
    check_depth(depth);
    std::vector<Arg> args;
    if (take(')')) return args;
    if (at_end()) return missing_ = ")", args;
    do {
      args.push_back(parse_arg(depth));
      if (!missing_.empty()) return args;
    } while (take(','));
    close(')', args.back().value.at);
    return args;
  }

  Arg parse_arg(int depth) {
    skip_space();
    Arg arg;
    arg.at = at_;
    const std::size_t start = at_;
    std::string name = word();
    if (!name.empty() && take('=')) {
      arg.name = std::move(name);
    } else {
      at_ = start;
    }
    arg.value = parse_value(depth);
    return arg;
  }

  Value parse_value(int depth) {
    skip_space();
    Value value;
    value.at = at_;
    if (take('"')) {
      value.kind = Value::Kind::string;
      value.word = string_rest(value.at);
    } else if (take('[')) {
      value.kind = Value::Kind::list;
      value.list = parse_values(depth + 1);
    } else if (at_end() && depth > 0) {
      missing_ = ")";
    } else if (!is_word(text_[at_])) {
      const bool tuple = text_[at_] == '(' && tuples_as_lists(source_.text) != source_.text;
      const std::string here = tuple ? in_words_of_here(source_) : "";
      fail(at_, "a value is missing", quoted_here(), "a value",
           here.empty() ? "" : "lists stand in [ ], and here it reads " + here);
    } else {
      value = word_or_text(parse_text(depth), value.at);
    }
    return value;
  }

  // A single name without brackets is a word; everything else is a text.
  static Value word_or_text(Text text, std::size_t at) {
    Value value;
    value.at = at;
    if (text.size() == 1 && text[0].args.empty() && !text[0].name.empty()) {
      value.word = std::move(text[0].name);
    } else {
      value.kind = Value::Kind::text;
      value.text = std::move(text);
    }
    return value;
  }

  std::vector<Value> parse_values(int depth) {
    check_depth(depth);
    std::vector<Value> values;
    if (take(']')) return values;
    if (at_end()) return missing_ = "]", values;
    do {
      if (at_end()) return missing_ = "]", values;
      values.push_back(parse_value(depth));
      if (!missing_.empty()) return values;
    } while (take(','));
    close(']', values.back().at);
    return values;
  }

  // `begin`: of the value before it.
  void close(char bracket, std::size_t begin) {
    if (take(bracket)) return;
    if (at_end()) {
      missing_ = std::string(1, bracket);
      return;
    }
    fail(at_, "unexpected character", quoted_here(), std::string("`,` or `") + bracket + "`", quotes(begin));
  }

  // A value that goes on after a blank or a bracket was meant as one word, most often a path.
  std::string quotes(std::size_t begin) const {
    int depth = 0;
    std::size_t end = begin;
    for (; end < text_.size(); ++end) {
      const char c = text_[end];
      if (c == '"' || c == '=' || c == '|') return "";
      if (depth == 0 && (c == ',' || c == ')' || c == ']')) break;
      depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    }
    if (end == text_.size() || !is_word(text_[at_])) return "";
    return "a value with blanks or brackets stands in quotes: " +
           print_word(text_.substr(begin, end - begin), true);
  }

  std::string string_rest(std::size_t start) {
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        ++at_;
        if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '\\')) {
          fail(at_, "unknown escape in a string", quoted_here(), "`\\\"` or `\\\\`");
        }
      }
      out += text_[at_++];
    }
    if (at_ == text_.size()) fail(start, "a string is not closed", "the end", "`\"`");
    ++at_;
    return out;
  }

  std::string word() {
    skip_space();
    const std::size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  void check_depth(int depth) const {
    if (depth > kMaxNesting) {
      fail(at_, "too deeply nested", std::to_string(depth), "at most " + std::to_string(kMaxNesting));
    }
  }

  std::string quoted_here() const {
    if (at_ == text_.size()) return "the end";
    std::size_t end = at_ + 1;
    while (end < text_.size() && continues_character(text_[end])) ++end;
    return "`" + std::string(text_.substr(at_, end - at_)) + "`";
  }

  [[noreturn]] void fail(std::size_t at, std::string what, std::string got, std::string want,
                         std::string hint = "") const {
    throw source_.error(at, {"", std::move(what), std::move(got), std::move(want), std::move(hint)});
  }

  const Source& source_;
  std::string_view text_;
  const NameCheck& check_;
  std::size_t at_ = 0;
  std::string missing_;  // the bracket that the end of the text left open
};

std::string print_item(const Item& item) {
  if (item.args.empty()) return item.name;
  return item.name + "(" +
         join(item.args, ", ",
              [](const Arg& arg) { return (arg.name.empty() ? "" : arg.name + "=") + print(arg.value); }) +
         ")";
}

}  // namespace

Error Source::error(std::size_t at, Message message, Code code) const {
  const std::string_view before = std::string_view(text).substr(0, at);
  const auto characters = std::count_if(before.begin(), before.end(), std::not_fn(continues_character));
  message.where = where + ", column " + std::to_string(characters + 1);
  return Error(code, message, text, at);
}

Text parse(const Source& source, const NameCheck& check) { return Parser(source, check).run(); }

std::string tuples_as_lists(std::string text) {
  std::vector<bool> tuples;
  char before = ' ';
  std::size_t comma = 0;  // the last one
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char& c = text[i];
    if (in_string && c == '\\') {
      ++i;
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (in_string || is_space(c)) continue;
    if (c == '(') {
      tuples.push_back(std::string_view("=,([").find(before) != std::string_view::npos);
      if (tuples.back()) c = '[';
    } else if (c == ')' && !tuples.empty()) {
      if (tuples.back()) c = ']';
      if (tuples.back() && before == ',') text[comma] = ' ';  // (4,) is a tuple of one
      tuples.pop_back();
    }
    if (c == ',') comma = i;
    before = c;
  }
  return text;
}

std::vector<std::string> split_list(const Source& source) {
  std::vector<std::string> parts(1);
  std::vector<std::size_t> starts{0};
  bool in_string = false;
  for (std::size_t i = 0; i < source.text.size(); ++i) {
    const char c = source.text[i];
    if (in_string && c == '\\' && i + 1 < source.text.size()) {
      parts.back() += c;
      parts.back() += source.text[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (c == ';' && !in_string) {
      parts.emplace_back();
      starts.push_back(i + 1);
    } else {
      parts.back() += c;
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (std::all_of(parts[i].begin(), parts[i].end(), is_space)) {
      throw source.error(starts[i], {"", "a part of the list is empty", "", "a text between the `;`", ""});
    }
  }
  return parts;
}

std::string shell_word(const std::string& word) {
  if (!word.empty() && word.find_first_of(" \t\r\n()[]{}|;*?^<>&\"'`$\\!#~") == std::string::npos)
    return word;
  if (word.find_first_of("\"`$\\!") == std::string::npos) return "\"" + word + "\"";
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string print_word(std::string_view word, bool quoted) {
  if (!quoted && !word.empty() && std::all_of(word.begin(), word.end(), is_word)) return std::string(word);
  std::string out = "\"";
  for (char c : word) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string print(const Value& value) {
  switch (value.kind) {
    case Value::Kind::word:
      return value.word;
    case Value::Kind::string:
      return print_word(value.word, true);
    case Value::Kind::text:
      return print(value.text);
    case Value::Kind::list:
      return "[" + join(value.list, ", ", [](const Value& element) { return print(element); }) + "]";
  }
  return {};
}

std::string print(const Text& text) { return join(text, " | ", print_item); }

}  // namespace thalweg
