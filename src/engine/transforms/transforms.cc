// The umbrella: includes every transform once for each SIMD target, and is the only file that knows targets.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "transforms/transforms.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// behind it:
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "base/registry.h"
#include "transforms/numbers.h"
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

#include "transforms/loops-inl.h"

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
concept Prepares = requires(Coefs& c) {
  T::prepare(Moment{}, c);
};
template <class T>
concept Acts = Prepares<T> && !Lands<T>;
template <class T>
concept Gathers = requires {
  T::kSums;
};
template <class T>
concept Gates = requires {
  T::decide({});
};

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
constexpr Transform describe() {
  Transform out{};
  out.scope = Gates<T>     ? Scope::gate
              : Gathers<T> ? Scope::gather
              : Lands<T>   ? Scope::landing
              : Acts<T>    ? Scope::element
                           : Scope::affine;
  out.is_rule = Acts<T>;
  out.acts = Acts<T>;
  if constexpr (requires { T::kIsRule; }) out.is_rule = T::kIsRule;
  if constexpr (requires { T::kIsRate; }) out.is_rate = T::kIsRate;
  if constexpr (requires { T::kSees; }) out.sees_value = true;
  if constexpr (requires { T::kSeesEntered; }) out.sees_entered = true;
  if constexpr (requires { T::kSeesBefore; }) out.sees_before = true;
  if constexpr (requires { T::kLandsFirst; }) out.lands_first = true;
  if constexpr (requires { T::needs_rates({}); }) out.needs_rates = T::needs_rates;
  if constexpr (requires { T::kLooks; }) out.looks = true;
  if constexpr (requires { T::kAccumulates; }) out.accumulates = true;
  out.kind = out.is_rule ? std::string_view("rule") : T::kCard.name;
  out.variants = kVariants<T>;
  if constexpr (requires { T::kNumbers; }) out.numbers = T::kNumbers;
  if constexpr (requires { T::kChainNumbers; }) out.chain_numbers = T::kChainNumbers;
  if constexpr (Gathers<T>) out.sums = T::kSums;
  if constexpr (Prepares<T>) out.prepare = T::prepare;
  if constexpr (Gates<T>) out.decide = T::decide;
  if constexpr (requires { T::affine(Moment{}); }) out.affine = T::affine;
  if constexpr (requires { T::unit(Moment{}, 0); }) out.unit = T::unit;
  if constexpr (requires { T::seed({}); }) out.seed = T::seed;
  if constexpr (requires { T::over({}); }) out.over = T::over;
  if constexpr (requires { T::variant({}); }) out.variant = T::variant;
  if constexpr (requires { T::rate_inside({}); }) out.rate_inside = T::rate_inside;
  if constexpr (requires { T::initial({}, 0); }) out.initial = T::initial;
  if constexpr (requires { T::averaged(Moment{}); }) out.averaged = T::averaged;
  if constexpr (requires { T::measures({}); }) out.measures = T::measures;
  if constexpr (requires { T::begin({}, {}); }) out.begin = T::begin;
  if constexpr (requires { T::passed({}, {}); }) out.passed = T::passed;
  if constexpr (requires { T::observe({}, {}, 0.0); }) out.observe = T::observe;
  return out;
}

template <std::size_t kNumber>
using Listed = typename All::template At<kNumber>;

// The kernels of all variants of all transforms, one behind the other.
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

constexpr auto kKernels = all_kernels(std::make_index_sequence<kCount>());
constexpr auto kDescribed = all_described(std::make_index_sequence<kCount>());
constexpr auto kCards = all_cards(std::make_index_sequence<kCount>());

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

constexpr Option kOn{
    .name = "on",
    .type = OptionType::selector,
    .fallback = "all",
    .doc = "the parameters it acts on: all, matrices, rest, a role, a name pattern or a list of these"};

}  // namespace

std::span<const Transform> transforms() {
  static const std::vector<Transform> all = [] {
    static std::vector<std::vector<Option>> options(HWY_NAMESPACE::kCount);
    std::vector<Transform> made;
    std::size_t kernels = 0;
    for (std::size_t i = 0; i < HWY_NAMESPACE::kCount; ++i) {
      const Card& card = *HWY_NAMESPACE::kCards[i];
      options[i].assign(card.options.begin(), card.options.end());
      options[i].push_back(kOn);
      Transform transform = HWY_NAMESPACE::kDescribed[i];
      transform.spec = {card.name,       card.doc,      card.source, options[i],
                        card.positional, card.dialects, card.formula};
      transform.first_kernel = kernels;
      kernels += transform.variants.size();
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
