// thalweg_model_... and thalweg_trainer_...: networks trained on the caller's samples.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

#include "c_abi/call.h"
#include "c_abi/objects.h"
#include "metrics/json.h"
#include "thalweg/trainer.h"
#include "train/recording.h"
#include "train/trial.h"

namespace thalweg::c {
namespace {

Module& model_of(const thalweg_model* handle) { return object_of<Module>(Kind::model, handle); }

// A trainer with all that it trains; the model is also the caller's.
struct HeldTrainer {
  HeldTrainer(std::shared_ptr<Module> of, Loss minimised) : model(std::move(of)), loss(std::move(minimised)) {
    data.sample = model->inputs();
  }

  std::shared_ptr<Module> model;
  Dataset data;
  Loss loss;
  std::shared_ptr<BoundOptimizer> optimizer;
  std::optional<Trainer> trainer;

  // The updates of an epoch so far: their loss, and what its mean divides by.
  double sum = 0;
  double mass = 0;
};
HeldTrainer& trainer_of(const thalweg_trainer* handle) {
  return object_of<HeldTrainer>(Kind::trainer, handle);
}

[[noreturn]] void fail(const char* where, const std::string& what, const std::string& got,
                       const std::string& want) {
  throw Error(Code::usage, {where, what, got, want, ""});
}

void check_labels(const thalweg_samples& given, const Loss& loss) {
  for (std::size_t row = 0; row < given.rows; ++row) {
    if (given.labels[row] >= 0 && static_cast<std::size_t>(given.labels[row]) < given.classes) continue;
    if (loss.ignores(given.labels[row])) continue;
    fail("labels", "no such class", std::to_string(given.labels[row]) + " at row " + std::to_string(row),
         "0 to classes - 1, of " + std::to_string(given.classes));
  }
}

template <class T>
void check_finite(const char* where, const T* numbers, std::size_t columns, std::size_t rows) {
  for (std::size_t i = 0; i < rows * columns; ++i) {
    if (std::isfinite(numbers[i])) continue;
    fail(where, "not a number",
         "row " + std::to_string(i / columns) + ", column " + std::to_string(i % columns), "finite numbers");
  }
}

// The samples as one part of a data set, with what they are targets of.
Samples read_samples(const thalweg_samples* samples, std::size_t features, const Loss& loss, Dataset& of) {
  const thalweg_samples given = read_struct<thalweg_samples>(&need(samples, "samples"), THALWEG_SAMPLES_INIT);
  if (given.features != features) {
    fail("samples", "not what the model takes", std::to_string(given.features) + " features",
         std::to_string(features));
  }
  if (given.labels != nullptr && given.values != nullptr)
    fail("samples", "labels and values", "both", "one of them");
  if (given.rows > 0) check_finite("inputs", &need(given.inputs, "inputs"), features, given.rows);
  Samples out;
  out.assign(features, std::vector<float>(given.inputs, given.inputs + given.rows * features));
  out.rows.resize(given.rows);
  for (std::size_t row = 0; row < given.rows; ++row) out.rows[row] = static_cast<std::uint32_t>(row);
  if (given.labels != nullptr) {
    check_labels(given, loss);
    of.classes = given.classes;
    out.labels.assign(given.labels, given.labels + given.rows);
  } else if (given.values != nullptr) {
    check_finite("values", given.values, given.columns, given.rows);
    of.columns = given.columns;
    of.target_scaling.assign(given.columns, {});
    out.values.assign(given.values, given.values + given.rows * given.columns);
  }
  if (given.weights != nullptr) {
    check_finite("weights", given.weights, 1, given.rows);
    out.weights.assign(given.weights, given.weights + given.rows);
    const auto negative = std::ranges::find_if(out.weights, [](double w) { return w < 0; });
    if (negative != out.weights.end()) {
      fail("weights", "below 0", "row " + std::to_string(negative - out.weights.begin()), "at least 0");
    }
  }
  return out;
}

TrainerOptions read_trainer_options(const thalweg_trainer_options& given) {
  return {.batch = given.batch,
          .accumulate = given.accumulate,
          .order = parse_order(text_or(given.order, "shuffle")),
          .seed = given.seed,
          .threads = read_threads(given.threads),
          .chunk = given.chunk,
          .checkpoint = given.checkpoint,
          .compute = parse_compute(text_or(given.compute, "f32")),
          .fuse = given.fuse != 0,
          .statistics_batches = given.statistics_batches};
}

// Of the weights that are to be evaluated.
Evaluation evaluate(HeldTrainer& held, const thalweg_samples* samples, Metrics wanted) {
  Dataset of;
  const Samples part =
      read_samples(samples, static_cast<std::size_t>(count(held.data.sample)), held.loss, of);
  if (part.size() == 0 || of.classes != held.data.classes || of.columns != held.data.columns) {
    fail("samples", "not like those that are trained on",
         std::to_string(part.size()) + " rows, " + std::to_string(of.classes) + " classes, " +
             std::to_string(of.columns) + " columns",
         "some rows, " + std::to_string(held.data.classes) + " classes, " +
             std::to_string(held.data.columns) + " columns");
  }
  const Averaged averaged = held.optimizer->averaged ? Averaged() : held.trainer->averaged();
  return held.trainer->evaluate(part, wanted);
}

thalweg_evaluation evaluation_of(const Evaluation& e) {
  const ClassMetrics& c = e.classes;
  return {.struct_size = sizeof(thalweg_evaluation),
          .samples = e.samples,
          .loss = e.loss,
          .accuracy = e.accuracy,
          .r2 = e.r2,
          .mae = e.mae,
          .rmse = e.rmse,
          .baseline = e.baseline,
          .balanced_accuracy = c.balanced_accuracy,
          .precision = c.precision.macro,
          .recall = c.recall.macro,
          .f1 = c.f1.macro,
          .auc = c.auc.macro,
          .average_precision = c.average_precision.macro,
          .log_loss = c.log_loss};
}

// One update, counted into the epoch; its loss.
double step(HeldTrainer& held, Report& report) {
  const Use optimizer(*held.optimizer);
  optimizer->at_work();
  report = held.trainer->step();
  held.optimizer->last = report;
  if (std::isfinite(report.loss)) {
    held.sum += report.loss * held.trainer->mass();
    held.mass += held.trainer->mass();
  }
  return report.loss;
}

}  // namespace
}  // namespace thalweg::c

using namespace thalweg;     // NOLINT: the functions below stand in no namespace
using namespace thalweg::c;  // NOLINT

thalweg_status thalweg_model_create(const char* text, size_t rank, const int64_t* inputs, uint64_t seed,
                                    thalweg_model** model) {
  return call([&] {
    const Shape shape = read_shape(rank, inputs);
    give_handle(model, Kind::model,
                std::make_shared<Module>(make_model(need_text(text, "text"), shape, seed)));
  });
}

thalweg_status thalweg_model_destroy(thalweg_model* model) { return destroy(Kind::model, model); }

thalweg_status thalweg_model_params(thalweg_model* model, thalweg_params** params) {
  return call([&] {
    const auto whole = shared_object<Module>(Kind::model, model);
    give_handle(params, Kind::params, std::shared_ptr<Params>(whole, &whole->params()));
  });
}

thalweg_status thalweg_model_print(const thalweg_model* model, const char** text) {
  return call([&] { give_text(text, model_of(model).text()); });
}

thalweg_status thalweg_model_outputs(const thalweg_model* model, size_t* outputs) {
  return call([&] { need(outputs, "outputs") = static_cast<std::size_t>(count(model_of(model).outputs())); });
}

thalweg_status thalweg_model_predict(thalweg_model* model, size_t rows, const float* inputs, int threads,
                                     float* outputs) {
  return call([&] {
    Module& m = model_of(model);
    const auto features = static_cast<std::size_t>(count(m.inputs()));
    if (rows == 0) return;
    Samples samples;
    samples.assign(features, std::vector<float>(&need(inputs, "inputs"), inputs + rows * features));
    float* next = &need(outputs, "outputs");
    for_each_output(m, samples, read_threads(threads), [&](std::uint32_t, std::span<const float> one) {
      next = std::ranges::copy(one, next).out;
    });
  });
}

thalweg_status thalweg_trainer_create(thalweg_model* model, const char* loss, const char* optimizer,
                                      const thalweg_samples* samples, const thalweg_trainer_options* options,
                                      thalweg_trainer** trainer) {
  return call([&] {
    const auto given = read_struct<thalweg_trainer_options>(options, THALWEG_TRAINER_OPTIONS_INIT);
    const TrainerOptions how = read_trainer_options(given);
    auto held = std::make_shared<HeldTrainer>(shared_object<Module>(Kind::model, model),
                                              Loss(need_text(loss, "loss")));
    held->data.train =
        read_samples(samples, static_cast<std::size_t>(count(held->data.sample)), held->loss, held->data);
    const Chain chain =
        Chain(need_text(optimizer, "optimizer")).resolve(lengths_of(epochs(given.epochs), held->data, how));
    auto bound = std::make_shared<BoundOptimizer>();
    bound->params = std::shared_ptr<Params>(held->model, &held->model->params());
    bound->optimizer = std::make_shared<Optimizer>(
        *bound->params, chain,
        OptimizerOptions{.threads = how.threads, .nonfinite = read_nonfinite(given.nonfinite)});
    held->optimizer = std::move(bound);
    held->trainer.emplace(*held->model, held->loss, *held->optimizer->optimizer, held->data, how);
    held->optimizer->lend = [trainer = &*held->trainer] { return trainer->averaged(); };
    give_handle(trainer, Kind::trainer, std::move(held));
  });
}

thalweg_status thalweg_trainer_destroy(thalweg_trainer* trainer) { return destroy(Kind::trainer, trainer); }

thalweg_status thalweg_trainer_step(thalweg_trainer* trainer, thalweg_report* report, double* loss) {
  return call([&] {
    HeldTrainer& held = trainer_of(trainer);
    if (report != nullptr) check_struct_size(report->struct_size);
    Report done;
    const double of_batch = step(held, done);
    if (loss != nullptr) *loss = of_batch;
    if (report == nullptr) return;
    thalweg_report out = report_of(done, *held.optimizer->params);
    out.mass = held.trainer->mass();
    write_struct(report, out);
  });
}

thalweg_status thalweg_trainer_epoch(thalweg_trainer* trainer, double* loss) {
  return call([&] {
    HeldTrainer& held = trainer_of(trainer);
    const std::uint64_t per_epoch = held.trainer->updates_per_epoch();
    Report report;
    do {
      step(held, report);
    } while (held.optimizer->optimizer->gradients() % per_epoch != 0);
    if (loss != nullptr) *loss = held.mass > 0 ? held.sum / held.mass : NAN;
    held.sum = 0;
    held.mass = 0;
  });
}

thalweg_status thalweg_trainer_evaluate(thalweg_trainer* trainer, const thalweg_samples* samples,
                                        thalweg_evaluation* evaluation) {
  return call([&] {
    const std::size_t size = need(evaluation, "the structure to be filled").struct_size;
    check_struct_size(size);
    const bool scores = size > offsetof(thalweg_evaluation, auc);
    const Evaluation e = evaluate(trainer_of(trainer), samples, scores ? Metrics::all : Metrics::counted);
    write_struct(evaluation, evaluation_of(e));
  });
}

thalweg_status thalweg_trainer_evaluate_json(thalweg_trainer* trainer, const thalweg_samples* samples,
                                             const char** json) {
  return call([&] {
    JsonObject object;
    give_text(json, add_evaluation(object, evaluate(trainer_of(trainer), samples, Metrics::all)).text());
  });
}

thalweg_status thalweg_trainer_optimizer(thalweg_trainer* trainer, thalweg_optimizer** optimizer) {
  return call([&] {
    const auto held = shared_object<HeldTrainer>(Kind::trainer, trainer);
    give_handle(optimizer, Kind::optimizer, std::shared_ptr<BoundOptimizer>(held, held->optimizer.get()));
  });
}
