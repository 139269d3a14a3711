// The umbrella: includes every transform once for each SIMD target, and is the only file that knows targets.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "transforms/transforms.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// and after it:
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/registry.h"
#include "transforms/numbers.h"
#include "transforms/options.h"
#include "transforms/reduce_on_plateau.h"
#include "transforms/transform.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The names of a transform's state in each of its variants; a transform without kVariants has one.
template <class T>
struct Variants {
  static constexpr Names kNames[] = {{}};
};
template <class T>
requires requires { T::kState; } &&(!requires { T::kVariants; }) struct Variants<T> {
  static constexpr Names kNames[] = {T::kState};
};
template <class T>
requires requires { T::kVariants; }
struct Variants<T> {
  static constexpr std::span<const Names> kNames = T::kVariants;
};
template <class T>
constexpr std::span<const Names> kVariants = Variants<T>::kNames;

// What a transform prepares for a step, as numbers of type N: Nothing where it has no Prepared.
struct Nothing {};
template <class T, class N>
struct PreparedOf {
  using Type = Nothing;
};
template <class T, class N>
requires requires { typename T::template Prepared<N>; }
struct PreparedOf<T, N> {
  using Type = typename T::template Prepared<N>;
};
template <class T, class N>
using Prepared = typename PreparedOf<T, N>::Type;
template <class T>
constexpr std::size_t kPrepared = std::is_same_v<Prepared<T, double>, Nothing>
                                      ? 0
                                      : sizeof(Prepared<T, double>) / sizeof(double);

#include "transforms/affine-inl.h"
#include "transforms/loops-inl.h"
#include "transforms/sums-inl.h"

struct TransformRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
#define THALWEG_TRANSFORM(T) THALWEG_ENTRY(TransformRegistry, T)
#include "transforms/transforms.inc"
#undef THALWEG_TRANSFORM
using All = registry::Entries<TransformRegistry, __COUNTER__>;
constexpr std::size_t kCount = All::kCount;

template <class T>
concept Lands = requires {
  T::kLands;
};
template <class T>
concept Prepares = requires {
  &T::prepare;
};
template <class T>
concept Acts = Prepares<T> && !Lands<T> && !requires {
  &T::whole;
};
template <class T>
concept Gathers = requires {
  T::kSums;
};
template <class T>
concept Gates = requires {
  T::decide({});
};

// Writes down what T prepares; the factor of its update.
template <class T>
double prepare(const Moment& now, Coefs& c) {
  static_assert(kPrepared<T> <= kMaxCoefs);
  if constexpr (kPrepared<T> == 0) {
    return T::prepare(now);
  } else {
    Prepared<T, double> prepared;
    const double factor = T::prepare(now, prepared);
    const auto numbers = std::bit_cast<std::array<double, kPrepared<T>>>(prepared);
    std::copy(numbers.begin(), numbers.end(), c.begin());
    return factor;
  }
}

template <class T, std::size_t kVariant, class Number>
constexpr RuleKernels kernels_for() {
  RuleKernels out;
  if constexpr (Acts<T>) {
    using R = Rule<T, kVariant>;
    if constexpr (!R::kSeesNoise) out.fused = fused<R, Number>;
    out.tile = tile<R, Number>;
  }
  if constexpr (Lands<T>) out.land = land<Lander<T, kVariant>, Number>;
  if constexpr (Gathers<T>) out.gather = gather<T, Number>;
  return out;
}

template <class T, std::size_t... kVariant>
constexpr auto kernels_of_variants(std::index_sequence<kVariant...>) {
  return std::array<std::array<RuleKernels, 2>, sizeof...(kVariant)>{
      std::array<RuleKernels, 2>{kernels_for<T, kVariant, float>(), kernels_for<T, kVariant, double>()}...};
}

// A transform as the engine knows it, but for its options and its place.
template <class T>
constexpr Scope scope_of() {
  if (Gates<T>) return Scope::gate;
  if (Gathers<T>) return Scope::gather;
  if (requires { &T::whole; }) return Scope::matrix;
  if (Lands<T>) return Scope::landing;
  return Acts<T> ? Scope::element : Scope::affine;
}

template <class T>
constexpr Part part_of() {
  if (requires { T::kIsRate; }) return Part::rate;
  if (requires { T::kAccumulates; }) return Part::window;
  if (requires { T::kLooks; }) return Part::guard;
  if (requires { T::kLandsFirst; }) return Part::former;
  bool rule = Acts<T>;
  if constexpr (requires { T::kIsRule; }) rule = T::kIsRule;
  return rule ? Part::rule : Part::other;
}

template <class T>
constexpr Sees sees_of() {
  Sees out = Sees::nothing;
  if (requires { T::kSees; }) out = out | Sees::value;
  if (requires { T::kSeesEntered; }) out = out | Sees::entered;
  if (requires { T::kSeesBefore; }) out = out | Sees::before;
  if (requires { T::seed({}); }) out = out | Sees::noise;
  return out;
}

template <class T>
constexpr KeptState kept_by() {
  KeptState out{.variants = kVariants<T>};
  if constexpr (requires { T::kNumbers; }) out.numbers = T::kNumbers;
  if constexpr (requires { T::kChainNumbers; }) out.chain_numbers = T::kChainNumbers;
  if constexpr (requires { T::kCorrected; }) out.corrected = T::kCorrected;
  if constexpr (requires { T::corrects({}, {}); }) out.corrects = T::corrects;
  if constexpr (requires { T::variant({}); }) out.variant = T::variant;
  if constexpr (requires { T::initial({}, 0); }) out.initial = T::initial;
  if constexpr (requires { T::begin({}, {}); }) out.begin = T::begin;
  if constexpr (requires { T::form(0, {}); }) out.form = T::form;
  return out;
}

// A transform as the engine knows it, but for its options and its place.
template <class T>
constexpr Transform describe() {
  Transform out{.scope = scope_of<T>(), .part = part_of<T>(), .sees = sees_of<T>(), .kept = kept_by<T>()};
  if constexpr (Gathers<T>) out.sum.count = T::kSums;
  if constexpr (requires { T::over({}); }) out.sum.over = T::over;
  if constexpr (requires { T::unit(Moment{}, 0); }) out.sum.unit = T::unit;
  if constexpr (Gates<T>) out.gate.decide = T::decide;
  if constexpr (requires { T::measures({}); }) out.gate.measures = T::measures;
  if constexpr (requires { T::passed({}, {}); }) out.gate.passed = T::passed;
  if constexpr (requires { T::needs_rates({}); }) out.rates.needs = T::needs_rates;
  if constexpr (requires { T::rate_inside({}); }) out.rates.inside = T::rate_inside;
  if constexpr (requires { T::affine(Moment{}); }) out.affine = T::affine;
  if constexpr (Prepares<T>) out.prepare = prepare<T>;
  if constexpr (requires { &T::whole; }) out.whole = T::whole;
  if constexpr (requires { T::averaged(Moment{}); }) out.averaged = T::averaged;
  if constexpr (requires { T::seed({}); }) out.seed = T::seed;
  if constexpr (requires { T::observe({}, {}, 0.0); }) out.observe = T::observe;
  return out;
}

template <std::size_t kNumber>
using Listed = typename All::template At<kNumber>;

// The kernels of all variants of all transforms, one after the other.
template <std::size_t... kNumber>
constexpr auto all_kernels(std::index_sequence<kNumber...>) {
  constexpr std::size_t kAll = (kVariants<Listed<kNumber>>.size() + ...);
  std::array<std::array<RuleKernels, 2>, kAll> all{};
  std::size_t next = 0;
  const auto add = [&](const auto& some) {
    for (const auto& one : some) all[next++] = one;
  };
  (add(kernels_of_variants<Listed<kNumber>>(std::make_index_sequence<kVariants<Listed<kNumber>>.size()>())),
   ...);
  return all;
}

template <std::size_t... kNumber>
constexpr auto all_described(std::index_sequence<kNumber...>) {
  return std::array{describe<Listed<kNumber>>()...};
}

template <std::size_t... kNumber>
constexpr auto all_cards(std::index_sequence<kNumber...>) {
  return std::array{&Listed<kNumber>::kCard...};
}

template <std::size_t... kNumber>
constexpr auto all_formulas(std::index_sequence<kNumber...>) {
  return std::array{Listed<kNumber>::kFormula...};
}

constexpr auto kKernels = all_kernels(std::make_index_sequence<kCount>());
constexpr auto kDescribed = all_described(std::make_index_sequence<kCount>());
constexpr auto kCards = all_cards(std::make_index_sequence<kCount>());
constexpr auto kFormulas = all_formulas(std::make_index_sequence<kCount>());

template <class T>
CoreKernels core_kernels() {
  return {plain<T>, affine<T>, shift<T>, stream<T>, accumulate<T>, squares<T>, finite<T>};
}

SimdTable table() {
  return {hwy::TargetName(HWY_TARGET), kKernels, {{core_kernels<float>(), core_kernels<double>()}}};
}

}  // namespace thalweg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {
namespace {

HWY_EXPORT(table);

// The lines of a formula without the margin that they have in their file.
std::string without_margin(std::string_view text) {
  std::string out;
  const std::size_t margin = text.find_first_not_of(" \n") - 1;
  for (std::size_t at = 1, end; (end = text.find('\n', at)) != text.npos; at = end + 1) {
    if (at > 1) out += '\n';
    if (end > at) out += text.substr(at + margin, end - at - margin);
  }
  return out;
}

}  // namespace

std::span<const Transform> transforms() {
  static const std::vector<Transform> all = [] {
    static std::vector<std::vector<Option>> options(HWY_NAMESPACE::kCount);
    static std::vector<std::string> formulas(HWY_NAMESPACE::kCount);
    std::vector<Transform> made;
    std::size_t kernels = 0;
    for (std::size_t i = 0; i < HWY_NAMESPACE::kCount; ++i) {
      const Card& card = *HWY_NAMESPACE::kCards[i];
      options[i].assign(card.options.begin(), card.options.end());
      if (!card.dialects.empty()) options[i].push_back(kDialect);
      options[i].push_back(kOn);
      formulas[i] = without_margin(HWY_NAMESPACE::kFormulas[i]);
      Transform transform = HWY_NAMESPACE::kDescribed[i];
      transform.spec = {card.name,       card.doc,      card.source, options[i],
                        card.positional, card.dialects, formulas[i]};
      transform.kernels.first = kernels;
      kernels += transform.kept.variants.size();
      made.push_back(transform);
    }
    return made;
  }();
  return all;
}

std::span<const SimdTable> simd_tables() {
  static const std::vector<SimdTable> tables = [] {
    std::vector<SimdTable> found;
    const std::int64_t supported = hwy::SupportedTargets();
    for (int bit = 0; bit < 63; ++bit) {  // a better target has a lower bit
      const std::int64_t target = std::int64_t{1} << bit;
      if ((supported & target & (HWY_TARGETS)) == 0) continue;
      hwy::ChosenTarget chosen;
      chosen.Update(target);
      found.push_back(HWY_DISPATCH_TABLE(table)[chosen.GetIndex()]());
    }
    return found;
  }();
  return tables;
}

}  // namespace thalweg
#endif
