#include "tool/command.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/file.h"
#include "base/text.h"
#include "thalweg/error.h"

namespace thalweg::tool {

#define THALWEG_COMMAND(name) Command name##_command();
#include "tool/commands.inc"
#undef THALWEG_COMMAND

const std::vector<Command>& commands() {
#define THALWEG_COMMAND(name) name##_command(),
  static const std::vector<Command> all = [] {
    std::vector<Command> made = {
#include "tool/commands.inc"
    };
    for (Command& one : made) one.arguments.push_back(tool_arguments().front());
    return made;
  }();
#undef THALWEG_COMMAND
  return all;
}

const std::vector<Argument>& tool_arguments() {
  static bool asked = false;
  static const std::vector<Argument> all = {Argument("--help", &asked, "print this help and exit"),
                                            Argument("--version", &asked, "print the version and exit")};
  return all;
}

const Command* find_command(std::string_view name) {
  const std::vector<Command>& all = commands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

namespace {
std::string kept_line;
bool silent = false;
}  // namespace

const std::string& command_line() { return kept_line; }

void keep_command_line(int argc, const char* const* argv) {
  kept_line = "thalweg";
  for (int i = 1; i < argc; ++i) kept_line += " " + shell_word(argv[i]);
}

void be_silent(bool now) { silent = now; }

void note(const std::string& line) {
  if (silent) return;
  std::fputs((visible(line, Controls::lines) + "\n").c_str(), stderr);
  std::fflush(stderr);
}

void print(const std::string& text) { print_exactly(visible(text, Controls::lines)); }

void print_exactly(const std::string& text) {
  if (silent) return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  throw Error(Code::resource, {"stdout", "cannot be written", system_message(errno),
                               std::to_string(text.size()) + " bytes", ""});
}

}  // namespace thalweg::tool
