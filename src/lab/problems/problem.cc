#include "thalweg/lab/problem.h"

#include <algorithm>
#include <cmath>

#include "base/registry.h"
#include "base/text.h"
#include "problems/expression.h"
#include "problems/problem.h"
#include "thalweg/error.h"

namespace thalweg::formula {
struct ProblemRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
}  // namespace thalweg::formula
#define THALWEG_PROBLEM(Problem) THALWEG_ENTRY(ProblemRegistry, Problem)
#include "problems/problems.inc"

namespace thalweg {
namespace {

using Numbers = std::span<const double>;
using Rows = std::span<const std::uint32_t>;

struct ProblemKind {
  const Spec* spec;
  Facts (*facts)(Numbers options);
  std::size_t (*samples)(Numbers options);
  double (*value)(Numbers options, Numbers x);
  void (*gradient)(Numbers options, Numbers x, std::span<double> out);
  void (*gradient_of_rows)(Numbers options, Numbers x, Rows rows, std::span<double> out);
};

template <class Kind>
concept Sampled = requires(Numbers options) {
  Kind::samples(options);
};

template <class Kind>
std::size_t samples_of(Numbers options) {
  if constexpr (Sampled<Kind>) return Kind::samples(options);
  return 0;
}

template <class Kind, class T>
T value_of(Numbers options, std::span<const T> x) {
  if constexpr (Sampled<Kind>) {
    const std::size_t n = Kind::samples(options);
    T sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum = sum + Kind::template sample<T>(options, i, x);
    return sum / static_cast<double>(n);
  } else {
    return Kind::template value<T>(options, x);
  }
}

// One partial derivative a pass.
template <class F>
void partial_derivatives(Numbers x, std::span<double> out, const F& f) {
  std::vector<formula::Dual> point(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i) {
    point[i].slope = 1;
    out[i] = f(std::span<const formula::Dual>(point)).slope;
    point[i].slope = 0;
  }
}

template <class Kind>
void gradient_of(Numbers options, Numbers x, std::span<double> out) {
  partial_derivatives(x, out, [&](std::span<const formula::Dual> point) {
    return value_of<Kind, formula::Dual>(options, point);
  });
}

template <class Kind>
void gradient_of_rows(Numbers options, Numbers x, Rows rows, std::span<double> out) {
  if constexpr (Sampled<Kind>) {
    partial_derivatives(x, out, [&](std::span<const formula::Dual> point) {
      formula::Dual sum = 0.0;
      for (const std::uint32_t row : rows)
        sum = sum + Kind::template sample<formula::Dual>(options, row, point);
      return sum / static_cast<double>(rows.size());
    });
  }
}

template <class Kind>
constexpr ProblemKind kind_of() {
  return {&Kind::kSpec,           Kind::facts,       samples_of<Kind>,
          value_of<Kind, double>, gradient_of<Kind>, gradient_of_rows<Kind>};
}

using All = registry::Entries<formula::ProblemRegistry, __COUNTER__>;
constexpr auto kKinds = All::each([]<class Kind>() { return kind_of<Kind>(); });
constexpr auto kSpecs = All::each([]<class Kind>() { return &Kind::kSpec; });

std::size_t find_problem(const Item& item, const Source& source, const std::string& also = {}) {
  return find_spec(kSpecs, item, source, "a problem", "`thalweg list problems`", also);
}

std::vector<double> numbers_of(const Spec& spec, const Settings& settings) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    numbers.push_back(as_number(spec.options[i], settings[i]).value());
  }
  return numbers;
}

double distance_between(Numbers a, Numbers b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(squares);
}

}  // namespace

std::span<const Spec* const> problem_specs() { return kSpecs; }

struct Problem::Impl {
  Facts facts;

  virtual ~Impl() = default;
  virtual std::string text(bool every) const = 0;
  virtual std::size_t samples() const { return 0; }
  virtual double value(Numbers x) const = 0;
  virtual void gradient(Numbers x, std::span<double> out) const = 0;
  virtual void gradient_of(Numbers, Rows, std::span<double>) const {}

  void check(Numbers x) const {
    if (x.size() == facts.start.size()) return;
    throw Error(Code::usage, {"problem `" + text(false) + "`", "a point of the wrong dimension",
                              std::to_string(x.size()) + (x.size() == 1 ? " number" : " numbers"),
                              std::to_string(facts.start.size()), ""});
  }

  void check(Rows rows) const {
    const auto last = std::max_element(rows.begin(), rows.end());
    if (last != rows.end() && *last < samples()) return;
    throw Error(Code::usage,
                {"problem `" + text(false) + "`", "no such sample",
                 rows.empty() ? "none" : std::to_string(*last), "below " + std::to_string(samples()), ""});
  }
};

namespace {

// A struct of problems.inc with its options.
template <class Impl>
struct Listed final : Impl {
  const ProblemKind* kind = nullptr;
  Settings settings;
  std::vector<double> numbers;

  std::string text(bool every) const override { return print(Text{unbind(*kind->spec, settings, every)}); }
  std::size_t samples() const override { return kind->samples(numbers); }
  double value(Numbers x) const override { return kind->value(numbers, x); }
  void gradient(Numbers x, std::span<double> out) const override { kind->gradient(numbers, x, out); }
  void gradient_of(Numbers x, Rows rows, std::span<double> out) const override {
    kind->gradient_of_rows(numbers, x, rows, out);
  }
};

template <class Impl>
std::shared_ptr<const Impl> listed(const Source& source) {
  const Text items =
      parse(source, [&](const Item& item, const std::string& also) { find_problem(item, source, also); });
  if (items.size() > 1) {
    throw source.error(items[1].at, {"", "more than one problem", "`" + items[1].name + "`", "one", ""});
  }
  const ProblemKind& kind = kKinds[find_problem(items[0], source)];
  auto made = std::make_shared<Listed<Impl>>();
  made->kind = &kind;
  made->settings = bind(*kind.spec, items[0], source);
  made->numbers = numbers_of(*kind.spec, made->settings);
  made->facts = kind.facts(made->numbers);
  return made;
}

template <class Impl>
struct Written final : Impl {
  explicit Written(const Source& source) : formula(source) {
    Impl::facts = {.start = start(), .minima = {}, .minimum = NAN};
  }

  Point start() const {
    const std::vector<Point> candidates = {{-1.2, 1}, {1.2, 1}, {1.2, -1}, {-1.2, -1}, {0.5, 0.5}};
    Point slopes(2);
    for (const Point& x : candidates) {
      formula.gradient(x, slopes);
      const double steepness = std::abs(slopes[0]) + std::abs(slopes[1]);
      if (std::isfinite(formula.value(x)) && std::isfinite(steepness) && steepness > 0) return x;
    }
    return candidates.front();
  }

  std::string text(bool) const override { return formula.text(); }
  double value(Numbers x) const override { return formula.value(x); }
  void gradient(Numbers x, std::span<double> out) const override { formula.gradient(x, out); }

  Expression formula;
};

}  // namespace

Problem::Problem(std::string_view text) {
  if (Expression::begins(text)) {
    impl_ = std::make_shared<const Written<Impl>>(Source{"formula", std::string(text)});
  } else {
    impl_ = listed<Impl>({"problem", std::string(text)});
  }
}

std::string Problem::text(bool every) const { return impl_->text(every); }
std::size_t Problem::dimension() const { return impl_->facts.start.size(); }
std::span<const double> Problem::start() const { return impl_->facts.start; }
const std::vector<std::vector<double>>& Problem::minima() const { return impl_->facts.minima; }
double Problem::minimum() const { return impl_->facts.minimum; }
std::span<const double> Problem::low() const { return impl_->facts.low; }
std::span<const double> Problem::high() const { return impl_->facts.high; }

double Problem::value(std::span<const double> x) const {
  impl_->check(x);
  return impl_->value(x);
}

void Problem::gradient(std::span<const double> x, std::span<double> out) const {
  impl_->check(x);
  impl_->check(out);
  impl_->gradient(x, out);
}

std::size_t Problem::samples() const { return impl_->samples(); }

void Problem::gradient(std::span<const double> x, std::span<const std::uint32_t> rows,
                       std::span<double> out) const {
  impl_->check(x);
  impl_->check(out);
  impl_->check(rows);
  impl_->gradient_of(x, rows, out);
}

double Problem::distance(std::span<const double> x) const {
  impl_->check(x);
  double nearest = NAN;
  for (const Point& minimum : impl_->facts.minima) {
    nearest = std::fmin(nearest, distance_between(x, minimum));
  }
  return nearest;
}

}  // namespace thalweg
