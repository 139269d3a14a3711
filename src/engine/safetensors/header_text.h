// The JSON of a header, word by word.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thalweg {

// A cursor over JSON (RFC 8259) that never goes back. Throws Error(data) naming the byte of the file where
// the text is no JSON.
class HeaderText {
 public:
  HeaderText(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  // The next character that is no space, or 0 at the end.
  char peek();
  // Whether the next one is `c`, which is then passed.
  bool take(char c);
  void expect(char c);
  // The string that begins here, without its quotes and escapes.
  std::string string();
  // A number, true, false or null, as it stands there.
  std::string_view word();
  // Nothing but spaces may be left.
  void expect_end();

 private:
  [[noreturn]] void fail() const;
  void add_escape(std::string& out);
  unsigned hex4();

  const std::string& file_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace thalweg
