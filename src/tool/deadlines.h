// When a training is to be saved and when it is to stop, by the clock and by signals.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

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
  std::string why() const;  // "interrupted" or "out of time"

  // True when it is time for a save, or a signal asked for one; the time counts anew from there.
  bool save_is_due();

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<Seconds> most_;
  std::optional<Seconds> between_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point saved_ = start_;
};

}  // namespace thalweg::tool
