// The umbrella: includes every transform once for each SIMD target, and is the only file that knows targets.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "transforms/transforms.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// behind it:
#include <hwy/highway.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "optim/transform.h"
#include "transforms/numbers.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#include "transforms/loops-inl.h"

// A transform's number is the count of those before it.
template <int kNumber>
struct Slot;
constexpr int kFirst = __COUNTER__ + 1;
#define THALWEG_TRANSFORM(T)          \
  template <>                         \
  struct Slot<__COUNTER__ - kFirst> { \
    using Type = T;                   \
  };
#include "transforms/transforms.inc"
#undef THALWEG_TRANSFORM
constexpr std::size_t kCount = __COUNTER__ - kFirst;

template <class T>
concept Rule = requires(Coefs& c) {
  T::prepare({}, 1, c);
};
template <class T>
concept Global = requires {
  T::factor({}, 1.0);
};

template <class T>
constexpr std::array<RuleKernels, 2> kernels() {
  if constexpr (Rule<T>) {
    return {{{fused<T, float>, tile<T, float>}, {fused<T, double>, tile<T, double>}}};
  } else {
    return {};
  }
}

// What a transform's file says, apart from its kernels.
struct Described {
  const Card* card;
  Scope scope;
  Affine (*affine)(std::span<const double>);
  double (*prepare)(std::span<const double>, std::uint64_t, Coefs&);
  double (*factor)(std::span<const double>, double);
};

template <class T>
constexpr Described describe() {
  if constexpr (Rule<T>) {
    return {&T::kCard, Scope::element, nullptr, T::prepare, nullptr};
  } else if constexpr (Global<T>) {
    return {&T::kCard, Scope::global, nullptr, nullptr, T::factor};
  } else {
    return {&T::kCard, Scope::affine, T::affine, nullptr, nullptr};
  }
}

template <std::size_t... kNumber>
constexpr auto all_kernels(std::index_sequence<kNumber...>) {
  return std::array{kernels<typename Slot<int(kNumber)>::Type>()...};
}

template <std::size_t... kNumber>
constexpr auto all_described(std::index_sequence<kNumber...>) {
  return std::array{describe<typename Slot<int(kNumber)>::Type>()...};
}

constexpr auto kKernels = all_kernels(std::make_index_sequence<kCount>());
constexpr auto kDescribed = all_described(std::make_index_sequence<kCount>());

SimdTable table() {
  return {hwy::TargetName(HWY_TARGET),
          kKernels,
          {{{plain<float>, affine<float>, update<float>, squares<float>},
            {plain<double>, affine<double>, update<double>, squares<double>}}}};
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

Transform make_transform(const HWY_NAMESPACE::Described& described, std::vector<Option>& options) {
  const Card& card = *described.card;
  options.assign(card.options.begin(), card.options.end());
  options.push_back(kOn);
  const bool rule = described.scope == Scope::element;
  return {{card.name, card.doc, card.source, options, card.positional},
          card.state,
          described.scope,
          rule ? std::string_view("rule") : card.name,
          described.affine,
          described.prepare,
          described.factor};
}

}  // namespace

std::span<const Transform> transforms() {
  static const std::vector<Transform> all = [] {
    static std::vector<std::vector<Option>> options(HWY_NAMESPACE::kCount);
    std::vector<Transform> made;
    for (std::size_t i = 0; i < HWY_NAMESPACE::kCount; ++i) {
      made.push_back(make_transform(HWY_NAMESPACE::kDescribed[i], options[i]));
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
