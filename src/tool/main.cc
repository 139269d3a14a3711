// The tool: reads the command line, runs one command, turns errors into messages and exit codes.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>

#include "base/json.h"
#include "reserve/reserve.h"
#include "thalweg/error.h"
#include "tool/parser.h"
#include "tool/ranks.h"
#include "tool/usage.h"
#include "tool/version.h"

namespace thalweg::tool {
namespace {

// An error is an object too where results are: on one line, the last one of stderr.
int fail(int code, const char* message) {
  constexpr const char* kKinds[] = {"", "failure", "usage", "data", "resource", "diverged"};
  std::fflush(stdout);
  JsonObject error;
  error.add("code", code).add("kind", kKinds[code]).add("message", message);
  note(Reserve::tells_json ? JsonObject().raw("error", error.text()).text() : message);
  leave_ranks(code, is_another_rank() ? message : "all ranks end with it");
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
  keep_command_line(argc, argv);
  be_silent(is_another_rank());  // what every rank is told is told once
  const CommandLine line = parse(argc, argv);
  be_silent(false);
  if ((line.help || line.version || !line.command->on_ranks) && left_to_the_first()) return kOk;
  if (!line.help && !line.version) return line.command->run(line.given);
  print(line.version ? version_text() : usage(line.command));
  return kOk;
}

int out_of_memory() {
  std::fflush(stdout);
  tell_out_of_memory();
  return static_cast<int>(Code::resource);
}

int guarded(int argc, char** argv) {
  std::set_terminate(end_process);
  Reserve::open_to_all = false;
  if (Reserve::missing != 0) return out_of_memory();  // before the tool had begun
  hold_standard_descriptors();
  for (int i = 1; i < argc && std::strcmp(argv[i], "--") != 0; ++i)
    Reserve::tells_json = Reserve::tells_json || std::strcmp(argv[i], "--json") == 0;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe and a full quota are errors like others
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const int code = run(argc, argv);
    leave_ranks(kOk, "");
    return code;
  } catch (const Error& error) {
    return fail(static_cast<int>(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    const int code = out_of_memory();
    leave_ranks(code, "out of memory");
    return code;
  } catch (const std::system_error& error) {
    return fail(static_cast<int>(Code::resource), error.what());
  } catch (const std::exception& error) {
    return fail(static_cast<int>(Code::failure), error.what());
  }
}

}  // namespace
}  // namespace thalweg::tool

int main(int argc, char** argv) { return thalweg::tool::guarded(argc, argv); }
