#include "thalweg/problem.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "problems/problem.h"
#include "thalweg/error.h"

// The first use of __COUNTER__ below this line is slot 0; problem files use it through this macro alone.
#define THALWEG_PROBLEM(Name)                        \
  template <>                                        \
  struct ProblemSlot<__COUNTER__ - kProblemsBegin> { \
    using Type = Name;                               \
  };

namespace thalweg {
constexpr std::size_t kProblemsBegin = __COUNTER__ + 1;
}  // namespace thalweg

#include "problems/problems.inc"

namespace thalweg {
namespace {

constexpr std::size_t kSlots = __COUNTER__ - kProblemsBegin;

using Numbers = std::span<const double>;

struct ProblemKind {
  const Spec* spec;
  Facts (*facts)(Numbers options);
  double (*value)(Numbers options, Numbers x);
  void (*gradient)(Numbers options, Numbers x, std::span<double> out);
};

// One partial derivative a pass.
template <class Kind>
void gradient_of(Numbers options, Numbers x, std::span<double> out) {
  std::vector<formula::Dual> point(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i) {
    point[i].slope = 1;
    out[i] = Kind::template value<formula::Dual>(options, point).slope;
    point[i].slope = 0;
  }
}

template <class Kind>
constexpr ProblemKind kind_of() {
  return {&Kind::kSpec, Kind::facts, Kind::template value<double>, gradient_of<Kind>};
}

template <std::size_t... slots>
constexpr std::array<ProblemKind, sizeof...(slots)> all_kinds(std::index_sequence<slots...>) {
  return {kind_of<typename formula::ProblemSlot<slots>::Type>()...};
}

constexpr std::array<ProblemKind, kSlots> kKinds = all_kinds(std::make_index_sequence<kSlots>());

template <std::size_t... slots>
constexpr std::array<const Spec*, sizeof...(slots)> all_specs(std::index_sequence<slots...>) {
  return {kKinds[slots].spec...};
}

constexpr std::array<const Spec*, kSlots> kSpecs = all_specs(std::make_index_sequence<kSlots>());

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
  const ProblemKind* kind;
  Settings settings;
  std::vector<double> numbers;
  Facts facts;

  std::string text(bool every) const { return print(Text{unbind(*kind->spec, settings, every)}); }

  void check(Numbers x) const {
    if (x.size() == facts.start.size()) return;
    throw Error(Code::usage, {"problem `" + text(false) + "`", "a point of another dimension",
                              std::to_string(x.size()) + (x.size() == 1 ? " number" : " numbers"),
                              std::to_string(facts.start.size()), ""});
  }
};

Problem::Problem(std::string_view text) {
  const Source source{"problem", std::string(text)};
  const Text items = parse(source, [&](const Item& item, const std::string& also) {
    find_spec(kSpecs, item, source, "a problem", also);
  });
  if (items.size() > 1) {
    throw source.error(items[1].at, {"", "more than one problem", "`" + items[1].name + "`", "one", ""});
  }
  const Spec& spec = find_spec(kSpecs, items[0], source, "a problem");
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const ProblemKind& one) { return one.spec == &spec; });
  Settings settings = bind(spec, items[0], source);
  std::vector<double> numbers = numbers_of(spec, settings);
  Facts facts = kind->facts(numbers);
  impl_ =
      std::make_shared<const Impl>(Impl{&*kind, std::move(settings), std::move(numbers), std::move(facts)});
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
  return impl_->kind->value(impl_->numbers, x);
}

void Problem::gradient(std::span<const double> x, std::span<double> out) const {
  impl_->check(x);
  impl_->check(out);
  impl_->kind->gradient(impl_->numbers, x, out);
}

double Problem::distance(std::span<const double> x) const {
  impl_->check(x);
  double nearest = INFINITY;
  for (const Point& minimum : impl_->facts.minima) {
    nearest = std::min(nearest, distance_between(x, minimum));
  }
  return nearest;
}

}  // namespace thalweg
