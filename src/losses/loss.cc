#include "thalweg/loss.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "losses/loss.h"
#include "thalweg/error.h"

// The first use of __COUNTER__ below this line is slot 0; loss files use it through this macro alone.
#define THALWEG_LOSS(Name)                     \
  template <>                                  \
  struct LossSlot<__COUNTER__ - kSlotsBegin> { \
    using Type = Name;                         \
  };

namespace thalweg {
constexpr std::size_t kSlotsBegin = __COUNTER__ + 1;
}  // namespace thalweg

#include "losses/losses.inc"

namespace thalweg {

template <class T>
struct Batch {
  std::span<const T> predictions;
  std::size_t columns;
  const Targets& targets;
  double scale;
  std::span<T> grad;
};

struct LossKind {
  const Spec* spec;
  bool classifies;
  double (*f32)(const Batch<float>&);
  double (*f64)(const Batch<double>&);
};

namespace {

constexpr std::size_t kSlots = __COUNTER__ - kSlotsBegin;

RowTarget row_target(const Targets& targets, std::size_t row, std::size_t columns) {
  if (targets.labels.empty()) return {targets.values.data() + row * columns, 0};
  return {nullptr, static_cast<std::size_t>(targets.labels[row])};
}

template <class Kind, class T>
double sum_rows(const Batch<T>& batch) {
  const std::size_t rows = batch.predictions.size() / batch.columns;
  double sum = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t at = row * batch.columns;
    T* grad = batch.grad.empty() ? nullptr : batch.grad.data() + at;
    sum += Kind::row(batch.predictions.data() + at, batch.columns,
                     row_target(batch.targets, row, batch.columns), batch.scale, grad);
  }
  return sum;
}

template <class Kind>
constexpr LossKind kind_of() {
  return {&Kind::kSpec, Kind::kClassifies, sum_rows<Kind, float>, sum_rows<Kind, double>};
}

template <std::size_t... slots>
constexpr std::array<LossKind, sizeof...(slots)> all_kinds(std::index_sequence<slots...>) {
  return {kind_of<typename LossSlot<slots>::Type>()...};
}

constexpr std::array<LossKind, kSlots> kKinds = all_kinds(std::make_index_sequence<kSlots>());

template <std::size_t... slots>
constexpr std::array<const Spec*, sizeof...(slots)> all_specs(std::index_sequence<slots...>) {
  return {kKinds[slots].spec...};
}

constexpr std::array<const Spec*, kSlots> kSpecs = all_specs(std::make_index_sequence<kSlots>());

const LossKind& kind_named(std::string_view name) {
  return *std::find_if(kKinds.begin(), kKinds.end(),
                       [&](const LossKind& kind) { return kind.spec->name == name; });
}

[[noreturn]] void fail(const std::string& loss, std::string what, std::string got, std::string want,
                       Code code = Code::usage) {
  throw Error(code, {"loss `" + loss + "`", std::move(what), std::move(got), std::move(want), ""});
}

std::string many(std::size_t n, const std::string& noun) { return std::to_string(n) + " " + noun; }

void check_labels(const std::string& loss, std::span<const std::int32_t> labels, std::size_t columns) {
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] >= 0 && static_cast<std::size_t>(labels[row]) < columns) continue;
    fail(loss, "a label is out of range in row " + std::to_string(row) + " of the batch",
         std::to_string(labels[row]), "0 to " + std::to_string(columns - 1), Code::data);
  }
}

template <class T>
void check_batch(const std::string& loss, const LossKind& kind, const Batch<T>& batch) {
  const auto& [predictions, columns, targets, scale, grad] = batch;
  if (columns == 0 || predictions.size() % columns != 0) {
    fail(loss, "the predictions are no whole rows", many(predictions.size(), "elements"),
         "a multiple of " + many(columns, "columns"));
  }
  if (!grad.empty() && grad.size() != predictions.size()) {
    fail(loss, "the gradient has another size than the predictions", many(grad.size(), "elements"),
         std::to_string(predictions.size()));
  }
  if (kind.classifies && !targets.values.empty()) fail(loss, "the targets are no labels", "values", "labels");
  if (!targets.labels.empty() && !targets.values.empty()) {
    fail(loss, "there are two kinds of targets", "labels and values", "one of them");
  }
  const std::size_t rows = predictions.size() / columns;
  if (targets.values.empty() && targets.labels.size() != rows) {
    fail(loss, "not one label a row", many(targets.labels.size(), "labels"), std::to_string(rows));
  }
  if (!targets.values.empty() && targets.values.size() != predictions.size()) {
    fail(loss, "not one target value a prediction", many(targets.values.size(), "values"),
         std::to_string(predictions.size()));
  }
  check_labels(loss, targets.labels, columns);
}

}  // namespace

std::span<const Spec* const> loss_specs() { return kSpecs; }

Loss::Loss(std::string_view text) {
  const Source source{"loss", std::string(text)};
  const auto check = [&](const Item& item, const std::string& also) {
    find_spec(kSpecs, item, source, "a loss", also);
  };
  const Text items = parse(source, check);
  const Spec& spec = find_spec(kSpecs, items[0], source, "a loss");
  if (items.size() > 1) throw source.error(items[1].at, {"", "more than one loss", "", "one", ""});
  text_ = print(Text{unbind(spec, bind(spec, items[0], source))});
  kind_ = &kind_named(spec.name);
}

bool Loss::classifies() const { return kind_->classifies; }

void Loss::check(std::size_t columns, bool labels, std::size_t classes) const {
  const std::string outputs = many(columns, columns == 1 ? "output" : "outputs");
  if (kind_->classifies && !labels) {
    fail(text_, "it learns class labels, and the data has values", "values", "labels, or the loss mse");
  }
  if (columns == classes && columns > 0) return;
  fail(text_,
       labels ? "the model's outputs are not one a class" : "the model's outputs are not one a target value",
       outputs, std::to_string(classes));
}

double Loss::evaluate(std::span<const float> predictions, std::size_t columns, const Targets& targets,
                      double scale, std::span<float> grad) const {
  const Batch<float> batch{predictions, columns, targets, scale, grad};
  check_batch(text_, *kind_, batch);
  return kind_->f32(batch);
}

double Loss::evaluate(std::span<const double> predictions, std::size_t columns, const Targets& targets,
                      double scale, std::span<double> grad) const {
  const Batch<double> batch{predictions, columns, targets, scale, grad};
  check_batch(text_, *kind_, batch);
  return kind_->f64(batch);
}

std::size_t correct(std::span<const float> predictions, std::size_t columns,
                    std::span<const std::int32_t> labels) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const float* p = predictions.data() + row * columns;
    const auto label = static_cast<std::size_t>(labels[row]);
    if (labels[row] < 0 || label >= columns) continue;
    // Written so that a row with a NaN is never right.
    const bool first = std::all_of(p, p + label, [&](float other) { return other < p[label]; });
    count += first && std::all_of(p + label, p + columns, [&](float other) { return other <= p[label]; });
  }
  return count;
}

}  // namespace thalweg
