// The one exception type of the library.
//
// Thrown when a text is parsed, a chain is bound, a file is read or written: never in the middle of a change
// of the caller's data. Optimizer::step() says when an update throws one.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace thalweg {

// What the caller should do about it. The values are the exit codes of the command-line tool.
enum class Code {
  failure = 1,   // the library could not do what was asked for another reason
  usage = 2,     // a text, an option or a call is wrong: change the call
  data = 3,      // a data or run file is missing, unreadable or malformed: change the file
  resource = 4,  // memory, disk or descriptors ran out: free some and try again
  diverged = 5,  // the loss is not finite: change the rate or the data
};

// The parts of a message, in the order in which they are printed: "where: what; got; want; try".
// Empty parts are left out.
struct Message {
  std::string where;
  std::string what;
  std::string got;
  std::string want;
  std::string hint;
};

class Error : public std::runtime_error {
 public:
  Error(Code code, const Message& message);

  // The same, with a second line that shows `text` and a third that puts a caret under byte `at` of it.
  // Of a text longer than 200 bytes only the 100 around the caret are shown.
  Error(Code code, const Message& message, std::string_view text, std::size_t at);

  Code code() const noexcept { return code_; }

 private:
  Code code_;
};

}  // namespace thalweg
