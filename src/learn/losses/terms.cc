#include "losses/terms.h"

#include <algorithm>

#include "base/registry.h"
#include "device/denormals.h"
#include "device/reduce.h"
#include "losses/term.h"
#include "transforms/transform.h"

namespace thalweg {
struct TermRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
}  // namespace thalweg
#define THALWEG_TERM(Term) THALWEG_ENTRY(TermRegistry, Term)
#include "losses/terms.inc"

namespace thalweg {

using Numbers = std::span<const double>;

struct TermKind {
  const Spec* spec;
  double (*value)(Numbers o, const Parameter& parameter);
  void (*add_gradient)(Numbers o, Parameter& parameter);
};

namespace {

template <class Kind, class T>
double block_value(const Kind kind, std::span<const T> w) {
  double lanes[kLanes] = {};
  const std::size_t whole = w.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t j = 0; j < kLanes; ++j) lanes[j] += kind.value(w[i + j]);
  }
  for (std::size_t i = whole; i < w.size(); ++i) lanes[i - whole] += kind.value(w[i]);
  return tree_sum(lanes);
}

template <class Kind, class T>
double value_of(const Kind& kind, std::span<const T> w) {
  return tree_sum(0, (w.size() + kBlock - 1) / kBlock, [&](std::size_t block) {
    return block_value(kind, w.subspan(block * kBlock, std::min(kBlock, w.size() - block * kBlock)));
  });
}

template <class Kind, class T>
void add_gradient_of(const Kind kind, std::span<const T> w, std::span<T> g) {
  for (std::size_t i = 0; i < w.size(); ++i) g[i] += kind.gradient(w[i]);
}

template <class Kind>
double value(Numbers o, const Parameter& p) {
  const Kind kind(o);
  return p.dtype() == Dtype::f32 ? value_of<Kind, float>(kind, p.value<float>())
                                 : value_of<Kind, double>(kind, p.value<double>());
}

template <class Kind>
void add_gradient(Numbers o, Parameter& p) {
  const Kind kind(o);
  if (p.dtype() == Dtype::f32) {
    add_gradient_of<Kind, float>(kind, p.value<float>(), p.grad<float>());
  } else {
    add_gradient_of<Kind, double>(kind, p.value<double>(), p.grad<double>());
  }
}

using Listed = registry::Entries<TermRegistry, __COUNTER__>;
constexpr auto kKinds = Listed::each([]<class Kind>() {
  return TermKind{&Kind::kSpec, value<Kind>, add_gradient<Kind>};
});
constexpr auto kSpecs = Listed::each([]<class Kind>() { return &Kind::kSpec; });

}  // namespace

std::span<const Spec* const> term_specs() { return kSpecs; }

void Terms::add(const Item& item, const Source& source) {
  const TermKind& kind = kKinds[find_spec(kSpecs, item, source, "a term", "`thalweg list losses`")];
  Settings settings = bind(*kind.spec, item, source);
  std::vector<double> numbers;
  for (std::size_t i = 0; i + 1 < settings.size(); ++i) numbers.push_back(std::get<double>(settings[i]));
  Selector on(std::get<Value>(settings.back()));
  placed_.push_back({&kind, std::move(settings), std::move(numbers), std::move(on)});
}

Text Terms::text(bool every) const {
  Text text;
  for (const Placed& term : placed_) text.push_back(unbind(*term.kind->spec, term.settings, every));
  return text;
}

bool Terms::selects(const Placed& term, const Parameter& parameter) const {
  if (parameter.absent() || parameter.frozen()) return false;
  const bool among_rest =
      term.on.rest() && std::none_of(placed_.begin(), placed_.end(), [&](const Placed& other) {
        return other.kind == term.kind && other.on.matches(parameter);
      });
  return term.on.matches(parameter, among_rest);
}

template <class P, class F>
void Terms::for_each(P& params, F&& f) const {
  check(params);
  for (const Placed& term : placed_) {
    if (term.numbers.front() == 0.0) continue;  // the rate
    for (auto& parameter : params) {
      if (selects(term, parameter)) f(term, parameter);
    }
  }
}

double Terms::value(const Params& params) const {
  double sum = 0;
  for_each(params, [&](const Placed& term, const Parameter& parameter) {
    sum += term.kind->value(term.numbers, parameter);
  });
  return sum;
}

// Denormal numbers are 0 here as in a step of the optimizer.
void Terms::add_gradient(Params& params) const {
  const FlushDenormals flush;
  for_each(params, [](const Placed& term, Parameter& parameter) {
    term.kind->add_gradient(term.numbers, parameter);
  });
}

void Terms::check(const Params& params) const {
  for (const Placed& term : placed_) term.on.check(params, "loss", term.kind->spec->name);
}

}  // namespace thalweg
