// The progress of a run on stderr: one line that is rewritten on a terminal, a line now and then elsewhere.
#pragma once

#include <chrono>
#include <string>

#include "thalweg/run.h"

namespace thalweg::tool {

// Writes a line to stderr: over the last one on a terminal, below it elsewhere.
void rewrite(const std::string& line, bool terminal);

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
  void write(const Report& report);

  const Run& run_;
  bool terminal_;
  bool quiet_;
  std::uint64_t first_;  // updates done before
  Report last_;
  Clock::time_point start_;
  Clock::time_point shown_;
};

}  // namespace thalweg::tool
