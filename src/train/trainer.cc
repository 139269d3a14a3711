#include "thalweg/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "thalweg/error.h"

namespace thalweg {

struct Trainer::Recording {
  Recording(Module& model, std::size_t rows, int threads) : tape(model.dtype(), threads) {
    Shape shape = model.inputs();
    shape.insert(shape.begin(), static_cast<std::int64_t>(rows));
    x = tape.input(shape);
    y = model.record(tape, x);
  }

  Tape tape;
  Tensor x;
  Tensor y;
};

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

}  // namespace

Trainer::Trainer(Module& model, const Loss& loss, Optimizer& optimizer, const Dataset& data,
                 std::size_t batch, std::uint64_t seed, int threads)
    : model_(model),
      loss_(loss),
      optimizer_(optimizer),
      data_(data),
      loader_(data.train.size(), batch, seed),
      seed_(seed),
      threads_(threads) {
  check_fit(model, loss, data);
}

Trainer::~Trainer() = default;

Trainer::Recording& Trainer::recording(std::size_t rows) {
  std::unique_ptr<Recording>& found = recordings_[rows];
  if (!found) found = std::make_unique<Recording>(model_, rows, threads_);
  return *found;
}

void Trainer::predict(Recording& recording, const Samples& samples, std::span<const std::uint32_t> rows) {
  samples.gather(rows, recording.tape.value<float>(recording.x));
  recording.tape.forward();
  labels_.clear();
  values_.clear();
  for (const std::uint32_t row : rows) {
    if (!samples.labels.empty()) {
      labels_.push_back(samples.labels[row]);
    } else {
      const auto first = samples.values.begin() + static_cast<std::ptrdiff_t>(row * data_.columns);
      values_.insert(values_.end(), first, first + static_cast<std::ptrdiff_t>(data_.columns));
    }
  }
}

double Trainer::compare(Recording& recording, double scale) {
  const std::span<float> grad = scale != 0 ? recording.tape.grad<float>(recording.y) : std::span<float>();
  return loss_.evaluate(recording.tape.value<float>(recording.y), count(model_.outputs()), {labels_, values_},
                        scale, grad);
}

Report Trainer::step() {
  const std::uint64_t update = optimizer_.updates();
  const std::span<const std::uint32_t> batch = loader_.samples(update);
  const double share = 1.0 / static_cast<double>(batch.size());
  double loss = 0;
  for (std::size_t begin = 0; begin < batch.size(); begin += kChunk) {
    const std::span<const std::uint32_t> rows = batch.subspan(begin, std::min(kChunk, batch.size() - begin));
    Recording& r = recording(rows.size());

    r.tape.train(seed_, update * loader_.batch() + begin);  // a counter of its own for every replay

    // Step 1, the loss over the data: the model's predictions, and how far they are from the targets.
    predict(r, data_.train, rows);
    loss += share * compare(r, share);

    // Step 2, backpropagation: the changes that the parameters of every layer ask for, summed over the batch.
    r.tape.backward(r.y, begin > 0);
  }
  loss += loss_.penalty(model_.params());
  if (!std::isfinite(loss)) {
    throw Error(Code::diverged, {"update " + std::to_string(update + 1), "the loss is not finite",
                                 std::isnan(loss) ? "nan" : "inf", "a number",
                                 "try a smaller learning rate, a warm-up or clip_norm(1)"});
  }

  loss_.add_penalty_gradient(model_.params());

  // Step 3, the update: every parameter moves against its gradient, by the learning rate.
  Report report = optimizer_.step();
  report.epoch = update / loader_.updates_per_epoch();
  report.loss = loss;
  return report;
}

Evaluation Trainer::evaluate(const Samples& samples) {
  std::vector<std::uint32_t> order(samples.size());
  std::iota(order.begin(), order.end(), 0u);
  Evaluation out{.samples = samples.size()};
  std::size_t right = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += kChunk) {
    const auto rows =
        std::span<const std::uint32_t>(order).subspan(begin, std::min(kChunk, order.size() - begin));
    Recording& r = recording(rows.size());
    r.tape.evaluate();
    predict(r, samples, rows);
    out.loss += compare(r, 0);
    right += correct(r.tape.value<float>(r.y), count(model_.outputs()), labels_);
  }
  const double n = static_cast<double>(samples.size());
  out.loss /= n;
  out.accuracy =
      data_.classes > 0 ? static_cast<double>(right) / n : std::numeric_limits<double>::quiet_NaN();
  return out;
}

Trainer::Range Trainer::run(TrainingLength length) {
  return {*this, length.epochs * updates_per_epoch() + length.updates};
}

}  // namespace thalweg
