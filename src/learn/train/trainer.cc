#include "thalweg/trainer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include "base/random.h"
#include "data/subset.h"
#include "metrics/regression.h"
#include "metrics/score.h"
#include "thalweg/error.h"
#include "train/evaluate_classes.h"
#include "train/not_finite.h"
#include "train/recording.h"
#include "train/shards.h"
#include "train/statistics.h"
#include "train/step_clock.h"

namespace thalweg {

namespace {

void check_fit(const Module& model, const Loss& loss, const Dataset& data) {
  if (model.dtype() != Dtype::f32) {
    throw Error(Code::usage,
                {"model", "the trainer works in f32", std::string(dtype_name(model.dtype())), "f32", ""});
  }
  if (model.inputs() != data.sample && model.inputs() != data.image) {
    throw Error(Code::usage, {"model", "its inputs do not fit the data", print_shape(model.inputs()),
                              print_shape(data.sample), ""});
  }
  loss.check(count(model.outputs()), data.classes > 0, data.classes > 0 ? data.classes : data.columns);
  loss.check(model.params());
}

// The data set, every part of which has as many targets as samples.
const Dataset& with_whole_parts(const Dataset& data) {
  data.train.check_lengths(data.columns, "data, training part");
  data.held_out.check_lengths(data.columns, "data, held-out part");
  data.test.check_lengths(data.columns, "data, test part");
  return data;
}

void check_fuse(const Optimizer& optimizer, const Loss& loss) {
  if (steps_apart(optimizer) && !loss.has_penalty()) return;
  const bool chain = !steps_apart(optimizer);
  throw Error(Code::usage,
              {"fuse", chain ? "the chain needs every gradient at once" : "the loss adds to gradients",
               chain ? optimizer.chain().text() : loss.text(),
               chain ? "no norms over parameters, no gates, nonfinite=report" : "no penalty on weights",
               "fuse=none"});
}

void check_shards(const TrainerOptions& options) {
  const std::size_t ranks = options.comm == nullptr ? 1 : static_cast<std::size_t>(options.comm->size());
  if (options.shards < ranks) {
    throw Error(Code::usage, {"shards", "fewer than ranks", std::to_string(options.shards),
                              "at least " + std::to_string(ranks), "a part of each batch for every rank"});
  }
  if (!options.fuse || (options.shards == 1 && options.comm == nullptr)) return;
  throw Error(Code::usage, {"fuse", "the gradient is a sum over shards", std::to_string(options.shards),
                            "shards=1, without ranks", "fuse=none"});
}

// Samples of one update; 0: all.
std::size_t samples_an_update(const TrainerOptions& options) {
  if (options.accumulate == 0) {
    throw Error(Code::usage, {"accumulate", "out of range", "0", "batches per update, at least 1", ""});
  }
  constexpr std::size_t kMost = UINT32_MAX;  // more than any data set holds
  return options.batch > kMost / options.accumulate ? kMost : options.batch * options.accumulate;
}

Loader loader_of(std::size_t samples, const TrainerOptions& options) {
  return {samples, samples_an_update(options), options.seed, options.order};
}

// The numbers of at most that many samples, drawn at random: files are periodic now and then. 0: of all.
std::vector<std::uint32_t> some_of(std::size_t samples, std::size_t most, std::uint64_t seed) {
  if (most == 0 || samples <= most) {
    std::vector<std::uint32_t> all(samples);
    std::iota(all.begin(), all.end(), 0u);
    return all;
  }
  std::vector<std::uint32_t> rows = Random(seed, Purpose::sample, 0).permutation(samples);
  rows.resize(most);
  std::ranges::sort(rows);
  return rows;
}

Augmenter augmenter_of(const Dataset& data) {
  if (!data.image.empty() && (data.image.size() != 3 || count(data.image) != count(data.sample))) {
    throw Error(Code::usage,
                {"data", "the shape of an image does not fit the samples", print_shape(data.image),
                 "{channels, height, width} of " + print_shape(data.sample), ""});
  }
  const Scaling& scaling = data.train.scaling();
  return {data.augment, data.image, static_cast<float>(-scaling.offset * scaling.factor)};
}

}  // namespace

Shape inputs_of(const Dataset& data, std::string_view model) {
  return !data.image.empty() && Module::takes_images(model) ? data.image : data.sample;
}

std::uint64_t updates_per_epoch(std::size_t samples, const TrainerOptions& options) {
  return loader_of(samples, options).updates_per_epoch();
}

std::uint64_t samples_per_epoch(std::size_t samples, const TrainerOptions& options) {
  const Loader loader = loader_of(samples, options);
  return options.order == Order::replacement ? loader.updates_per_epoch() * loader.batch() : samples;
}

Trainer::Trainer(Module& model, const Loss& loss, Optimizer& optimizer, const Dataset& data,
                 const TrainerOptions& options)
    : model_(model),
      loss_(loss.resolve(with_whole_parts(data).train.labels, data.classes)),
      optimizer_(optimizer),
      data_(data),
      options_(options),
      loader_(loader_of(data.train.size(), options)),
      chunk_(chunk_of(options)),
      recordings_(std::make_unique<Recordings>(model, options.seed, options.threads, augmenter_of(data),
                                               options.checkpoint, options.compute)),
      shards_(std::make_unique<Shards>(model, options.shards, options.comm, options.threads)),
      evaluation_chunk_(recordings_->evaluation_rows(options.accumulate > 1 ? chunk_ : kChunk)),
      counts_rows_(data.train.weights.empty() && loss_.counts_rows(data.train.labels)),
      clock_(std::make_unique<StepClock>()) {
  check_fit(model, loss_, data);
  check_shards(options);
  if (options.fuse) check_fuse(optimizer, loss_);
  if (!optimizer.chain().has("loss_scale")) return;
  throw Error(Code::usage, {"optimizer", "the trainer does not scale its loss", optimizer.chain().text(),
                            "a chain without `loss_scale`", "it is for 16-bit gradients in your own loop"});
}

Trainer::~Trainer() = default;

const StepSeconds& Trainer::step_seconds() const { return clock_->seconds(); }

void Trainer::take_targets(const Samples& samples, std::span<const std::uint32_t> rows) {
  at_hand_.labels.clear();
  at_hand_.values.clear();
  at_hand_.weights.clear();
  append_rows(samples.labels, rows, 1, at_hand_.labels);
  append_rows(samples.values, rows, data_.columns, at_hand_.values);
  append_rows(samples.weights, rows, 1, at_hand_.weights);
}

Recording& Trainer::predict(const Samples& samples, std::span<const std::uint32_t> rows,
                            std::optional<std::uint64_t> counter) {
  take_targets(samples, rows);
  Recording& recording = recordings_->gather(samples, rows, counter);
  clock_->lap(&StepSeconds::data);
  recording.tape.forward();
  if (const Mixing* mixing = recordings_->mixing(); mixing != nullptr) mix_rows(*mixing, at_hand_.values);
  return recording;
}

Recording& Trainer::predict_in_turns(const Samples& samples, std::span<const std::uint32_t> all,
                                     std::span<const std::uint32_t> rows) {
  if (options_.comm == nullptr) return predict(samples, rows);
  const auto run = [&](std::span<const std::uint32_t> own) -> std::span<const float> {
    return predict(samples, own).outputs;
  };
  const std::span<const float> outputs =
      in_turns(*options_.comm, all, rows, evaluation_chunk_, count(model_.outputs()), at_hand_.outputs, run);
  take_targets(samples, rows);
  Recording& recording = recordings_->of(rows.size(), Passes::forward);
  std::ranges::copy(outputs, recording.outputs.begin());
  return recording;
}

double Trainer::compare(Recording& recording, std::optional<double> scale) {
  const std::span<float> grad = scale ? recording.gradient : std::span<float>();
  const auto of = [&](const std::vector<std::int32_t>& labels, const std::vector<double>& weights,
                      double share, std::span<float> to) {
    return share * loss_.evaluate(recording.outputs, count(model_.outputs()),
                                  {.labels = labels, .values = at_hand_.values, .weights = weights},
                                  scale.value_or(0) * share, to);
  };
  const Mixing* mixing = recordings_->mixing();
  if (mixing == nullptr || at_hand_.labels.empty()) return of(at_hand_.labels, at_hand_.weights, 1, grad);

  // Classes are mixed in the loss: by their shares, to each of both labels.
  std::vector<std::int32_t> labels;
  std::vector<double> weights;
  for (const std::size_t partner : mixing->partners) {
    labels.push_back(at_hand_.labels[partner]);
    if (!at_hand_.weights.empty()) weights.push_back(at_hand_.weights[partner]);
  }
  std::vector<float> of_partners(grad.size());
  const double own = of(at_hand_.labels, at_hand_.weights, mixing->share, grad);
  const double other = of(labels, weights, 1 - mixing->share, of_partners);
  std::ranges::transform(grad, of_partners, grad.begin(), std::plus());
  return own + other;
}

double Trainer::mass_of(std::span<const std::uint32_t> rows) {
  if (counts_rows_) return static_cast<double>(rows.size());
  at_hand_.labels.clear();
  at_hand_.weights.clear();
  append_rows(data_.train.labels, rows, 1, at_hand_.labels);
  append_rows(data_.train.weights, rows, 1, at_hand_.weights);
  return loss_.mass({.labels = at_hand_.labels, .values = {}, .weights = at_hand_.weights}, rows.size());
}

double Trainer::pass(std::span<const std::uint32_t> rows, std::uint64_t counter, double share, Late* late) {
  double loss = 0;
  for_chunks(rows, chunk_, [&](std::span<const std::uint32_t> chunk) {
    // Step 1, the loss over the data: the model's predictions, and how far they are from the targets.
    const auto begin = static_cast<std::size_t>(chunk.data() - rows.data());
    Recording& r = predict(data_.train, chunk, counter + begin);
    loss += share * compare(r, share);
    clock_->lap(&StepSeconds::forward);

    // Step 2, backpropagation: the changes that the parameters of every layer ask for, summed over the batch.
    const bool adds = begin > 0;
    if (late != nullptr && begin + chunk.size() == rows.size()) {
      *late = {&r, adds};
      return;
    }
    r.tape.backward(r.y, adds);
    clock_->lap(&StepSeconds::backward);
  });
  return loss;
}

double Trainer::pass_shards(std::span<const std::uint32_t> batch, std::uint64_t counter, double share,
                            Late* late) {
  const auto [first, end] = shards_->begin(batch.size());
  for (std::size_t shard = first; shard < end; ++shard) {
    const auto [begin, after] = shards_->samples_of(shard);
    shards_->begin_part();
    const double loss =
        pass(batch.subspan(begin, after - begin), counter + begin, share, shard + 1 == end ? late : nullptr);
    if (after == batch.size()) loss_.add_penalty_gradient(model_.params());  // once
    shards_->end_part(shard, loss);
  }
  clock_->lap(&StepSeconds::backward);
  const double loss = shards_->finish();
  if (options_.comm == nullptr) shards_->add_up();
  return loss;
}

void Trainer::read_ahead(std::uint64_t gradients) {
  const std::span<const std::uint32_t> batch = loader_.samples(gradients);
  const auto [begin, end] = shards_->first_samples(batch.size());
  const auto rows = batch.subspan(begin, std::min(end - begin, chunk_));
  if (!rows.empty()) recordings_->gather_ahead(data_.train, rows, gradients * loader_.batch() + begin);
}

bool Trainer::goes_back_in_step() const {
  return options_.comm == nullptr ? options_.fuse : options_.overlap.gradients && !loss_.has_penalty();
}

Report Trainer::step(const Statistics& statistics) {
  const std::uint64_t came = optimizer_.gradients();  // the data continue where an update is held back
  const std::span<const std::uint32_t> batch = loader_.samples(came);
  const std::size_t samples = batch.size();
  mass_ = mass_of(batch);
  const double share = mass_ > 0 ? 1.0 / mass_ : 0.0;
  const std::uint64_t counter = came * loader_.batch();
  Late last;
  Late* const late = goes_back_in_step() ? &last : nullptr;
  clock_->start();
  double loss =
      shards_->single() ? pass(batch, counter, share, late) : pass_shards(batch, counter, share, late);
  loss += loss_.penalty(model_.params());
  if (!std::isfinite(loss) && !optimizer_.may_skip()) {
    throw Error(Code::diverged,
                {"update " + std::to_string(optimizer_.updates() + 1), "the loss is not finite",
                 std::isnan(loss) ? "nan" : "inf", "a number", kDivergedHint});
  }
  if (shards_->single()) loss_.add_penalty_gradient(model_.params());

  // Step 3, the update: every parameter moves against its gradient, by the learning rate.
  clock_->lap(&StepSeconds::backward);
  StepInput input{.statistics = statistics, .sum = shards_->sum()};
  const auto go_back = [&](const Tape::ParameterCall& ready) {
    last.recording->tape.backward(last.recording->y, last.adds, ready);
  };
  if (last.recording != nullptr) input.backward = std::ref(go_back);
  const auto read_next = [&] {
    try {
      read_ahead(came + 1);
    } catch (const std::exception&) {  // it is read, or fails, when it is wanted
    }
  };
  if (options_.comm != nullptr && options_.overlap.values) input.meanwhile = std::ref(read_next);
  Report report = optimizer_.step(input);
  clock_->lap(last.recording != nullptr ? &StepSeconds::backward : &StepSeconds::update,
              report.seconds);  // less what it measured
  clock_->stop();
  report.epoch = came / loader_.updates_per_epoch();
  report.samples = samples;
  report.loss = loss;
  return report;
}

Evaluation Trainer::evaluate_values(const Samples& samples, std::span<const std::uint32_t> all) {
  Evaluation out{.samples = all.size()};
  RegressionScore score(data_.columns, data_.target_scaling, data_.target_range);
  std::vector<double> targets;  // as the data have them; the network and its loss meet them as floats
  for_chunks(all, evaluation_chunk_, [&](std::span<const std::uint32_t> rows) {
    Recording& r = predict_in_turns(samples, all, rows);
    out.loss += compare(r);
    out.mass +=
        loss_.mass({.labels = at_hand_.labels, .values = {}, .weights = at_hand_.weights}, rows.size());
    targets.clear();
    append_rows(samples.values, rows, data_.columns, targets);
    if (tells_values(loss_)) score.add(r.outputs, targets, at_hand_.weights, count(model_.outputs()));
  });
  if (tells_values(loss_)) score.fill(out);
  return out;
}

Evaluation Trainer::evaluate(const Samples& samples, Metrics wanted, std::size_t most) {
  const bool values = data_.classes == 0;
  samples.check_lengths(data_.columns, "evaluation");
  if (samples.size() == 0 || (values ? samples.values.empty() : samples.labels.empty())) {
    throw Error(Code::data, {"evaluation", "there is nothing to compare with",
                             samples.size() == 0 ? "no samples" : "samples without targets", "", ""});
  }
  const std::vector<std::uint32_t> rows = some_of(samples.size(), most, options_.seed);
  const auto said_of = [&](std::span<const std::uint32_t> all, std::span<const std::uint32_t> some) {
    return PredictedRows{predict_in_turns(samples, all, some).outputs, at_hand_.labels, at_hand_.weights};
  };
  Evaluation out = values ? evaluate_values(samples, rows)
                          : evaluate_classes(loss_, data_, samples, rows, count(model_.outputs()),
                                             evaluation_chunk_, wanted, said_of);
  if (rows.size() < samples.size()) out.of = samples.size();
  out.loss = out.has_no_loss() ? Evaluation::kNone : out.loss / out.mass;
  return out;
}

Averaged Trainer::averaged() {
  Averaged out = optimizer_.averaged();
  if (!out.any()) return out;
  for (const Parameter* parameter : model_.statistics()) out.also(*parameter);
  find_statistics(model_, *recordings_, data_.train, options_);
  return out;
}

std::uint64_t Trainer::activation_bytes() {
  const auto record = [&](std::size_t rows, std::size_t chunk, Passes passes) {
    if (rows >= chunk) recordings_->of(chunk, passes);
    if (rows % chunk > 0) recordings_->of(rows % chunk, passes);
  };
  record(data_.train.size(), evaluation_chunk_, Passes::forward);
  record(data_.held_out.size(), evaluation_chunk_, Passes::forward);
  record(data_.test.size(), evaluation_chunk_, Passes::forward);
  record(loader_.batch(), chunk_, Passes::both);
  record(data_.train.size() % loader_.batch(), chunk_, Passes::both);
  if (optimizer_.averages() && !model_.statistics().empty())
    record(data_.train.size(), chunk_, Passes::forward);
  return recordings_->bytes();
}

Trainer::Range Trainer::run(TrainingLength length) {
  return {*this, length.epochs * updates_per_epoch() + length.updates};
}

}  // namespace thalweg
