// thalweg tour: how optimizers descend, one idea after the other.
#include "thalweg/lab/tour.h"

#include "base/file.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string html = "tour.html";
};

int tour(const Flags& flags) {
  write_output(flags.html, tour_html());
  print("wrote " + visible(flags.html) + "\n");
  return kOk;
}

}  // namespace

Command tour_command() {
  static Flags flags;
  return {
      "tour",
      "Write a guided page: how optimizers and schedules descend, with animated pictures and their commands",
      {Argument("--html FILE", &flags.html, "the page")},
      [](Given) { return tour(flags); }};
}

}  // namespace thalweg::tool
