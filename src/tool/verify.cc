// thalweg verify: replays expected values made by other libraries.
#include <algorithm>

#include <fmt/core.h>

#include "thalweg/lab/verify.h"
#include "tool/command.h"
#include "tool/ranks.h"

namespace thalweg::tool {
namespace {

using Status = VerifiedCase::Status;

struct Flags {
  std::vector<std::string> paths;
  bool json = false;
};

std::string failure_text(const VerifiedCase& one) {
  std::string out = "failed  " + visible(one.file) + ": " + one.reason;
  if (one.worst) {
    out += fmt::format("; step {}, {}[{}]: got {:.17g}, want {:.17g}", one.worst->step,
                       shown(one.worst->param), one.worst->index, one.worst->got, one.worst->want);
  }
  return out + "\n";
}

int verify_paths(const Flags& flags) {
  const std::vector<std::filesystem::path> paths(flags.paths.begin(), flags.paths.end());
  const std::vector<VerifiedCase> cases = verify(paths, join_ranks());
  const auto count = [&](Status status) {
    return std::uint64_t(std::count_if(cases.begin(), cases.end(),
                                       [&](const VerifiedCase& one) { return one.status == status; }));
  };
  const std::uint64_t failed = count(Status::failed);
  if (flags.json) {
    print(verified_json(cases) + "\n");
  } else {
    std::string out;
    for (const VerifiedCase& one : cases) {
      if (one.status == Status::failed) out += failure_text(one);
    }
    print(out + fmt::format("{} passed, {} failed, {} skipped\n", count(Status::passed), failed,
                            count(Status::skipped)));
  }
  return failed > 0 ? 1 : kOk;
}

}  // namespace

Command verify_command() {
  static Flags flags;
  return {"verify",
          "Check the engine against recorded results of other libraries",
          {Argument("paths PATH", &flags.paths, "files, or folders that are searched for *.json",
                    {.required = true}),
           Argument("--json", &flags.json, "print every case as JSON")},
          [](Given) { return verify_paths(flags); },
          "passed, failed, skipped; cases, each with file, kind, algorithm, status, reason and worst: step, "
          "param, index, got, want.",
          true};
}

}  // namespace thalweg::tool
