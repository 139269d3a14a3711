// The tool: reads the command line, runs one command, turns errors into messages and exit codes.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <system_error>

#include "base/json.h"
#include "thalweg/error.h"
#include "tool/parser.h"
#include "tool/usage.h"

namespace thalweg::tool {
namespace {

constexpr const char* kVersion = "thalweg 0.1.0";

bool wants_json = false;

// An error is an object too where results are: on one line, the last one of stderr.
int fail(int code, const char* message) {
  constexpr const char* kKinds[] = {"", "failure", "usage", "data", "resource", "diverged"};
  std::fflush(stdout);
  JsonObject error;
  error.add("code", code).add("kind", kKinds[code]).add("message", message);
  note(wants_json ? JsonObject().raw("error", error.text()).text() : message);
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

int run(int argc, char** argv) {
  const CommandLine line = parse(argc, argv);
  if (!line.help && !line.version) return line.command->run(line.given);
  print(line.version ? std::string(kVersion) + "\n" : usage(line.command));
  return kOk;
}

int guarded(int argc, char** argv) {
  hold_standard_descriptors();
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  const auto end = std::ranges::find(words, std::string_view("--"));
  wants_json = std::find(words.begin(), end, std::string_view("--json")) != end;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe and a full quota are errors like others
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const Error& error) {
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

}  // namespace
}  // namespace thalweg::tool

int main(int argc, char** argv) { return thalweg::tool::guarded(argc, argv); }
