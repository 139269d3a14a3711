// When a training is to be saved and when it is to stop, by the clock and by signals.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"

namespace thalweg::tool {

// "90s", "50min" or "1.5h", given to `option`. Throws Error(usage).
std::chrono::duration<double> read_duration(const std::string& option, const std::string& text);

class Deadlines {
 public:
  using Seconds = std::chrono::duration<double>;

  // From now on. `most`: how long the command may take; `between`: the longest time between two saves.
  Deadlines(std::optional<Seconds> most, std::optional<Seconds> between) : most_(most), between_(between) {}

  // 0, or the number of the signal to end with: the one that came, or SIGTERM, which a scheduler would send,
  // when the time is up.
  int stop() const;
  bool out_of_time() const;
  // "interrupted" or "out of time", where it is to end with the number that stop() told, here or on another
  // rank; the same in JSON.
  std::string why(int stop) const;
  // What stands with --json in the place of a result: schema, and stopped, "signal" or "time".
  JsonObject stopped(int stop) const;

  // True when it is time for a save, or a signal asked for one, which it tells once.
  bool save_is_due() const;
  // The time counts anew from here.
  void saved();

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<Seconds> most_;
  std::optional<Seconds> between_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point saved_ = start_;
};

}  // namespace thalweg::tool
