// What a loss is to loss.cc. A loss file defines a struct and registers it with THALWEG_LOSS; its line in
// losses.inc is all that lists it.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/options.h"
#include "thalweg/loss.h"

namespace thalweg {

// What one row of predictions is compared with. A label stands for a row that is 1 at the label and `others`
// elsewhere.
struct RowTarget {
  const float* values = nullptr;
  const double* exact = nullptr;  // the same in double; both null: the label counts
  std::size_t label = 0;
  double others = 0;

  bool is_label() const { return values == nullptr && exact == nullptr; }
  double operator[](std::size_t column) const {
    if (values != nullptr) return static_cast<double>(values[column]);
    if (exact != nullptr) return exact[column];
    return column == label ? 1.0 : others;
  }
};

// The targets that a loss takes.
enum class Wants {
  labels,   // class labels only
  classes,  // class labels, or a probability for each
  values,   // any values; labels count as one-hot rows
  amounts,  // values of at least 0; labels count as one-hot rows
  shares,   // values in [0, 1]; labels count as one-hot rows, or in a single column as the values 0 and 1
  signs,    // the values -1 and 1; likewise of labels, with -1 in the place of 0
  nothing,  // targets are not looked at
};

// How many target values belong to a row of predictions, and what its columns are.
enum class Layout {
  same,     // as many
  halves,   // half as many: two numbers for each, all first ones before all second ones
  pair,     // one: the columns are two vectors
  triplet,  // none: they are three
};

using Outputs = Loss::Outputs;

// The options of a loss as its rows read them, in Spec order.
struct LossOptions {
  std::span<const double> numbers;             // 0 where there is a list
  std::span<const std::vector<double>> lists;  // empty where there is a number
  std::span<const double> weight = {};         // of the option `weight`, for each column; empty: 1
  double weight_of(std::size_t column) const { return weight.empty() ? 1.0 : weight[column]; }
};

// The option that every loss with targets has.
constexpr Option weight_option(std::string_view doc) {
  Option option = typed_option(OptionType::numbers, "weight", "", kNotNegative, doc);
  option.choices = "balanced";
  return option;
}
// Of losses with kMeanByWeights, and of the others.
inline constexpr Option kWeightInMean = weight_option(
    "factor of each class, or of each column of values; the mean divides by those of its rows; balanced: n / "
    "(classes x n of the class), counted in what is trained on");
inline constexpr Option kWeight = weight_option(
    "factor of each class, or of each column of values; the mean divides by the number of rows; balanced: n "
    "/ (classes x n of the class), counted in what is trained on");
// Of losses on labels.
inline constexpr double kNoLabel = -100;  // torch's ignore_index
inline constexpr Option kIgnore =
    count_option("ignore", "", {.min = INT32_MIN, .max = INT32_MAX},
                 "label of the rows that have no loss and count in no mean; -100 where nothing is said");

// A loss is a struct with
//   static constexpr Spec kSpec;         with its formula; options are numbers, flags, kWeight and the like
//   static constexpr Wants kWants;
//   static constexpr bool kMeanByWeights;   `weight` counts in what the mean divides by, as in torch's loss
//                                           of that name; of class probabilities it never does
//   template <class T>                      the loss of a row; `grad`, where not null, gets scale *
//   static double row(const LossOptions& o, const T* p, std::size_t columns,            d(loss)/d(p)
//                     const RowTarget& target, double scale, T* grad);
// and, where they are not those of LossTraits,
//   static constexpr Layout kLayout;
//   static Outputs outputs(const LossOptions& o);
//   static bool weighs_classes(const LossOptions& o);   row() uses `weight` of labels too: elsewhere it is
//                                                       the row that is weighted
//   static bool takes_any(const LossOptions& o);   whether targets need not be in the range of kWants
struct LossTraits {
  static constexpr Layout kLayout = Layout::same;
  static constexpr bool kMeanByWeights = false;
  static Outputs outputs(const LossOptions&) { return Outputs::scores; }
  static bool weighs_classes(const LossOptions&) { return false; }
  static bool takes_any(const LossOptions&) { return false; }
};

// What a loss that is a mean over columns says of one of them: its loss and the derivative of that.
struct OfColumn {
  double loss;
  double slope;
};

// The base of a loss that has OfColumn column(const LossOptions& o, double p, double t, std::size_t j): the
// mean over the columns, or their sum.
template <class Kind, bool kMean = true>
struct OverColumns : LossTraits {
  template <class T>
  static double row(const LossOptions& o, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    return o.weight.empty() ? sum<false>(o, p, columns, target, scale, grad)
                            : sum<true>(o, p, columns, target, scale, grad);
  }

 private:
  template <bool kWeighted, class T>
  static double sum(const LossOptions& o, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    const double n = kMean ? static_cast<double>(columns) : 1.0;
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      auto [loss, slope] = Kind::column(o, static_cast<double>(p[j]), target[j], j);
      if constexpr (kWeighted) {
        loss *= o.weight[j];
        slope *= o.weight[j];
      }
      sum += loss;
      if (grad != nullptr) grad[j] = static_cast<T>(slope / n * scale);
    }
    return sum / n;
  }
};
template <class Kind>
using MeanOverColumns = OverColumns<Kind>;
template <class Kind>
using SumOverColumns = OverColumns<Kind, false>;

// -1, 0 or 1; of a NaN a NaN.
template <class T>
T sign_of(T x) {
  return x > T{0} ? T{1} : x < T{0} ? T{-1} : x;
}

// x where it is above 0, else 0; of a NaN a NaN.
inline double positive_part(double x) { return x <= 0 ? 0.0 : x; }

// ln(1 + e^x), without overflow.
inline double softplus(double x) { return (x > 0 ? x : 0.0) + std::log1p(std::exp(-std::fabs(x))); }

// The losses in the order of losses.inc.
std::span<const Spec* const> loss_specs();

}  // namespace thalweg
