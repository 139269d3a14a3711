// Replays expected values made by other libraries through the engine. Safe to call from several threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace thalweg {

class Comm;

// The element of a failed comparison that is furthest from what was wanted.
struct WorstElement {
  std::uint64_t step = 0;   // the update after which it was found, or the point of a schedule
  std::string param;        // empty for a schedule
  std::uint64_t index = 0;  // of the element, row-major; of the point or the group for a schedule
  double got = 0;
  double want = 0;
};

struct VerifiedCase {
  enum class Status { passed, failed, skipped };
  std::string file;       // the path as given and joined
  std::string kind;       // empty when the file is not a case
  std::string algorithm;  // empty when the case has none
  Status status = Status::skipped;
  std::string reason;  // one line: why it failed, or all the reasons for skipping it, separated by "; "
  std::optional<WorstElement> worst;
};

// Replays expected values made by other libraries through the public engine, in f64. Paths are files or
// folders, which are searched for *.json at any depth, in order of name. A file that is not a case fails; a
// case that needs what the engine does not have, or whose formula differs from the engine's, is skipped by
// name. Throws Error(data) for a path that does not exist.
//
// With ranks, on all of them together: they step every case, with the state spread over them and a gradient
// that one of them has, and each returns the same. Throws Error(usage) on all where a rank has other files.
std::vector<VerifiedCase> verify(std::span<const std::filesystem::path> paths, Comm* comm = nullptr);

// One object: passed, failed and skipped, how many; cases, each with its members here.
std::string verified_json(std::span<const VerifiedCase> cases);

}  // namespace thalweg
