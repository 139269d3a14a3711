#include "tool/progress.h"

#include <unistd.h>
#include <algorithm>

#include <cmath>
#include <cstdio>

#include <fmt/core.h>

#include "tool/command.h"
#include "tool/ranks.h"

namespace thalweg::tool {
namespace {

constexpr double kTerminalSeconds = 0.1;  // between two lines
constexpr double kFileSeconds = 5;

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::ceil(seconds));
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string loss_text(double loss) {
  constexpr double kLong = 1e5;
  return std::fabs(loss) < kLong ? fmt::format("{:.4f}", loss) : fmt::format("{:.4g}", loss);
}

}  // namespace

StatusLine::StatusLine(bool quiet)
    : quiet_(quiet || is_another_rank()), terminal_(::isatty(STDERR_FILENO) == 1) {}

void StatusLine::show(const std::string& line) const {
  if (quiet_) return;
  // \x1b[K clears what a longer line left there.
  std::fputs(((terminal_ ? "\r" : "") + visible(line) + (terminal_ ? "\x1b[K" : "\n")).c_str(), stderr);
  std::fflush(stderr);
}

void StatusLine::end() const {
  if (!quiet_ && terminal_) note("");
}

Progress::Progress(const Run& run, bool quiet)
    : run_(run),
      status_(quiet),
      first_(run.updates()),
      start_(Clock::now()),
      shown_(start_ - std::chrono::hours(1)) {}

void Progress::show(const Report& report) {
  last_ = report;
  const double silent = std::chrono::duration<double>(Clock::now() - shown_).count();
  if (silent < (status_.terminal() ? kTerminalSeconds : kFileSeconds)) return;
  shown_ = Clock::now();
  status_.show(line(report));
}

void Progress::end() {
  if (last_.update == 0) return;
  status_.show(line(last_));
  status_.end();
  last_ = {};  // it is told once
}

std::string Progress::line(const Report& report) const {
  const double spent = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = static_cast<double>(report.update - first_) / std::fmax(spent, 1e-9);
  const double left = static_cast<double>(run_.total_updates() - report.update) / rate;
  std::string out =
      fmt::format("epoch {}/{}  update {}/{}  loss {}", std::min(report.epoch + 1, *run_.config().epochs),
                  *run_.config().epochs, report.update, run_.total_updates(), loss_text(report.loss));
  if (const auto& epoch = run_.last_epoch(); epoch && epoch->test) {
    const Evaluation& e = *epoch->test;
    const std::string r2 = std::isnan(e.mae)          ? ""
                           : e.r2_undefined().empty() ? fmt::format(", R2 {:.3f}", e.r2)
                                                      : ", R2 undefined";
    out += std::isnan(e.accuracy) ? fmt::format("  held-out loss {}{}", loss_text(e.loss), r2)
                                  : fmt::format("  held out {:.2f} %", 100 * e.accuracy);
    if (e.is_dominated()) out += fmt::format(", balanced {:.2f} %", 100 * e.classes.balanced_accuracy);
    if (epoch->monitored)
      out += fmt::format(", {} {:.4f}", run_.config().early_stopping.monitor, *epoch->monitored);
  }
  out += fmt::format("  lr {:.3g}  {:.0f} updates/s", report.lr, rate);
  constexpr double kTelling = 1;  // seconds, before which a rate says nothing of the rest
  return spent < kTelling && left > 0 ? out : out + fmt::format("  {} left", clock_text(left));
}

}  // namespace thalweg::tool
