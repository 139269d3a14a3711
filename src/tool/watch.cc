// thalweg watch: the pages of all runs in a folder, live.
#include "thalweg/lab/page.h"
#include "tool/command.h"
#include "tool/signals.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string folder = "runs";
  std::uint64_t port = 8420;
};

int watch(const Flags& flags) {
  catch_signals();
  Watch watch(flags.folder, static_cast<std::uint16_t>(flags.port));
  print(watch.url() + "\n");
  note("watching " + visible(flags.folder) + "; Ctrl-C ends it");
  watch.serve([] { return caught_signal() != 0; });
  return kOk;
}

}  // namespace

Command watch_command() {
  static Flags flags;
  return {"watch",
          "Serve the pages of all runs in a folder, live, on this machine only",
          {Argument("folder DIR", &flags.folder, "folder of run directories"),
           Argument("--port N", &flags.port, "port on 127.0.0.1; 0 takes any that is free",
                    {.range = {0, 65535}})},
          [](Given) { return watch(flags); }};
}

}  // namespace thalweg::tool
