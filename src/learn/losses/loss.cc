#include "thalweg/loss.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <type_traits>

#include "base/registry.h"
#include "base/text.h"
#include "losses/checks.h"
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

// The weights of rows.
struct RowWeights {
  std::span<const double> samples;  // empty: 1
  std::span<const double> classes;  // likewise
  std::optional<std::int32_t> ignored;

  bool any() const { return !samples.empty() || !classes.empty() || ignored; }
  double of(const Targets& targets, std::size_t row) const {
    const double weight = samples.empty() ? 1.0 : samples[row];
    if (!ignored && classes.empty()) return weight;
    const std::int32_t label = targets.labels[row];
    if (ignored && label == *ignored) return 0;
    return classes.empty() ? weight : weight * classes[static_cast<std::size_t>(label)];
  }
};

template <class T>
struct Batch {
  LossOptions options;
  std::span<const T> predictions;
  std::size_t columns;
  const Targets& targets;
  double scale;
  std::span<T> grad;
  std::size_t rows;
  RowWeights weights = {};
};

struct LossKind {
  const Spec* spec;
  Form form;
  bool mean_by_weights;
  Outputs (*outputs)(const LossOptions&);
  bool (*weighs_classes)(const LossOptions&);
  bool (*takes_any)(const LossOptions&);
  double (*f32)(const Batch<float>&);
  double (*f64)(const Batch<double>&);
};

namespace {

using namespace losses;  // NOLINT: their checks

template <class Kind>
[[gnu::always_inline]] inline RowTarget row_target(const Targets& targets, std::size_t row,
                                                   std::size_t columns, bool binary) {
  static constexpr float kShares[] = {0, 1}, kSigns[] = {-1, 1};
  constexpr bool kOfSigns = Kind::kWants == Wants::signs;
  if (!targets.values.empty()) return {.values = targets.values.data() + row * columns};
  if (!targets.exact.empty()) return {.exact = targets.exact.data() + row * columns};
  if (targets.labels.empty()) return {};
  const auto label = static_cast<std::size_t>(targets.labels[row]);
  if (binary) return {.values = kOfSigns ? &kSigns[label] : &kShares[label]};
  return {.label = label, .others = kOfSigns ? -1.0 : 0.0};
}

template <class Kind, bool kWeighted, class T>
[[gnu::noinline]] double sum_rows(const Batch<T>& batch) {
  constexpr Form kForm{Kind::kWants, Kind::kLayout};
  const std::size_t columns = batch.columns, of_target = kForm.target_columns(columns);
  const bool binary = kForm.is_binary(columns);
  double sum = 0;
  for (std::size_t row = 0, rows = batch.rows; row < rows; ++row) {
    T* grad = batch.grad.empty() ? nullptr : batch.grad.data() + row * columns;
    const double weight = kWeighted ? batch.weights.of(batch.targets, row) : 1.0;
    if (kWeighted && weight == 0) {
      if (grad != nullptr) std::fill(grad, grad + columns, T{0});
      continue;
    }
    const RowTarget target = row_target<Kind>(batch.targets, row, of_target, binary);
    const double loss = Kind::row(batch.options, batch.predictions.data() + row * columns, columns, target,
                                  kWeighted ? batch.scale * weight : batch.scale, grad);
    sum += kWeighted ? weight * loss : loss;
  }
  return sum;
}

template <class Kind, class T>
double sum_of(const Batch<T>& batch) {
  return batch.weights.any() ? sum_rows<Kind, true>(batch) : sum_rows<Kind, false>(batch);
}

template <class Kind>
constexpr LossKind kind_of() {
  return {&Kind::kSpec,        {Kind::kWants, Kind::kLayout}, Kind::kMeanByWeights,
          Kind::outputs,       Kind::weighs_classes,          Kind::takes_any,
          sum_of<Kind, float>, sum_of<Kind, double>};
}

using Listed = registry::Entries<LossRegistry, __COUNTER__>;
constexpr auto kKinds = Listed::each([]<class Kind>() { return kind_of<Kind>(); });
constexpr auto kSpecs = Listed::each([]<class Kind>() { return &Kind::kSpec; });

std::size_t find_loss(const Item& item, const Source& source, const std::string& also = {}) {
  return find_spec(kSpecs, item, source, "a loss", "`thalweg list losses`", also);
}

}  // namespace

std::span<const Spec* const> loss_specs() { return kSpecs; }

struct Loss::Impl {
  const LossKind* kind;
  Settings settings;
  std::vector<double> numbers = {};
  std::vector<std::vector<double>> lists = {};
  std::optional<std::size_t> weight = {};  // its place among the options
  std::optional<std::int32_t> ignored = {};
  bool has_lists = false;
  bool weighs_classes = false;
  Wants range = Wants::values;  // of targets
  Terms terms = {};
  std::string text = {};

  // Reads the settings of the loss.
  void read() {
    weight = kind->spec->find("weight");
    numbers.clear();
    lists.clear();
    for (std::size_t i = 0; i < settings.size(); ++i) {
      const Option& option = kind->spec->options[i];
      numbers.push_back(as_number(option, settings[i]).value_or(0));
      lists.emplace_back();
      if (const auto* amounts = std::get_if<std::vector<Amount>>(&settings[i])) {
        for (const Amount& amount : *amounts) lists.back().push_back(amount.value);
      }
      if (option.name == kIgnore.name)
        ignored = static_cast<std::int32_t>(as_number(option, settings[i]).value_or(kNoLabel));
    }
    const LossOptions read{numbers, lists};
    weighs_classes = kind->weighs_classes(read);
    range = kind->takes_any(read) ? Wants::values : kind->form.wants;
    has_lists = is_balanced() || std::ranges::any_of(lists, [](const auto& list) { return !list.empty(); });
    text = print_all(false);
  }
  std::span<const double> factors() const {
    return weight ? std::span<const double>(lists[*weight]) : std::span<const double>();
  }
  bool is_balanced() const { return weight && std::holds_alternative<std::string>(settings[*weight]); }

  [[noreturn]] void fail_without_labels() const {
    fail(text, "`weight=balanced` needs class labels", "values", "labels, or a number for each value");
  }

  // Of a row with that target: what it counts in the mean beside the row's own weight.
  double counted(std::optional<std::int32_t> label) const {
    if (label && ignored && *label == *ignored) return 0;
    const std::span<const double> by = factors();
    if (by.empty() || !kind->mean_by_weights) return 1;
    if (label) return static_cast<std::size_t>(*label) < by.size() ? by[static_cast<std::size_t>(*label)] : 1;
    if (kind->form.wants == Wants::classes) return 1;
    return std::accumulate(by.begin(), by.end(), 0.0) / static_cast<double>(by.size());
  }

  template <class T>
  double evaluate(std::span<const T> predictions, std::size_t columns, const Targets& targets, double scale,
                  std::span<T> grad) const {
    const Form& form = kind->form;
    const std::size_t rows = columns == 0 ? 0 : predictions.size() / columns, parts = form.parts();
    if (columns == 0 || (parts > 1 && columns % parts != 0) || rows * columns != predictions.size()) {
      fail(text, "the predictions are not whole rows",
           many(predictions.size(), "elements") + " in " + many(columns, "columns"),
           "a multiple of the columns, and these of " + std::to_string(parts));
    }
    if (!grad.empty() && grad.size() != predictions.size()) {
      fail(text, "the gradient has another size than the predictions", many(grad.size(), "elements"),
           std::to_string(predictions.size()));
    }
    const std::size_t of_target = form.target_columns(columns);
    // What is right is seen in few instructions: a tiny network has a loss of ten nanoseconds.
    const bool is_usual = targets.exact.empty() && targets.weights.empty() && form.wants != Wants::nothing &&
                          (targets.values.empty() ? targets.labels.size() == rows
                                                  : targets.labels.empty() && form.wants != Wants::labels &&
                                                        targets.values.size() == rows * of_target);
    if (!is_usual) check_counts(text, form, targets, rows, of_target);
    if (has_lists) check_factors(targets.labels.empty() ? of_target : form.classes(columns), columns);
    if (!targets.weights.empty()) check_weights(text, targets.weights);
    const bool labelled = !targets.labels.empty() && form.wants != Wants::nothing;
    const bool ignores = labelled && check_labels(text, targets.labels, form.classes(columns), ignored);
    Batch<T> batch{{numbers, lists},         predictions, columns, targets, scale, grad, rows,
                   {targets.weights, {}, {}}};
    if (range != Wants::values && targets.labels.empty()) {
      check_values(text, range, targets.values, of_target);
      check_values(text, range, targets.exact, of_target);
    }
    if (ignores) batch.weights.ignored = ignored;
    if (has_lists) (labelled && !weighs_classes ? batch.weights.classes : batch.options.weight) = factors();
    if constexpr (std::is_same_v<T, float>)
      return kind->f32(batch);
    else
      return kind->f64(batch);
  }

  // As many numbers in lists as they are for.
  void check_factors(std::size_t weighed, std::size_t columns) const {
    if (is_balanced()) {
      fail(text, "`weight=balanced` has not been counted yet", "",
           "numbers, which resolve() makes of labels");
    }
    for (std::size_t i = 0; i < lists.size(); ++i) {
      const std::size_t n = lists[i].size(), wanted = i == weight ? weighed : columns;
      if (n == 0 || n == wanted || (i != weight && n == 1)) continue;
      fail(text, "`" + std::string(kind->spec->options[i].name) + "` has another length", many(n, "numbers"),
           many(wanted, i == weight ? "classes or target values" : "columns"));
    }
  }

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
  Impl impl{&kind, bind(*kind.spec, items[0], source)};
  for (const Item& item : std::span(items).subspan(1)) {
    if (has_spec(kSpecs, item.name))
      throw source.error(item.at, {"", "more than one loss", "`" + item.name + "`", "one", ""});
    impl.terms.add(item, source);
  }
  impl.read();
  impl_ = std::make_shared<const Impl>(std::move(impl));
}

std::string Loss::text(bool every) const { return every ? impl_->print_all(true) : impl_->text; }

bool Loss::classifies() const {
  const Wants wants = impl_->kind->form.wants;
  return wants == Wants::labels || wants == Wants::classes;
}

Outputs Loss::outputs() const { return impl_->kind->outputs({impl_->numbers, impl_->lists}); }

Loss Loss::resolve(std::span<const std::int32_t> labels, std::size_t classes) const {
  if (!impl_->is_balanced()) return *this;
  if (classes == 0) impl_->fail_without_labels();
  std::vector<double> counts(classes);
  double n = 0, k = 0;
  for (const std::int32_t label : labels) {
    if (label < 0 || static_cast<std::size_t>(label) >= classes || ignores(label)) continue;
    ++n;
    k += counts[static_cast<std::size_t>(label)]++ == 0 ? 1 : 0;
  }
  std::vector<Amount> weights;
  for (const double count : counts) weights.push_back({count > 0 ? n / (k * count) : 1.0});
  Impl impl = *impl_;
  impl.settings[*impl.weight] = std::move(weights);
  impl.read();
  Loss out = *this;
  out.impl_ = std::make_shared<const Impl>(std::move(impl));
  return out;
}

bool Loss::ignores(std::int32_t label) const { return impl_->ignored && label == *impl_->ignored; }

bool Loss::counts_rows(std::span<const std::int32_t> labels) const {
  const bool weighed = impl_->kind->mean_by_weights && (impl_->is_balanced() || !impl_->factors().empty());
  return !weighed && std::ranges::none_of(labels, [&](std::int32_t label) { return ignores(label); });
}

double Loss::mass(const Targets& targets, std::size_t rows) const {
  if (targets.weights.empty() && counts_rows(targets.labels)) return static_cast<double>(rows);
  const bool labelled = !targets.labels.empty() && impl_->kind->form.wants != Wants::nothing;
  double mass = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const double own = targets.weights.empty() ? 1.0 : targets.weights[row];
    mass += own * impl_->counted(labelled ? std::optional(targets.labels[row]) : std::nullopt);
  }
  return mass;
}

void Loss::check(std::size_t columns, bool labels, std::size_t classes) const {
  const Form& form = impl_->kind->form;
  if (!labels && (form.wants == Wants::labels || (form.wants == Wants::classes && classes < 2))) {
    fail(impl_->text, "it needs class labels, but the data has values", "values",
         "labels, or a loss on values such as mse");
  }
  if (columns == 0 || columns % form.parts() != 0) {
    fail(impl_->text, "the model needs another number of outputs", many(columns, "outputs"),
         "a multiple of " + std::to_string(form.parts()));
  }
  if (form.wants == Wants::nothing) return;
  if (impl_->is_balanced() && !labels) impl_->fail_without_labels();
  if (!impl_->is_balanced()) impl_->check_factors(classes, columns);
  const bool binary = labels && form.is_binary(columns);
  if (binary ? classes == 2 : form.target_columns(columns) == classes) return;
  if (binary) {
    fail(impl_->text, "one output can only separate two classes", many(classes, "classes"),
         "2 classes, or " + many(classes, "outputs"));
  }
  fail(impl_->text,
       form.layout == Layout::halves ? "the model needs two outputs per target value"
       : form.layout == Layout::pair ? "it takes one target value"
       : labels                      ? "the model needs one output per class"
                                     : "the model needs one output per target value",
       many(columns, columns == 1 ? "output" : "outputs"),
       form.layout == Layout::pair ? "one target, not " + std::to_string(classes)
                                   : std::to_string(classes * form.parts()));
}

void Loss::check(const Params& params) const { impl_->terms.check(params); }

double Loss::penalty(const Params& params) const { return impl_->terms.value(params); }

bool Loss::has_penalty() const { return !impl_->terms.empty(); }

void Loss::add_penalty_gradient(Params& params) const {
  if (!impl_->terms.empty()) impl_->terms.add_gradient(params);
}

double Loss::evaluate(std::span<const float> predictions, std::size_t columns, const Targets& targets,
                      double scale, std::span<float> grad) const {
  return impl_->evaluate(predictions, columns, targets, scale, grad);
}

double Loss::evaluate(std::span<const double> predictions, std::size_t columns, const Targets& targets,
                      double scale, std::span<double> grad) const {
  return impl_->evaluate(predictions, columns, targets, scale, grad);
}

}  // namespace thalweg
