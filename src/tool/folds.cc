#include "tool/folds.h"

#include <algorithm>
#include <atomic>

#include <fmt/core.h>

#include "comm/spread_jobs.h"
#include "thalweg/lab/page.h"
#include "tool/command.h"
#include "tool/progress.h"
#include "tool/ranks.h"
#include "tool/signals.h"

namespace thalweg::tool {
namespace {

// The folds of this rank, one at a time. Each comes to kTrained, or to nothing where it was stopped and
// saved.
class OwnFolds {
 public:
  OwnFolds(Folds& folds, Deadlines& deadlines, bool quiet)
      : folds_(folds), deadlines_(deadlines), quiet_(quiet) {}

  static constexpr const char* kTrained = "trained";
  std::string train(std::uint64_t fold) {
    if (asked()) return "";
    std::optional<Run> opened = folds_.open(fold, [&] { return asked(); });
    if (!opened) return "";
    Run& run = *opened;
    if (run.finished()) return kTrained;
    if (!quiet_) note(fmt::format("fold {} of {}", fold, folds_.count()));
    if (fold == 1) {  // the others say the same of other rows
      for (const std::string& line : run.notes()) note(line);
    }
    return train(run) ? kTrained : "";
  }

  // Some rank was told to.
  void stop() { stop_ = true; }

 private:
  bool asked() const { return stop_ || deadlines_.stop() != 0; }

  bool train(Run& run) {
    Progress progress(run, quiet_);
    Report report;
    while (!asked() && run.next(report)) {
      progress.show(report);
      if (deadlines_.save_is_due()) {
        run.save();
        deadlines_.saved();
      }
    }
    progress.end();
    if (!run.done()) {
      run.save();
      run.wait();
      return false;
    }
    run.finish();
    write_page(run.directory());
    return true;
  }

  Folds& folds_;
  Deadlines& deadlines_;
  const bool quiet_;
  std::atomic<bool> stop_{false};
};

int interrupted(const Folds& folds, std::uint64_t fold, const Deadlines& deadlines, int stop, bool json) {
  if (json) {
    JsonObject stopped = deadlines.stopped(stop);
    stopped.add("run", folds.directory().string()).add("fold", fold).add("folds", folds.count());
    print(stopped.text() + "\n");
  }
  note(fmt::format("{}: saved in fold {} of {}; continue with `thalweg train --resume {}`",
                   deadlines.why(stop), fold, folds.count(), visible(folds.directory().string())));
  return kSignalled + stop;
}

}  // namespace

int train_folds(Folds folds, Deadlines& deadlines, bool json, bool quiet, Comm* comm) {
  constexpr double kPatience = 0.2;  // seconds between two looks at signals and the clock
  OwnFolds own(folds, deadlines, quiet);
  SpreadJobs jobs(comm, folds.count(), 1,
                  [&](std::size_t job, const std::atomic<bool>&) { return own.train(job + 1); });
  std::uint64_t cut_off = 0;  // the first fold that is
  for (std::uint64_t ended = 0; ended < folds.count();) {
    const std::optional<SpreadJobs::Ended> end = jobs.next(kPatience);
    ended += end ? 1 : 0;
    if (end && end->result != OwnFolds::kTrained)
      cut_off = cut_off == 0 ? end->job + 1 : std::min<std::uint64_t>(cut_off, end->job + 1);
    if (most_of_ranks(comm, deadlines.stop()) != 0) own.stop();
  }
  if (cut_off > 0) return interrupted(folds, cut_off, deadlines, most_of_ranks(comm, deadlines.stop()), json);
  const FoldsResult result = folds.finish();
  if (is_another_rank()) return kOk;
  write_folds_page(folds.directory());
  const std::string where = visible(folds.directory().string());
  print(json ? result.json
             : result.text() + fmt::format("\nruns       {0}/fold-1 to fold-{1}\npage       {0}/report.html\n"
                                           "one model  thalweg train --config {0}/folds.toml --held-out 0\n",
                                           where, folds.count()));
  return kOk;
}

}  // namespace thalweg::tool
