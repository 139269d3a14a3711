// The loops of images.h, once for every SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/images.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// and after it:
#include <hwy/highway.h>

#include "kernels/images.h"
#include "kernels/partial-inl.h"
#include "kernels/targets.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Whether a is larger than the largest so far; after a NaN nothing is.
template <class V>
HWY_INLINE auto larger(V a, V largest) {
  return hn::And(hn::Not(hn::Le(a, largest)), hn::Eq(largest, largest));
}

template <class T>
bool is_larger(T a, T largest) {
  return !(a <= largest) && largest == largest;
}

// Channels from `first` of one window.
template <class T>
void max_rest(const WindowRun& run, std::size_t first, const T* in, T* out, std::uint16_t* largest) {
  for (std::size_t c = first; c < run.channels; ++c) {
    T best = in[run.elements[0] + static_cast<std::ptrdiff_t>(c)];
    std::uint16_t number = run.numbers[0];
    for (std::size_t e = 1; e < run.elements.size(); ++e) {
      const T value = in[run.elements[e] + static_cast<std::ptrdiff_t>(c)];
      if (!is_larger(value, best)) continue;
      best = value;
      number = run.numbers[e];
    }
    out[c] = best;
    if (largest != nullptr) largest[c] = number;
  }
}

template <class T>
void max(const WindowRun& run, const T* in, T* out, std::uint16_t* largest) {
  for (std::size_t t = 0; t < run.windows; ++t) {
    std::size_t c = 0;
    if constexpr (sizeof(T) == 4) {  // numbers are as wide as elements
      const Tag<float> d;
      const hn::RebindToSigned<Tag<float>> di;
      const hn::Rebind<std::uint16_t, Tag<float>> d16;
      const std::size_t lanes = hn::Lanes(d);
      for (; c + lanes <= run.channels; c += lanes) {
        auto best = hn::LoadU(d, in + run.elements[0] + c);
        auto number = hn::Set(di, run.numbers[0]);
        for (std::size_t e = 1; e < run.elements.size(); ++e) {
          const auto value = hn::LoadU(d, in + run.elements[e] + c);
          const auto take = larger(value, best);
          best = hn::IfThenElse(take, value, best);
          number = hn::IfThenElse(hn::RebindMask(di, take), hn::Set(di, run.numbers[e]), number);
        }
        hn::StoreU(best, d, out + c);
        if (largest != nullptr) hn::StoreU(hn::DemoteTo(d16, number), d16, largest + c);
      }
    }
    max_rest(run, c, in, out, largest);
    in += run.in_step;
    out += run.channels;
    if (largest != nullptr) largest += run.channels;
  }
}

template <class T>
void max_gradient(const WindowRun& run, const T* dy, const std::uint16_t* largest, T* to, bool add) {
  for (std::size_t t = 0; t < run.windows; ++t) {
    std::size_t c = 0;
    if constexpr (sizeof(T) == 4) {
      const Tag<float> d;
      const hn::RebindToSigned<Tag<float>> di;
      const hn::Rebind<std::uint16_t, Tag<float>> d16;
      const std::size_t lanes = hn::Lanes(d);
      for (; c + lanes <= run.channels; c += lanes) {
        const auto number = hn::PromoteTo(di, hn::LoadU(d16, largest + c));
        const auto gradient = hn::LoadU(d, dy + c);
        for (std::size_t e = 0; e < run.elements.size(); ++e) {
          const auto mine = hn::RebindMask(d, hn::Eq(number, hn::Set(di, run.numbers[e])));
          auto part = hn::IfThenElseZero(mine, gradient);
          if (add) part = hn::Add(hn::LoadU(d, to + run.elements[e] + c), part);
          hn::StoreU(part, d, to + run.elements[e] + c);
        }
      }
    }
    for (; c < run.channels; ++c) {
      for (std::size_t e = 0; e < run.elements.size(); ++e) {
        T& element = to[run.elements[e] + static_cast<std::ptrdiff_t>(c)];
        const T part = largest[c] == run.numbers[e] ? dy[c] : T{0};
        element = add ? element + part : part;
      }
    }
    dy += run.channels;
    largest += run.channels;
    to += run.in_step;
  }
}

template <class T>
void mean(const WindowRun& run, const T* in, T share, T* out) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t t = 0; t < run.windows; ++t, in += run.in_step, out += run.channels) {
    std::size_t c = 0;
    for (; c + lanes <= run.channels; c += lanes) {
      auto sum = hn::Zero(d);
      for (const std::ptrdiff_t element : run.elements) sum = hn::Add(sum, hn::LoadU(d, in + element + c));
      hn::StoreU(hn::Mul(sum, hn::Set(d, share)), d, out + c);
    }
    for (; c < run.channels; ++c) {
      T sum = 0;
      for (const std::ptrdiff_t element : run.elements) sum += in[element + static_cast<std::ptrdiff_t>(c)];
      out[c] = sum * share;
    }
  }
}

template <class T>
void mean_gradient(const WindowRun& run, const T* dy, T share, T* to) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t t = 0; t < run.windows; ++t, dy += run.channels, to += run.in_step) {
    std::size_t c = 0;
    for (; c + lanes <= run.channels; c += lanes) {
      const auto part = hn::Mul(hn::LoadU(d, dy + c), hn::Set(d, share));
      for (const std::ptrdiff_t element : run.elements) {
        hn::StoreU(hn::Add(hn::LoadU(d, to + element + c), part), d, to + element + c);
      }
    }
    for (; c < run.channels; ++c) {
      const T part = dy[c] * share;
      for (const std::ptrdiff_t element : run.elements) to[element + static_cast<std::ptrdiff_t>(c)] += part;
    }
  }
}

// Channels from c, as many as kVectors hold, of the last only the first `last`.
template <std::size_t kVectors, class T>
HWY_INLINE void rectify_strip(const Rectified<T>& x, std::size_t c, std::size_t last) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto in_vector = [&](std::size_t v) { return v + 1 < kVectors ? lanes : last; };
  Vec<T> sum[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
  for (std::size_t place = 0; place < x.places; ++place) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t at = place * x.step + c + v * lanes;
      auto value = load_first(x.dy + at, in_vector(v));
      if (x.y != nullptr)
        value = hn::IfThenZeroElse(hn::Le(load_first(x.y + at, in_vector(v)), hn::Zero(d)), value);
      if (x.to != nullptr) store_first(value, in_vector(v), x.to + at);
      sum[v] = hn::Add(sum[v], value);
    }
  }
  HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)] = {};
  for (std::size_t v = 0; v < kVectors; ++v) {
    hn::Store(sum[v], d, all);
    for (std::size_t i = 0; i < in_vector(v); ++i) x.sums[c + v * lanes + i] += static_cast<double>(all[i]);
  }
}

template <class T>
void rectified(const Rectified<T>& x) {
  const std::size_t lanes = hn::Lanes(Tag<T>());
  std::size_t c = 0;
  for (; c + 4 * lanes <= x.channels; c += 4 * lanes) rectify_strip<4>(x, c, lanes);
  for (; c + lanes <= x.channels; c += lanes) rectify_strip<1>(x, c, lanes);
  if (c < x.channels) rectify_strip<1>(x, c, x.channels - c);
}

template <class T>
ImageKernels<T> kernels_of() {
  return {hwy::TargetName(HWY_TARGET), max<T>, max_gradient<T>, mean<T>, mean_gradient<T>, rectified<T>};
}

}  // namespace

ImageTable image_table() { return {kernels_of<float>(), kernels_of<double>()}; }

}  // namespace thalweg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

HWY_EXPORT(image_table);

const std::vector<ImageTable>& image_tables() {
  static const std::vector<ImageTable> tables = of_every_target(HWY_DISPATCH_TABLE(image_table), HWY_TARGETS);
  return tables;
}

}  // namespace thalweg
#endif
