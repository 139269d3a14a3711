#include "verify/verify.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <new>

#include "base/file.h"
#include "base/spec.h"
#include "base/utf8.h"
#include "comm/alike.h"
#include "thalweg/error.h"

namespace thalweg {
namespace oracle {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{64} << 20;
constexpr int kDeepest = 64;

struct Kind {
  std::string_view name;
  void (*replay)(const Json& test, Comm* comm, Comparison& comparison);
};

constexpr Kind kKinds[] = {
    {"optimizer_trajectory", replay_trajectory},
    {"gradient_clipping", replay_clipping},
    {"schedule", replay_schedule},
    {"lr_scheduler", replay_scheduler},
    {"test_function", replay_problem},
    {"layer", replay_layer},
    {"training_run", replay_training_run},
    {"loss", replay_loss},
};

Json parse_case(const std::string& text) {
  const auto not_too_deep = [](int depth, Json::parse_event_t, const Json&) {
    if (depth > kDeepest)
      throw Malformed("brackets nest more than " + std::to_string(kDeepest) + " deep; not a case");
    return true;
  };
  try {
    return Json::parse(text, not_too_deep);
  } catch (const Json::exception& error) {
    throw Malformed("this is no JSON: " + std::string(error.what()));
  }
}

const Kind& find_kind(const std::string& name) {
  if (const Kind* found = find_named(kKinds, name)) return *found;
  throw Skip("kind " + name + " is not replayed");
}

void verify_text(const std::string& text, Comm* comm, VerifiedCase& result) {
  const Json test = parse_case(text);
  if (!test.is_object() || !test.contains("kind")) throw Malformed("not a case: it has no `kind`");
  const std::string kind = read_string(test.at("kind"), "kind");
  result.kind = shown(kind);
  if (test.contains("algorithm")) {
    result.algorithm = shown(read_string(test.at("algorithm"), "algorithm"));
  }
  const Kind& replayed = find_kind(kind);
  Comparison comparison(test);
  replayed.replay(test, comm, comparison);
  comparison.finish(result);
}

VerifiedCase verify_file(const std::filesystem::path& path, Comm* comm) {
  VerifiedCase result;
  result.file = path.string();
  const auto end = [&](VerifiedCase::Status status, const char* reason) {
    result.status = status;
    result.reason = shown(reason);
  };
  try {
    verify_text(read_text_file(path, kLargestFile), comm, result);
  } catch (const Skip& skip) {
    end(VerifiedCase::Status::skipped, skip.what());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    end(VerifiedCase::Status::failed, error.what());
  }
  return result;
}

[[noreturn]] void unreadable(const std::filesystem::path& path, const std::error_code& error) {
  throw Error(Code::data, {"verify", "a path cannot be read", "`" + path.string() + "`: " + error.message(),
                           "a file of a case, or a folder of such files", ""});
}

std::vector<std::filesystem::path> cases_under(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entries(folder, error);
  for (; !error && entries != std::filesystem::recursive_directory_iterator(); entries.increment(error)) {
    std::error_code ignored;  // a dangling link is listed, and fails when it is read
    if (entries->path().extension() == ".json" && !entries->is_directory(ignored)) {
      files.push_back(entries->path());
    }
  }
  if (error) unreadable(folder, error);
  std::sort(files.begin(), files.end());
  return files;
}

// Ranks that have other files would wait for each other.
void check_files(const std::vector<std::filesystem::path>& files, Comm& comm) {
  Facts facts;
  for (const std::filesystem::path& file : files) {
    std::string text;
    try {
      text = read_text_file(file, kLargestFile);
    } catch (const Error& error) {
      text = error.what();
    }
    facts.emplace_back(file.string(), std::to_string(std::hash<std::string>()(text)));
  }
  check_alike(comm, facts);
}

double tolerance_of(const Json& tolerance, const char* key) {
  const double value = read_number(member(tolerance, key), key);
  if (value >= 0 && std::isfinite(value)) return value;
  throw Malformed("`tolerance` has an impossible `" + std::string(key) + "`");
}

}  // namespace

Comparison::Comparison(const Json& test)
    : rtol_(tolerance_of(member(test, "tolerance"), "rtol")),
      atol_(tolerance_of(member(test, "tolerance"), "atol")) {
  if (rtol_ >= 1) throw Malformed("`tolerance` lets every number pass");
}

void Comparison::add(std::uint64_t step, const std::string& param, std::uint64_t index, double got,
                     double want) {
  ++compared_;
  const bool same = got == want || (std::isnan(got) && std::isnan(want));
  const double distance = std::abs(got - want);
  if (same || (std::isfinite(want) && distance <= atol_ + rtol_ * std::abs(want))) return;
  const double ranked = std::isnan(distance) ? INFINITY : distance;
  if (wrong_++ > 0 && ranked <= distance_) return;
  distance_ = ranked;
  worst_ = {step, param, index, got, want};
}

void Comparison::finish(VerifiedCase& result) const {
  if (compared_ == 0) throw Malformed("nothing is expected: there is no number to compare");
  result.status = wrong_ == 0 ? VerifiedCase::Status::passed : VerifiedCase::Status::failed;
  if (wrong_ == 0) return;
  result.worst = worst_;
  const std::string place = worst_.param.empty() ? std::string() : " of `" + worst_.param + "`";
  result.reason =
      shown(std::to_string(wrong_) + " of " + std::to_string(compared_) + " numbers differ; worst at " +
            std::to_string(worst_.step) + ", element " + std::to_string(worst_.index) + place + ": got " +
            print_number(worst_.got) + ", want " + print_number(worst_.want) + " within " +
            print_number(atol_) + " + " + print_number(rtol_) + " of it");
}

}  // namespace oracle

std::vector<VerifiedCase> verify(std::span<const std::filesystem::path> paths, Comm* comm) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path& path : paths) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
      oracle::unreadable(path, error ? error : make_error_code(std::errc::no_such_file_or_directory));
    }
    if (!std::filesystem::is_directory(status)) {
      files.push_back(path);
      continue;
    }
    const std::vector<std::filesystem::path> found = oracle::cases_under(path);
    files.insert(files.end(), found.begin(), found.end());
  }
  if (comm != nullptr) oracle::check_files(files, *comm);
  std::vector<VerifiedCase> results;
  results.reserve(files.size());
  for (const std::filesystem::path& file : files) results.push_back(oracle::verify_file(file, comm));
  return results;
}

}  // namespace thalweg
