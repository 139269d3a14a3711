// Pages of runs: HTML files that open from disk and make no network requests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace thalweg {

// Reads the run directory `run` (metrics.jsonl, config.toml, and what else is there of result.json, plan.txt,
// details.jsonl, examples.json, environment.json) and replaces `out`, by default `run`/report.html. Throws
// Error(data) when `run` is not a run directory or a file of it is malformed, with file and line;
// Error(resource) when the page cannot be written.
void write_page(const std::filesystem::path& run, const std::filesystem::path& out = {});

// The same of several runs, their curves overlaid; at least two. Throws Error(usage) for fewer.
void write_page(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& out);

// The page of a directory of folds (folds.h), of the metrics over them and of their runs; by default
// `folds`/report.html. Throws Error(data) where folds.json is missing or malformed, and as above.
void write_folds_page(const std::filesystem::path& folds, const std::filesystem::path& out = {});

// The pages of all runs in a folder, live, for this machine only: an HTTP server on 127.0.0.1. It answers GET
// for /, the index; /all, the runs overlaid; and /run/NAME, one of the runs of the index; nothing
// else, and no request whose Host is not this machine. The pages reload themselves every few seconds. A run
// is said to be finished, diverged, running, interrupted or died; one that is being written, restarts or is
// malformed is shown as it was when it could last be read, and what /all leaves out is named with the reason.
class Watch {
 public:
  // Listens at once. `folder` holds run directories, or is one; it may still be empty. port 0: any free one.
  // Throws Error(data) when `folder` does not exist, Error(resource) when it cannot listen.
  explicit Watch(const std::filesystem::path& folder, std::uint16_t port = 0);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8420/"

  // Serves until `done` returns true; it is called several times per second.
  void serve(const std::function<bool()>& done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
