// The commands of the tool: one file each. Results go to stdout, everything else to stderr.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tool/argument.h"

namespace thalweg::tool {

// Exit codes besides those of thalweg::Code.
inline constexpr int kOk = 0;
inline constexpr int kSignalled = 128;  // plus the signal's number

struct Command {
  std::string name;
  std::string doc;                      // one line
  std::vector<Argument> arguments;      // in the order of --help
  std::function<int(Given given)> run;  // returns the exit code; may throw
  std::string fields = {};              // of what --json prints: a paragraph of the manual page
  bool on_ranks = false;                // each rank of MPI runs it; else the first alone
};

// All of them, in the order of --help, and the one of that name or null.
const std::vector<Command>& commands();
const Command* find_command(std::string_view name);

// What the tool itself takes: --help, which every command takes too, and --version.
const std::vector<Argument>& tool_arguments();

inline constexpr std::string_view kExitCodes =
    "0 done, 1 failure, 2 usage or configuration, 3 data or run directory missing or malformed, 4 memory, "
    "disk or descriptors exhausted, 5 diverged, 129, 130 and 143 interrupted and saved";

// The command line of this process as a shell takes it, and what remembers it.
const std::string& command_line();
void keep_command_line(int argc, const char* const* argv);

// Whether note() and print() write nothing from here on: another process does.
void be_silent(bool now);

// Writes a line to stderr. What cannot be written there is lost: it ends no training.
void note(const std::string& line);

// Writes to stdout, and throws Error(resource) when it cannot. A terminal gets nothing to obey: what it would
// is escaped as in JSON, so that JSON keeps its values. Names stand on one line by visible() or shown()
// before.
void print(const std::string& text);
void print_exactly(const std::string& text);

}  // namespace thalweg::tool
