// How far a long command is, on stderr: one line that is rewritten on a terminal, a line now and then
// elsewhere.
#pragma once

#include <chrono>
#include <string>

#include "thalweg/run.h"

namespace thalweg::tool {

class StatusLine {
 public:
  explicit StatusLine(bool quiet);

  bool terminal() const { return terminal_; }
  // Over the last one on a terminal, below it elsewhere; nothing when quiet, or on another rank.
  void show(const std::string& line) const;
  void end() const;

 private:
  bool quiet_;
  bool terminal_;
};

// Of a run.
class Progress {
 public:
  Progress(const Run& run, bool quiet);

  // Shows the state after an update, when it is time to.
  void show(const Report& report);

  // Shows the last state and ends the line.
  void end();

 private:
  using Clock = std::chrono::steady_clock;

  std::string line(const Report& report) const;

  const Run& run_;
  StatusLine status_;
  std::uint64_t first_;  // updates done before
  Report last_;
  Clock::time_point start_;
  Clock::time_point shown_;
};

}  // namespace thalweg::tool
