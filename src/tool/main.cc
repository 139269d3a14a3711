// The tool: reads the command line, runs one command, turns errors into messages and exit codes.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <sstream>
#include <system_error>

#include "base/text.h"
#include "thalweg/error.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

constexpr const char* kVersion = "thalweg 0.1.0";

struct Command {
  const char* name;
  Action (*add)(CLI::App& tool);
};

#define THALWEG_COMMAND(name, add) {name, add},
constexpr Command kCommands[] = {
#include "tool/commands.inc"
};
#undef THALWEG_COMMAND

int fail(int code, const char* message) {
  std::fflush(stdout);
  note(message);
  return code;
}

// A file that is opened must not get the number of a closed standard descriptor: what is printed would go
// into it. A closed stdout stays one that cannot be written.
void hold_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      ::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

// The names a mistyped argument may have meant: options of the command, or commands.
std::vector<std::string> candidates(const CLI::App& app, bool option) {
  std::vector<std::string> names;
  if (!option) {
    for (const Command& command : kCommands) names.emplace_back(command.name);
    return names;
  }
  for (const CLI::Option* known : app.get_options()) {
    for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// What is wrong with the command line, in the form of every other error.
Error usage_error(const CLI::App& tool, const CLI::ParseError& error) {
  const auto chosen = tool.get_subcommands();
  const CLI::App& app = chosen.empty() ? tool : *chosen.front();
  const std::string where = chosen.empty() ? "thalweg" : "thalweg " + app.get_name();
  const std::string what = std::string(error.what()).substr(0, std::string(error.what()).find('\n'));
  const std::vector<std::string> extras = tool.remaining(true);
  if (extras.empty()) return Error(Code::usage, {where, what, "", "", "try `" + where + " --help`"});
  const bool option = extras.front().starts_with("-");
  const std::vector<std::string> names = candidates(app, option);
  const std::string hint = did_you_mean(extras.front(), {names.begin(), names.end()});
  return Error(Code::usage, {where, "unexpected argument", "`" + extras.front() + "`",
                             option           ? "an option of this command"
                             : chosen.empty() ? "a command"
                                              : "nothing more",
                             hint.empty() ? "try `" + where + " --help`" : hint});
}

int run(int argc, char** argv) {
  CLI::App tool(
      "Thalweg: the optimizing engine of machine learning.\n"
      "Results go to stdout, all else to stderr.\n"
      "Exit codes: 0 done, 1 failure, 2 usage or configuration, 3 data or run folder missing or malformed,\n"
      "4 memory, disk or descriptors run out, 5 diverged, 130 and 143 interrupted and saved.");
  tool.name("thalweg");
  tool.set_version_flag("--version", kVersion);
  tool.require_subcommand(1);
  std::vector<Action> actions;
  for (const Command& command : kCommands) actions.push_back(command.add(tool));
  try {
    tool.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help and --version
    std::ostringstream text;
    const int code = tool.exit(success, text, text);
    print(text.str());
    return code;
  } catch (const CLI::ParseError& error) {
    throw usage_error(tool, error);
  }
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (tool.got_subcommand(kCommands[i].name)) return actions[i]();
  }
  return kOk;
}

}  // namespace
}  // namespace thalweg::cli

int main(int argc, char** argv) {
  using thalweg::Code;
  using thalweg::cli::fail;
  thalweg::cli::hold_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe and a full quota are errors like others
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return thalweg::cli::run(argc, argv);
  } catch (const thalweg::Error& error) {
    return fail(static_cast<int>(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return fail(static_cast<int>(Code::resource),
                "thalweg: out of memory; try a smaller model, batch or data set");
  } catch (const std::system_error& error) {
    return fail(static_cast<int>(Code::resource), error.what());
  } catch (const std::exception& error) {
    return fail(static_cast<int>(Code::failure), error.what());
  }
}
