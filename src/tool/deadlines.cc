#include "tool/deadlines.h"

#include <csignal>

#include "base/spec.h"
#include "thalweg/error.h"
#include "tool/signals.h"

namespace thalweg::tool {

std::chrono::duration<double> read_duration(const std::string& option, const std::string& text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  for (const Unit& unit : {Unit{"min", 60}, Unit{"s", 1}, Unit{"h", 3600}}) {
    if (!text.ends_with(unit.name)) continue;
    const std::string_view number = std::string_view(text).substr(0, text.size() - unit.name.size());
    const std::optional<double> value = read_exactly<double>(number);
    const double seconds = value.value_or(-1) * unit.seconds;
    if (seconds > 0 && seconds <= 1e9) return std::chrono::duration<double>(seconds);
  }
  throw Error(Code::usage,
              {option, "not a time", "`" + text + "`", "a number with s, min or h, such as 50min", ""});
}

int Deadlines::stop() const {
  if (caught_signal() != 0) return caught_signal();
  return out_of_time() ? SIGTERM : 0;
}

bool Deadlines::out_of_time() const { return most_ && Clock::now() - start_ >= *most_; }

std::string Deadlines::why(int stop) const {
  if (caught_signal() == 0 && !out_of_time()) return "another rank was ended";
  return caught_signal() == stop ? "interrupted" : "out of time";
}

JsonObject Deadlines::stopped(int stop) const {
  return JsonObject()
      .add("schema", 1)
      .add("stopped", out_of_time() && caught_signal() != stop ? "time" : "signal");
}

bool Deadlines::save_is_due() const {
  const auto now = Clock::now();
  const bool asked = asked_to_save();
  return asked || (between_ && now - saved_ >= *between_);
}

void Deadlines::saved() {
  (void)asked_to_save();
  saved_ = Clock::now();
}

}  // namespace thalweg::tool
