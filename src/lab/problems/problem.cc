#include "thalweg/lab/problem.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/registry.h"
#include "base/text.h"
#include "problems/expression.h"
#include "problems/normal.h"
#include "problems/problem.h"
#include "thalweg/error.h"

namespace thalweg::formula {

struct ProblemRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
#define THALWEG_PROBLEM(Problem) THALWEG_ENTRY(ProblemRegistry, Problem)
#include "problems/problems.inc"

}  // namespace thalweg::formula

namespace thalweg {
namespace {

using Numbers = std::span<const double>;
using Duals = std::span<const formula::Dual>;
using Rows = std::span<const std::uint32_t>;

template <class Kind>
concept Sampled = requires(Numbers options) {
  Kind::points(Settings(), options);
};

// One partial derivative a pass.
template <class F>
void partial_derivatives(Numbers x, std::span<double> out, const F& f) {
  std::vector<formula::Dual> point(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i) {
    point[i].slope = 1;
    out[i] = f(Duals(point)).slope;
    point[i].slope = 0;
  }
}

using All = registry::Entries<formula::ProblemRegistry, __COUNTER__>;
constexpr auto kSpecs = All::each([]<class Kind>() { return &Kind::kSpec; });

std::size_t find_problem(const Item& item, const Source& source, const std::string& also = {}) {
  return find_spec(kSpecs, item, source, "a problem", "`thalweg list problems`", also);
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

  // As the formula of a problem calls its coordinates.
  void name_coordinates() {
    const std::size_t n = facts.start.size();
    if (!facts.names.empty()) return;
    facts.names = {"x", "y"};
    facts.names.resize(std::min<std::size_t>(n, 2));
    for (std::size_t i = 0; i < n && n > 2; ++i) {
      facts.names.resize(n);
      facts.names[i] = "x" + std::to_string(i + 1);
    }
  }

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
template <class Impl, class Kind>
struct Listed final : Impl {
  Listed(const Item& item, const Source& source) : settings(bind(Kind::kSpec, item, source)) {
    for (std::size_t i = 0; i < settings.size(); ++i) {
      numbers.push_back(as_number(Kind::kSpec.options[i], settings[i]).value_or(NAN));
    }
    if constexpr (Sampled<Kind>) {
      points = Kind::points(settings, numbers);
      Impl::facts = Kind::facts(points);
    } else {
      Impl::facts = Kind::facts(numbers);
    }
    this->name_coordinates();
    all.resize(points.size());
    std::iota(all.begin(), all.end(), 0u);
  }

  std::string text(bool every) const override { return print(Text{unbind(Kind::kSpec, settings, every)}); }
  std::size_t samples() const override { return points.size(); }
  double value(Numbers x) const override { return value_at<double>(x); }
  void gradient(Numbers x, std::span<double> out) const override {
    partial_derivatives(x, out, [&](Duals point) { return value_at<formula::Dual>(point); });
  }
  void gradient_of(Numbers x, Rows rows, std::span<double> out) const override {
    partial_derivatives(x, out, [&](Duals point) { return mean(rows, point); });
  }

  template <class T>
  T value_at(std::span<const T> x) const {
    if constexpr (Sampled<Kind>) {
      return mean(all, x);
    } else {
      return Kind::template value<T>(numbers, x);
    }
  }

  // Of the losses of some samples.
  template <class T>
  T mean(Rows rows, std::span<const T> x) const {
    T sum = 0.0;
    if constexpr (Sampled<Kind>) {
      for (const std::uint32_t row : rows) sum = sum + Kind::template sample<T>(points, row, x);
    }
    return sum / static_cast<double>(rows.size());
  }

  Settings settings;
  std::vector<double> numbers;
  Points points;
  std::vector<std::uint32_t> all;  // rows
};

template <class Impl>
std::shared_ptr<const Impl> listed(const Source& source) {
  using Make = std::shared_ptr<const Impl> (*)(const Item& item, const Source& source);
  static constexpr auto kMakes = All::each([]<class Kind>() -> Make {
    return [](const Item& item, const Source& of) -> std::shared_ptr<const Impl> {
      return std::make_shared<const Listed<Impl, Kind>>(item, of);
    };
  });
  const Text items =
      parse(source, [&](const Item& item, const std::string& also) { find_problem(item, source, also); });
  if (items.size() > 1) {
    throw source.error(items[1].at, {"", "more than one problem", "`" + items[1].name + "`", "one", ""});
  }
  return kMakes[find_problem(items[0], source)](items[0], source);
}

template <class Impl>
struct Written final : Impl {
  explicit Written(const Source& source) : formula(source) {
    Impl::facts = {.start = start(), .minima = {}, .minimum = NAN};
    Impl::facts.names = formula.names();
  }

  Point start() const {
    std::vector<Point> candidates = {{-1.2, 1}, {1.2, 1}, {1.2, -1}, {-1.2, -1}, {0.5, 0.5}};
    for (Point& x : candidates) {
      x.resize(formula.dimension());
      for (std::size_t i = 2; i < x.size(); ++i) x[i] = x[i - 2];
      Point slopes(x.size());
      formula.gradient(x, slopes);
      double steepness = 0;
      for (const double slope : slopes) steepness += std::abs(slope);
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
const std::vector<std::string>& Problem::names() const { return impl_->facts.names; }
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

std::size_t Problem::biases() const { return impl_->facts.biases; }
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
