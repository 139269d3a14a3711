// thalweg verify: replays expected values made by other libraries.
#include <algorithm>

#include <fmt/core.h>

#include "base/json.h"
#include "thalweg/lab/verify.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

using Status = VerifiedCase::Status;

struct Flags {
  std::vector<std::string> paths;
  bool json = false;
};

const char* status_name(Status status) {
  constexpr const char* kNames[] = {"passed", "failed", "skipped"};
  return kNames[static_cast<int>(status)];
}

std::string or_null(const std::string& text) { return text.empty() ? "null" : json_string(text); }

std::string worst_json(const WorstElement& worst) {
  return JsonObject()
      .add("step", worst.step)
      .raw("param", or_null(worst.param))
      .add("index", worst.index)
      .add("got", worst.got)
      .add("want", worst.want)
      .text();
}

std::string case_json(const VerifiedCase& one) {
  return JsonObject()
      .add("file", one.file)
      .raw("kind", or_null(one.kind))
      .raw("algorithm", or_null(one.algorithm))
      .add("status", status_name(one.status))
      .raw("reason", or_null(one.reason))
      .raw("worst", one.worst ? worst_json(*one.worst) : "null")
      .text();
}

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
  const std::vector<VerifiedCase> cases = verify(paths);
  const auto count = [&](Status status) {
    return std::uint64_t(std::count_if(cases.begin(), cases.end(),
                                       [&](const VerifiedCase& one) { return one.status == status; }));
  };
  const std::uint64_t failed = count(Status::failed);
  if (flags.json) {
    print(JsonObject()
              .add("passed", count(Status::passed))
              .add("failed", failed)
              .add("skipped", count(Status::skipped))
              .raw("cases", json_list(cases, case_json))
              .text() +
          "\n");
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
          "param, index, got, want."};
}

}  // namespace thalweg::tool
