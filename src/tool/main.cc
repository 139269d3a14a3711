// The tool: reads the command line, runs one command, turns errors into messages and exit codes.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "reserve/reserve.h"
#include "thalweg/error.h"
#include "tool/parser.h"
#include "tool/usage.h"

namespace thalweg::tool {
namespace {

constexpr const char* kVersion = "thalweg 0.1.0";

int fail(int code, const char* message) {
  std::fflush(stdout);
  std::fputs(message, stderr);
  std::fputs("\n", stderr);
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

int out_of_memory() {
  tell_out_of_memory();
  return static_cast<int>(Code::resource);
}

int guarded(int argc, char** argv) {
  std::set_terminate(end_process);
  Reserve::open_to_all = false;
  if (Reserve::missing != 0) return out_of_memory();  // before the tool had begun
  hold_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe and a full quota are errors like others
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    return fail(static_cast<int>(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::system_error& error) {
    return fail(static_cast<int>(Code::resource), error.what());
  } catch (const std::exception& error) {
    return fail(static_cast<int>(Code::failure), error.what());
  }
}

}  // namespace
}  // namespace thalweg::tool

int main(int argc, char** argv) { return thalweg::tool::guarded(argc, argv); }
