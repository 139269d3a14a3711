#include <algorithm>
#include <array>

#include "base/json.h"
#include "thalweg/lab/verify.h"

namespace thalweg {
namespace {

using Status = VerifiedCase::Status;

constexpr std::array<const char*, 3> kStatus = {"passed", "failed", "skipped"};

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
      .add("status", kStatus[static_cast<std::size_t>(one.status)])
      .raw("reason", or_null(one.reason))
      .raw("worst", one.worst ? worst_json(*one.worst) : "null")
      .text();
}

}  // namespace

std::string verified_json(std::span<const VerifiedCase> cases) {
  JsonObject out;
  for (const Status status : {Status::passed, Status::failed, Status::skipped}) {
    out.add(kStatus[static_cast<std::size_t>(status)],
            std::uint64_t(std::ranges::count(cases, status, &VerifiedCase::status)));
  }
  return out.raw("cases", json_list(cases, case_json)).text();
}

}  // namespace thalweg
