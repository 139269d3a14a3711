// thalweg_train and thalweg_run_...: runs with their directories.
#include "thalweg/run.h"

#include "c_abi/call.h"
#include "c_abi/objects.h"
#include "thalweg/folds.h"

namespace thalweg::c {
namespace {

struct Predicted {
  RunPredictions predictions;
  std::vector<const char*> names, ids;
};

struct Progress {
  thalweg_progress call;
  void* context;
};

// To the end, which is told; false where `progress` stopped it: saved then.
bool train(Run& run, const Progress& progress) {
  Params none;
  Report report;
  while (run.next(report)) {
    report.nonfinite_parameter = nullptr;  // of a model that the caller does not see
    const thalweg_report told = report_of(report, none);
    if (progress.call == nullptr ||
        progress.call(progress.context, &told, report.loss, run.total_updates()) == 0)
      continue;
    if (run.done()) break;
    run.save();
    run.wait();
    return false;
  }
  return true;
}

std::string go_on(Run run, const Progress& progress) {
  return train(run, progress) ? run.finish().json : std::string();
}

std::string go_on(Folds folds, const Progress& progress) {
  for (std::uint64_t fold = 1; fold <= folds.count(); ++fold) {
    Run run = folds.open(fold);
    if (run.finished()) continue;
    if (!train(run, progress)) return {};
    run.finish();
  }
  return folds.finish().json;
}

void give_result(const char** result, const std::string& json) {
  if (result != nullptr) give_text(result, json);
}

RunConfig read_settings(const char* settings) {
  RunSettings read(RunConfig{.threads = 0});
  read.read_text(need_text(settings, "settings"));
  return read.config();
}

}  // namespace
}  // namespace thalweg::c

using namespace thalweg;     // NOLINT: the functions below stand in no namespace
using namespace thalweg::c;  // NOLINT

thalweg_status thalweg_train(const char* settings, const char* directory, thalweg_progress progress,
                             void* context, const char** result) {
  return call([&] {
    give_result(result, go_on(Run::create(read_settings(settings), text_or(directory, "")),
                              Progress{progress, context}));
  });
}

thalweg_status thalweg_train_folds(const char* settings, uint64_t folds, const char* directory,
                                   thalweg_progress progress, void* context, const char** result) {
  return call([&] {
    give_result(result, go_on(Folds::create(read_settings(settings), folds, text_or(directory, "")),
                              Progress{progress, context}));
  });
}

thalweg_status thalweg_run_resume(const char* directory, int threads, thalweg_progress progress,
                                  void* context, const char** result) {
  return call([&] {
    const std::string where(need_text(directory, "directory"));
    const Progress told{progress, context};
    const int most = read_threads(threads);
    give_result(result, Folds::are_in(where) ? go_on(Folds::resume(where, most), told)
                                             : go_on(Run::resume(where, {.threads = most}), told));
  });
}

thalweg_status thalweg_run_evaluate(const char* directory, const char* data, const char* checkpoint,
                                    int threads, const char** json) {
  return call([&] {
    give_text(json, evaluate_run(need_text(directory, "directory"), text_or(data, ""), read_threads(threads),
                                 text_or(checkpoint, ""))
                        .json());
  });
}

thalweg_status thalweg_run_predict(const char* directory, const char* data, const char* checkpoint,
                                   int threads, thalweg_predicted** predicted) {
  return call([&] {
    auto made = std::make_shared<Predicted>();
    made->predictions = predict_run(need_text(directory, "directory"), text_or(data, ""),
                                    read_threads(threads), text_or(checkpoint, ""));
    for (const std::string& name : made->predictions.names) made->names.push_back(name.c_str());
    for (const std::string& id : made->predictions.ids) made->ids.push_back(id.c_str());
    give_handle(predicted, Kind::predicted, std::move(made));
  });
}

thalweg_status thalweg_predicted_read(const thalweg_predicted* predicted, thalweg_predictions* read) {
  return call([&] {
    const auto& [p, names, ids] = object_of<Predicted>(Kind::predicted, predicted);
    write_struct(
        read, thalweg_predictions{sizeof(thalweg_predictions), static_cast<std::size_t>(p.rows), names.size(),
                                  p.classes ? 1 : 0, names.data(), p.numbers.data(),
                                  p.classes ? p.best.data() : nullptr, ids.empty() ? nullptr : p.id.c_str(),
                                  ids.empty() ? nullptr : ids.data()});
  });
}

thalweg_status thalweg_predicted_destroy(thalweg_predicted* predicted) {
  return destroy(Kind::predicted, predicted);
}
