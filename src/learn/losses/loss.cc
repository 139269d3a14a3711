#include "thalweg/loss.h"

#include <algorithm>

#include "base/registry.h"
#include "base/text.h"
#include "losses/loss.h"
#include "losses/term.h"
#include "losses/terms.h"
#include "thalweg/error.h"

namespace thalweg {
struct LossRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
}  // namespace thalweg
#define THALWEG_LOSS(Loss) THALWEG_ENTRY(LossRegistry, Loss)
#include "losses/losses.inc"

namespace thalweg {

template <class T>
struct Batch {
  std::span<const double> options;
  std::span<const T> predictions;
  std::size_t columns;
  const Targets& targets;
  double scale;
  std::span<T> grad;
};

struct LossKind {
  const Spec* spec;
  Wants wants;
  double (*f32)(const Batch<float>&);
  double (*f64)(const Batch<double>&);
};

namespace {

// Whether the labels are the values 0 and 1 of a single column.
bool is_binary(Wants wants, std::size_t columns) { return wants == Wants::shares && columns == 1; }

RowTarget row_target(Wants wants, const Targets& targets, std::size_t row, std::size_t columns) {
  static constexpr float kBinary[] = {0, 1};
  if (targets.labels.empty()) return {targets.values.data() + row * columns, 0};
  const auto label = static_cast<std::size_t>(targets.labels[row]);
  if (is_binary(wants, columns)) return {&kBinary[label], 0};
  return {nullptr, label};
}

template <class Kind, class T>
double sum_rows(const Batch<T>& batch) {
  const std::size_t rows = batch.predictions.size() / batch.columns;
  double sum = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t at = row * batch.columns;
    T* grad = batch.grad.empty() ? nullptr : batch.grad.data() + at;
    const RowTarget target = row_target(Kind::kWants, batch.targets, row, batch.columns);
    sum += Kind::row(batch.options, batch.predictions.data() + at, batch.columns, target, batch.scale, grad);
  }
  return sum;
}

template <class Kind>
constexpr LossKind kind_of() {
  return {&Kind::kSpec, Kind::kWants, sum_rows<Kind, float>, sum_rows<Kind, double>};
}

using Listed = registry::Entries<LossRegistry, __COUNTER__>;
constexpr auto kKinds = Listed::each([]<class Kind>() { return kind_of<Kind>(); });
constexpr auto kSpecs = Listed::each([]<class Kind>() { return &Kind::kSpec; });

std::size_t find_loss(const Item& item, const Source& source, const std::string& also = {}) {
  return find_spec(kSpecs, item, source, "a loss", "`thalweg list losses`", also);
}

[[noreturn]] void fail(const std::string& loss, std::string what, std::string got, std::string want,
                       Code code = Code::usage) {
  throw Error(code, {"loss `" + loss + "`", std::move(what), std::move(got), std::move(want), ""});
}

std::string many(std::size_t n, const std::string& noun) { return std::to_string(n) + " " + noun; }

void check_labels(const std::string& loss, std::span<const std::int32_t> labels, std::size_t classes) {
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] >= 0 && static_cast<std::size_t>(labels[row]) < classes) continue;
    fail(loss, "a label is out of range in row " + std::to_string(row) + " of the batch",
         std::to_string(labels[row]), "0 to " + std::to_string(classes - 1), Code::data);
  }
}

void check_shares(const std::string& loss, std::span<const float> values, std::size_t columns) {
  const auto wrong =
      std::find_if(values.begin(), values.end(), [](float value) { return !(value >= 0 && value <= 1); });
  if (wrong == values.end()) return;
  const auto at = static_cast<std::size_t>(wrong - values.begin());
  fail(loss, "a target is out of range in row " + std::to_string(at / columns) + " of the batch",
       print_number(static_cast<double>(*wrong)), "0 to 1", Code::data);
}

template <class T>
void check_batch(const std::string& loss, const LossKind& kind, const Batch<T>& batch) {
  const auto& [options, predictions, columns, targets, scale, grad] = batch;
  if (columns == 0 || predictions.size() % columns != 0) {
    fail(loss, "the predictions are not whole rows", many(predictions.size(), "elements"),
         "a multiple of " + many(columns, "columns"));
  }
  if (!grad.empty() && grad.size() != predictions.size()) {
    fail(loss, "the gradient has another size than the predictions", many(grad.size(), "elements"),
         std::to_string(predictions.size()));
  }
  if (kind.wants == Wants::labels && !targets.values.empty()) {
    fail(loss, "the targets are not labels", "values", "labels");
  }
  if (!targets.labels.empty() && !targets.values.empty()) {
    fail(loss, "there are two kinds of targets", "labels and values", "one of them");
  }
  const std::size_t rows = predictions.size() / columns;
  if (targets.values.empty() && targets.labels.size() != rows) {
    fail(loss, "needs one label per row", many(targets.labels.size(), "labels"), std::to_string(rows));
  }
  if (!targets.values.empty() && targets.values.size() != predictions.size()) {
    fail(loss, "needs one target value per prediction", many(targets.values.size(), "values"),
         std::to_string(predictions.size()));
  }
  check_labels(loss, targets.labels, is_binary(kind.wants, columns) ? 2 : columns);
  if (kind.wants == Wants::shares) check_shares(loss, targets.values, columns);
}

}  // namespace

std::span<const Spec* const> loss_specs() { return kSpecs; }

struct Loss::Impl {
  const LossKind* kind;
  Settings settings;
  std::vector<double> numbers;
  Terms terms;
  std::string text;

  std::string print_all(bool every) const {
    Text all = terms.text(every);
    all.insert(all.begin(), unbind(*kind->spec, settings, every));
    return print(all);
  }
};

Loss::Loss(std::string_view text) {
  const Source source{"loss", std::string(text)};
  const auto check = [&](const Item& item, const std::string& also) {
    if (!has_spec(term_specs(), item.name)) find_loss(item, source, also);
  };
  const Text items = parse(source, check);
  if (has_spec(term_specs(), items[0].name)) {
    throw source.error(items[0].at,
                       {"", "a term comes after the loss that it is added to", "`" + items[0].name + "`", "",
                        "try `cross_entropy | " + print(Text{items[0]}) + "`"});
  }
  const LossKind& kind = kKinds[find_loss(items[0], source)];
  Settings settings = bind(*kind.spec, items[0], source);
  std::vector<double> numbers;
  for (const Setting& setting : settings) numbers.push_back(std::get<double>(setting));
  Impl impl{&kind, std::move(settings), std::move(numbers), {}, {}};
  for (const Item& item : std::span(items).subspan(1)) {
    if (has_spec(kSpecs, item.name))
      throw source.error(item.at, {"", "more than one loss", "`" + item.name + "`", "one", ""});
    impl.terms.add(item, source);
  }
  impl.text = impl.print_all(false);
  impl_ = std::make_shared<const Impl>(std::move(impl));
}

std::string Loss::text(bool every) const { return every ? impl_->print_all(true) : impl_->text; }

bool Loss::classifies() const { return impl_->kind->wants == Wants::labels; }

void Loss::check(std::size_t columns, bool labels, std::size_t classes) const {
  const Wants wants = impl_->kind->wants;
  if (wants == Wants::labels && !labels) {
    fail(impl_->text, "it needs class labels, but the data has values", "values",
         "labels, or a loss on values such as mse");
  }
  const bool binary = labels && is_binary(wants, columns);
  if (binary ? classes == 2 : columns == classes && columns > 0) return;
  if (binary) {
    fail(impl_->text, "one output can only separate two classes", many(classes, "classes"),
         "2 classes, or " + many(classes, "outputs"));
  }
  fail(impl_->text,
       labels ? "the model needs one output per class" : "the model needs one output per target value",
       many(columns, columns == 1 ? "output" : "outputs"), std::to_string(classes));
}

void Loss::check(const Params& params) const { impl_->terms.check(params); }

double Loss::penalty(const Params& params) const { return impl_->terms.value(params); }

void Loss::add_penalty_gradient(Params& params) const {
  if (!impl_->terms.empty()) impl_->terms.add_gradient(params);
}

double Loss::evaluate(std::span<const float> predictions, std::size_t columns, const Targets& targets,
                      double scale, std::span<float> grad) const {
  const Batch<float> batch{impl_->numbers, predictions, columns, targets, scale, grad};
  check_batch(impl_->text, *impl_->kind, batch);
  return impl_->kind->f32(batch);
}

double Loss::evaluate(std::span<const double> predictions, std::size_t columns, const Targets& targets,
                      double scale, std::span<double> grad) const {
  const Batch<double> batch{impl_->numbers, predictions, columns, targets, scale, grad};
  check_batch(impl_->text, *impl_->kind, batch);
  return impl_->kind->f64(batch);
}

std::size_t correct(std::span<const float> predictions, std::size_t columns,
                    std::span<const std::int32_t> labels) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const float* p = predictions.data() + row * columns;
    if (columns == 1) {
      count += labels[row] == 1 ? *p > 0 : labels[row] == 0 && *p <= 0;
      continue;
    }
    const auto label = static_cast<std::size_t>(labels[row]);
    if (labels[row] < 0 || label >= columns) continue;
    // Written so that a row with a NaN is never right.
    const bool first = std::all_of(p, p + label, [&](float other) { return other < p[label]; });
    count += first && std::all_of(p + label, p + columns, [&](float other) { return other <= p[label]; });
  }
  return count;
}

}  // namespace thalweg
