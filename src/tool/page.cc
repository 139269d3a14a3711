// thalweg page: the page of one run, or of several over each other.
#include <filesystem>

#include "thalweg/folds.h"
#include "thalweg/lab/page.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::vector<std::string> runs;
  std::string out;
};

int page(const Flags& flags) {
  const bool one = flags.runs.size() == 1;
  std::filesystem::path out = flags.out;
  if (one && Folds::are_in(flags.runs.front())) {
    write_folds_page(flags.runs.front(), out);
    if (out.empty()) out = std::filesystem::path(flags.runs.front()) / "report.html";
  } else if (one) {
    write_page(flags.runs.front(), out);
    if (out.empty()) out = std::filesystem::path(flags.runs.front()) / "report.html";
  } else {
    if (out.empty()) out = "report.html";
    write_page(std::vector<std::filesystem::path>(flags.runs.begin(), flags.runs.end()), out);
  }
  print("page       " + visible(out.string()) + "\n");
  return kOk;
}

}  // namespace

Command page_command() {
  static Flags flags;
  return {"page",
          "Write the page of one run, of its folds, or one page that compares several",
          {Argument("runs RUN", &flags.runs, "run directories", {.required = true}),
           Argument("--out FILE", &flags.out,
                    "HTML file; by default report.html, in the directory of one run, here for several")},
          [](Given) { return page(flags); }};
}

}  // namespace thalweg::tool
