#include "thalweg/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "data/subset.h"
#include "thalweg/error.h"
#include "train/diverged.h"
#include "train/recording.h"
#include "train/score.h"

namespace thalweg {

namespace {

void check_fit(const Module& model, const Loss& loss, const Dataset& data) {
  if (model.dtype() != Dtype::f32) {
    throw Error(Code::usage,
                {"model", "the trainer works in f32", std::string(dtype_name(model.dtype())), "f32", ""});
  }
  if (model.inputs() != data.sample) {
    throw Error(Code::usage, {"model", "its inputs do not fit the data", print_shape(model.inputs()),
                              print_shape(data.sample), ""});
  }
  loss.check(count(model.outputs()), data.classes > 0, data.classes > 0 ? data.classes : data.columns);
  loss.check(model.params());
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

Augmenter augmenter_of(const Dataset& data) {
  if (!data.image.empty() && (data.image.size() != 3 || count(data.image) != count(data.sample))) {
    throw Error(Code::usage,
                {"data", "the shape of an image does not fit the samples", print_shape(data.image),
                 "{channels, height, width} of " + print_shape(data.sample), ""});
  }
  const Scaling& scaling = data.train.scaling();
  return {data.augment, data.image, static_cast<float>(-scaling.offset * scaling.factor)};
}

// Seconds since it was made or asked last.
class Stopwatch {
 public:
  double lap() {
    const Clock::time_point now = Clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

}  // namespace

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
      loss_(loss),
      optimizer_(optimizer),
      data_(data),
      loader_(loader_of(data.train.size(), options)),
      chunk_(options.batch == 0 ? kChunk : std::min(options.batch, kChunk)),
      evaluation_chunk_(options.accumulate > 1 ? chunk_ : kChunk),
      recordings_(std::make_unique<Recordings>(model, options.seed, options.threads, augmenter_of(data))) {
  check_fit(model, loss, data);
  if (!optimizer.chain().has("loss_scale")) return;
  throw Error(Code::usage, {"optimizer", "the trainer does not scale its loss", optimizer.chain().text(),
                            "a chain without `loss_scale`", "it is for 16-bit gradients in your own loop"});
}

Trainer::~Trainer() = default;

Recording& Trainer::predict(const Samples& samples, std::span<const std::uint32_t> rows,
                            std::optional<std::uint64_t> counter) {
  labels_.clear();
  values_.clear();
  append_rows(samples.labels, rows, 1, labels_);
  append_rows(samples.values, rows, data_.columns, values_);
  Recording& recording = recordings_->forward(samples, rows, counter);
  if (const Mixing* mixing = recordings_->mixing(); mixing != nullptr) mix_rows(*mixing, values_);
  return recording;
}

double Trainer::compare(Recording& recording, double scale) {
  const std::span<const float> predictions = recording.tape.value<float>(recording.y);
  const std::span<float> grad = scale != 0 ? recording.tape.grad<float>(recording.y) : std::span<float>();
  const std::size_t columns = count(model_.outputs());
  const Mixing* mixing = recordings_->mixing();
  if (mixing == nullptr || labels_.empty())
    return loss_.evaluate(predictions, columns, {labels_, values_}, scale, grad);

  // Classes are mixed in the loss: by their shares, to each of both labels.
  std::vector<std::int32_t> others;
  for (const std::size_t partner : mixing->partners) others.push_back(labels_[partner]);
  std::vector<float> of_others(grad.size());
  const double own = mixing->share, other = 1 - own;
  const double loss = own * loss_.evaluate(predictions, columns, {labels_, {}}, scale * own, grad) +
                      other * loss_.evaluate(predictions, columns, {others, {}}, scale * other, of_others);
  std::ranges::transform(grad, of_others, grad.begin(), std::plus());
  return loss;
}

Report Trainer::step(const Statistics& statistics) {
  const std::uint64_t came = optimizer_.gradients();  // the data continue where an update is held back
  const std::span<const std::uint32_t> batch = loader_.samples(came);
  const double share = 1.0 / static_cast<double>(batch.size());
  double loss = 0;
  bool first = true;
  const double gathered = recordings_->gather_seconds();
  Stopwatch watch;
  for_chunks(batch, chunk_, [&](std::span<const std::uint32_t> rows) {
    // Step 1, the loss over the data: the model's predictions, and how far they are from the targets.
    const auto begin = static_cast<std::size_t>(rows.data() - batch.data());
    Recording& r = predict(data_.train, rows, came * loader_.batch() + begin);
    loss += share * compare(r, share);
    step_seconds_.forward += watch.lap();

    // Step 2, backpropagation: the changes that the parameters of every layer ask for, summed over the batch.
    r.tape.backward(r.y, !std::exchange(first, false));
    step_seconds_.backward += watch.lap();
  });
  const double data = recordings_->gather_seconds() - gathered;
  step_seconds_.data += data;
  step_seconds_.forward -= data;
  loss += loss_.penalty(model_.params());
  if (!std::isfinite(loss) && !optimizer_.may_skip()) {
    throw Error(Code::diverged,
                {"update " + std::to_string(optimizer_.updates() + 1), "the loss is not finite",
                 std::isnan(loss) ? "nan" : "inf", "a number", kDivergedHint});
  }

  loss_.add_penalty_gradient(model_.params());

  // Step 3, the update: every parameter moves against its gradient, by the learning rate.
  watch.lap();
  Report report = optimizer_.step({.statistics = statistics});
  const double lap = watch.lap();
  step_seconds_.update += report.seconds > 0 ? report.seconds : lap;  // less what it measured
  report.epoch = came / loader_.updates_per_epoch();
  report.samples = batch.size();
  report.loss = loss;
  return report;
}

Evaluation Trainer::evaluate(const Samples& samples) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t row = 0; row < samples.size(); ++row) {
    if (samples.labels.empty() || samples.labels[row] != kNoClass) order.push_back(row);
  }
  Evaluation out{.samples = samples.size(), .unknown = samples.size() - order.size()};
  const bool values = data_.classes == 0;
  if (samples.size() == 0 || (values ? samples.values.empty() : samples.labels.empty())) {
    throw Error(Code::data, {"evaluation", "there is nothing to compare with",
                             samples.size() == 0 ? "no samples" : "samples without targets", "", ""});
  }
  RegressionScore score(data_.columns, data_.target_scaling);
  std::size_t right = 0;
  std::vector<double> targets;  // as the data have them; the network and its loss meet them as floats
  for_chunks(order, evaluation_chunk_, [&](std::span<const std::uint32_t> rows) {
    Recording& r = predict(samples, rows);
    out.loss += compare(r, 0);
    const std::span<const float> predictions = r.tape.value<float>(r.y);
    if (values) {
      targets.clear();
      append_rows(samples.values, rows, data_.columns, targets);
      score.add(predictions, targets);
    } else {
      right += count_right(predictions, count(model_.outputs()), labels_, data_.classes);
    }
  });
  out.loss = out.has_no_loss() ? Evaluation::kNone : out.loss / static_cast<double>(order.size());
  if (values) {
    out.r2 = score.r2();
    out.mae = score.mae();
  } else {
    out.accuracy = static_cast<double>(right) / static_cast<double>(samples.size());
  }
  return out;
}

std::uint64_t Trainer::activation_bytes() {
  const auto record = [&](std::size_t rows, std::size_t chunk) {
    if (rows >= chunk) recordings_->of(chunk);
    if (rows % chunk > 0) recordings_->of(rows % chunk);
  };
  record(data_.train.size(), evaluation_chunk_);
  record(data_.test.size(), evaluation_chunk_);
  record(loader_.batch(), chunk_);
  record(data_.train.size() % loader_.batch(), chunk_);
  return recordings_->bytes();
}

Trainer::Range Trainer::run(TrainingLength length) {
  return {*this, length.epochs * updates_per_epoch() + length.updates};
}

}  // namespace thalweg
