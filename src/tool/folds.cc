#include "tool/folds.h"

#include <fmt/core.h>

#include "thalweg/lab/page.h"
#include "tool/command.h"
#include "tool/progress.h"
#include "tool/signals.h"

namespace thalweg::tool {
namespace {

// To its end; false where a signal or the time stopped it, saved.
bool train_fold(Run& run, Deadlines& deadlines, bool quiet) {
  Progress progress(run, quiet);
  Report report;
  while (deadlines.stop() == 0 && run.next(report)) {
    progress.show(report);
    if (deadlines.save_is_due()) {
      run.save();
      deadlines.saved();
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

int interrupted(const Folds& folds, std::uint64_t fold, const Deadlines& deadlines, bool json) {
  if (json) {
    JsonObject stopped = deadlines.stopped(deadlines.stop());
    stopped.add("run", folds.directory().string()).add("fold", fold).add("folds", folds.count());
    print(stopped.text() + "\n");
  }
  note(fmt::format("{}: saved in fold {} of {}; continue with `thalweg train --resume {}`",
                   deadlines.why(deadlines.stop()), fold, folds.count(),
                   visible(folds.directory().string())));
  return kSignalled + deadlines.stop();
}

}  // namespace

int train_folds(Folds folds, Deadlines& deadlines, bool json, bool quiet) {
  for (std::uint64_t fold = 1; fold <= folds.count(); ++fold) {
    std::optional<Run> opened = folds.open(fold, [&] { return deadlines.stop() != 0; });
    if (!opened) return interrupted(folds, fold, deadlines, json);
    Run& run = *opened;
    if (run.finished()) continue;
    if (!quiet) note(fmt::format("fold {} of {}", fold, folds.count()));
    if (fold == 1) {  // the others say the same of other rows
      for (const std::string& line : run.notes()) note(line);
    }
    if (!train_fold(run, deadlines, quiet)) return interrupted(folds, fold, deadlines, json);
  }
  const FoldsResult result = folds.finish();
  write_folds_page(folds.directory());
  const std::string where = visible(folds.directory().string());
  print(json ? result.json
             : result.text() + fmt::format("\nruns       {0}/fold-1 to fold-{1}\npage       {0}/report.html\n"
                                           "one model  thalweg train --config {0}/folds.toml --held-out 0\n",
                                           where, folds.count()));
  return kOk;
}

}  // namespace thalweg::tool
