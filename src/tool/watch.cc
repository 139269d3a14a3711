// thalweg watch: the pages of all runs in a folder, live.
#include <csignal>
#include <memory>

#include "thalweg/error.h"
#include "thalweg/lab/page.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string folder = "runs";
  std::string port = "8420";
};

volatile std::sig_atomic_t ended = 0;

extern "C" void end_watch(int) { ended = 1; }

int watch(const Flags& flags) {
  constexpr std::uint64_t kMostPort = 65535;
  const std::uint64_t port = whole_number("--port", flags.port, 0);
  if (port > kMostPort) throw Error(Code::usage, {"--port", "out of range", flags.port, "0 to 65535", ""});
  struct sigaction action = {};
  action.sa_handler = end_watch;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  Watch watch(flags.folder, static_cast<std::uint16_t>(port));
  print(watch.url() + "\n");
  note("watching " + flags.folder + "; Ctrl-C ends");
  watch.serve([] { return ended != 0; });
  return kOk;
}

}  // namespace

Action add_watch(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      tool.add_subcommand("watch", "Serve the pages of all runs in a folder, live, to this machine");
  command->add_option("folder", flags->folder, "folder with run directories")->capture_default_str();
  command->add_option("--port", flags->port, "on 127.0.0.1; 0: any free one")->capture_default_str();
  return [flags] { return watch(*flags); };
}

}  // namespace thalweg::cli
