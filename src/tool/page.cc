// thalweg page: the page of one run, or of several over each other.
#include <filesystem>
#include <memory>

#include "thalweg/lab/page.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::vector<std::string> runs;
  std::string out;
};

int page(const Flags& flags) {
  const bool one = flags.runs.size() == 1;
  std::filesystem::path out = flags.out;
  if (out.empty()) out = one ? std::filesystem::path(flags.runs.front()) / "report.html" : "report.html";
  if (one) {
    write_page(flags.runs.front(), out);
  } else {
    write_page(std::vector<std::filesystem::path>(flags.runs.begin(), flags.runs.end()), out);
  }
  print("page       " + out.string() + "\n");
  return kOk;
}

}  // namespace

Action add_page(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand("page", "Write the page of a run, or of several over each other");
  command->add_option("runs", flags->runs, "run directories")->required();
  command->add_option("--out", flags->out,
                      "HTML file; else report.html, of one run in its directory, of several here");
  return [flags] { return page(*flags); };
}

}  // namespace thalweg::cli
