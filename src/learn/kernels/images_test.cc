// The loops over images on every SIMD target, against the same written out.
#include "kernels/images.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace thalweg {
namespace {

template <class T>
std::vector<T> numbers(std::size_t n, std::uint64_t stream) {
  const Random random(9, Purpose::init, stream);
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i)
    values[i] = static_cast<T>(std::round(8 * random.uniform(i)) - 4);  // with ties
  return values;
}

// Two windows of 2 x 2 in a line of two rows, or with one element of the first column left out.
struct Setting {
  std::size_t channels;
  std::vector<std::ptrdiff_t> elements;
  std::vector<std::uint16_t> places;
  WindowRun run;

  Setting(std::size_t n, bool edge) : channels(n) {
    const auto c = static_cast<std::ptrdiff_t>(n);
    elements =
        edge ? std::vector<std::ptrdiff_t>{0, c, 5 * c} : std::vector<std::ptrdiff_t>{0, c, 4 * c, 5 * c};
    places = edge ? std::vector<std::uint16_t>{0, 1, 3} : std::vector<std::uint16_t>{0, 1, 2, 3};
    run = {elements, places, 2, 2 * c, n};
  }
  std::size_t at(std::size_t window, std::size_t e, std::size_t c) const {
    return window * 2 * channels + static_cast<std::size_t>(elements[e]) + c;
  }
};

template <class T>
void check_pools(const ImageKernels<T>& kernels, const Setting& s) {
  std::vector<T> in = numbers<T>(8 * s.channels, 1);
  in[s.at(1, 1, s.channels - 1)] = static_cast<T>(NAN);
  const std::vector<T> dy = numbers<T>(2 * s.channels, 2), before = numbers<T>(8 * s.channels, 3);
  std::vector<T> largest_of(2 * s.channels), mean_of(2 * s.channels), added = before, meant = before;
  std::vector<std::uint16_t> largest(2 * s.channels);
  kernels.max(s.run, in.data(), largest_of.data(), largest.data());
  kernels.max_gradient(s.run, dy.data(), largest.data(), added.data(), true);
  kernels.mean(s.run, in.data(), T{0.5}, mean_of.data());
  kernels.mean_gradient(s.run, dy.data(), T{0.5}, meant.data());
  for (std::size_t w = 0; w < 2; ++w) {
    for (std::size_t c = 0; c < s.channels; ++c) {
      std::size_t best = 0;
      T sum = 0;
      for (std::size_t e = 0; e < s.elements.size(); ++e) {
        const T value = in[s.at(w, e, c)], so_far = in[s.at(w, best, c)];
        if (value > so_far || (std::isnan(value) && !std::isnan(so_far))) best = e;
        sum += value;
        ASSERT_EQ(meant[s.at(w, e, c)], before[s.at(w, e, c)] + T{0.5} * dy[w * s.channels + c]);
      }
      const T got = largest_of[w * s.channels + c], want = in[s.at(w, best, c)];
      ASSERT_TRUE(got == want || (std::isnan(got) && std::isnan(want)));
      ASSERT_EQ(largest[w * s.channels + c], s.places[best]);
      for (std::size_t e = 0; e < s.elements.size(); ++e) {
        const T part = e == best ? dy[w * s.channels + c] : T{0};
        ASSERT_EQ(added[s.at(w, e, c)], before[s.at(w, e, c)] + part);
      }
      const T mean = mean_of[w * s.channels + c];
      ASSERT_TRUE(mean == T{0.5} * sum || (std::isnan(mean) && std::isnan(sum)));
    }
  }
}

template <class T>
void check_rectified(const ImageKernels<T>& kernels, std::size_t channels) {
  constexpr std::size_t kPlaces = 5;
  const std::size_t step = channels + 2;  // what stands between is left alone
  const std::vector<T> dy = numbers<T>(kPlaces * step, 4), y = numbers<T>(kPlaces * step, 5);
  for (const bool by_y : {false, true}) {
    std::vector<T> to(dy.size(), T{9});
    std::vector<double> sums(channels, 1.0);
    kernels.rectified(
        {dy.data(), by_y ? y.data() : nullptr, kPlaces, step, channels, to.data(), sums.data()});
    for (std::size_t place = 0; place < kPlaces; ++place) {
      for (std::size_t c = channels; c < step; ++c) ASSERT_EQ(to[place * step + c], 9);
    }
    for (std::size_t c = 0; c < channels; ++c) {
      double sum = 1;
      for (std::size_t at = c; at < dy.size(); at += step) {
        const T want = by_y && y[at] <= 0 ? T{0} : dy[at];
        ASSERT_EQ(to[at], want);
        sum += static_cast<double>(want);
      }
      ASSERT_EQ(sums[c], sum);
    }
  }
}

TEST(ImageKernels, AreRightOnEverySimdTarget) {
  for (const ImageTable& table : image_tables()) {
    SCOPED_TRACE(table.f32.target);
    for (const std::size_t channels : {1u, 3u, 16u, 37u, 100u}) {
      for (const bool edge : {false, true}) {
        check_pools(table.f32, Setting(channels, edge));
        check_pools(table.f64, Setting(channels, edge));
      }
      check_rectified(table.f32, channels);
      check_rectified(table.f64, channels);
    }
  }
}

}  // namespace
}  // namespace thalweg
