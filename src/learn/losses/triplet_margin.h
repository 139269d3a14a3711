// triplet_margin: an anchor is to be nearer to what is like it than to what is not.
#pragma once

#include <algorithm>
#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct TripletMargin : LossTraits {
  static constexpr Option kOptions[] = {
      number_option("margin", "1", kAnyNumber, "how much nearer the positive is to be"),
      number_option("p", "2", kAtLeastOne, "power of the norm that measures distances"),
      number_option("eps", "1e-6", kAnyNumber, "added to every difference, as in torch"),
      flag_option("swap", "false", "the negative counts from the positive where that is nearer to it")};
  static constexpr Spec kSpec{
      .name = "triplet_margin",
      .doc = "the columns are three vectors: anchor, positive, negative; targets are not looked at",
      .source =
          "Schroff, Kalenichenko and Philbin 2015, arXiv:1503.03832; swap: Balntas et al. 2016, "
          "doi:10.5244/C.30.119",
      .options = kOptions,
      .formula = R"(
loss   = max(0, margin + d(a, b) - m)
d(x, y) = (sum_j |x_j - y_j + eps|^p)^(1/p)
m      = d(a, c); with swap=true the lesser of d(a, c) and d(b, c)
grad   = that of d, sign(z_j) (|z_j| / d)^(p - 1) of the difference z_j = x_j - y_j + eps
a, b, c the three thirds of the columns of a row: anchor, positive, negative
The loss of a batch is the mean over its rows. torch's triplet_margin_loss.)"};
  static constexpr Wants kWants = Wants::nothing;
  static constexpr Layout kLayout = Layout::triplet;
  static Outputs outputs(const LossOptions&) { return Outputs::nothing; }

  template <class T>
  static double row(const LossOptions& o, const T* x, std::size_t columns, const RowTarget&, double scale,
                    T* grad) {
    const auto [margin, swap] = options<kOptions, "margin", "swap">(o.numbers);
    const Vectors<T> v{o, x, columns / 3};
    const double near = v.distance(0, 1), far = v.distance(0, 2);
    const double other = swap != 0 ? v.distance(1, 2) : far;
    const double loss = margin + near - std::min(far, other);
    if (grad != nullptr) {
      std::fill(grad, grad + columns, T{0});
      const double slope = loss < 0 ? 0.0 : scale;
      const double of_far = other < far                 ? 0.0
                            : other == far && swap != 0 ? 0.5
                                                        : 1.0;  // halves of equal ones
      v.add(0, 1, near, slope, grad);
      v.add(0, 2, far, -slope * of_far, grad);
      if (swap != 0) v.add(1, 2, other, -slope * (1.0 - of_far), grad);
    }
    return positive_part(loss);
  }

 private:
  template <class T>
  struct Vectors {
    const LossOptions& o;
    const T* x;
    std::size_t size;

    double difference(std::size_t a, std::size_t b, std::size_t j) const {
      const auto [eps] = options<kOptions, "eps">(o.numbers);
      return static_cast<double>(x[a * size + j]) - static_cast<double>(x[b * size + j]) + eps;
    }
    // Measured in the largest difference, so that no power overflows.
    double distance(std::size_t a, std::size_t b) const {
      const auto [p] = options<kOptions, "p">(o.numbers);
      double most = 0, sum = 0;
      for (std::size_t j = 0; j < size; ++j) {
        const double d = std::fabs(difference(a, b, j));
        most = d <= most ? most : d;
      }
      if (!(most > 0 && std::isfinite(most))) return most;
      for (std::size_t j = 0; j < size; ++j) sum += std::pow(std::fabs(difference(a, b, j)) / most, p);
      return most * std::pow(sum, 1.0 / p);
    }
    void add(std::size_t a, std::size_t b, double distance, double slope, T* grad) const {
      const auto [p] = options<kOptions, "p">(o.numbers);
      for (std::size_t j = 0; distance != 0 && slope != 0 && j < size; ++j) {
        const double d = difference(a, b, j);
        const double g = slope * sign_of(d) * std::pow(std::fabs(d) / distance, p - 1.0);
        grad[a * size + j] = static_cast<T>(static_cast<double>(grad[a * size + j]) + g);
        grad[b * size + j] = static_cast<T>(static_cast<double>(grad[b * size + j]) - g);
      }
    }
  };
};
THALWEG_LOSS(TripletMargin)

}  // namespace thalweg
