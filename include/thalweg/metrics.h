// How good predictions are: metrics under the names that JSON and `--monitor` give them. Definitions and
// degenerate cases are those of scikit-learn (Pedregosa et al. 2011, JMLR 12) with zero_division=nan: what is
// undefined is NaN, and a macro mean is over the classes that have a number. Where samples have weights,
// everything is weighted by them. Shares are of 1.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

// One number for each class against all others, in the order of the labels, and the plain mean over those
// that have one.
struct ClassMetric {
  std::vector<double> of;
  double macro = std::numeric_limits<double>::quiet_NaN();
};

// Of predicted classes and of the scores behind them. Samples of a class that the training data did not have
// are of none of the classes, whatever is predicted: they count against precision and among the negatives.
struct ClassMetrics {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  std::vector<std::string> names;  // of the classes
  std::vector<double> rows;        // samples of each class; where they have weights, the sum of these
  ClassMetric precision;           // TP / (TP + FP); undefined for a class that is never predicted
  ClassMetric recall;              // TP / (TP + FN); undefined for one that does not occur
  ClassMetric f1;                  // 2 TP / (2 TP + FP + FN)
  // Area under the ROC curve, ties as half (Hanley and McNeil 1982, Radiology 143); undefined without both
  // samples of the class and others.
  ClassMetric auc;
  // The sum over the thresholds of (R_n - R_n-1) P_n; undefined for a class that does not occur.
  ClassMetric average_precision;
  double balanced_accuracy = kNone;  // mean recall of the classes that occur
  // Mean of -log(p of the true class), p kept 2^-52 away from 0 and 1; undefined where the predictions are
  // not probabilities, for one class, and over samples none of which has a known class.
  double log_loss = kNone;
  // Weight of the samples of class `row` that were taken for `column`; empty for more than kMostConfused
  // classes.
  std::vector<std::vector<double>> confusion;

  // A table, a line for each class and one for the macro means, "-" where undefined; of more than `most`
  // classes those of the lowest F1. Empty without classes.
  std::string text(std::size_t most = 20) const;
};

inline constexpr std::size_t kMostConfused = 64;  // classes of a confusion matrix

// What an evaluation measures: what counting predictions gives, or all, also what is made of scores: auc,
// average_precision and log_loss. For these the scores of all samples are kept until the end, 8 bytes for
// each of a sample's classes, and sorted once for each class; beyond kMostScores of them auc and
// average_precision are left out.
enum class Metrics { counted, all };
inline constexpr std::uint64_t kMostScores = std::uint64_t{1} << 26;

// How well a model does on a set of samples; the terms of the loss on parameters are left out. Where the
// samples have weights, all means are weighted by them; those of the loss's classes weigh the loss alone.
struct Evaluation {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  std::uint64_t samples = 0;
  double loss = 0;  // mean
  // Share of right classes, 0 to 1, of the samples whose label the loss does not ignore; NaN for regression,
  // and of a loss whose predictions do not say a class.
  double accuracy = kNone;
  // For regression, NaN for classes: the coefficient of determination 1 - SSE / SST, each column against the
  // mean of these samples, averaged over the columns that vary (NaN where none does); and the mean absolute
  // error and the root of the mean squared error in the units of the source, averaged over the columns.
  double r2 = kNone;
  double mae = kNone;
  double rmse = kNone;
  // What needs no model: of classes the share of the commonest one among these samples, to be compared with
  // the accuracy; of values the rmse of predicting their mean.
  double baseline = kNone;
  std::uint64_t unknown = 0;  // samples of no class of the training data: counted wrong, and without a loss
  double mass = 0;            // what the mean loss divides by: samples, or the sum of their weights
  ClassMetrics classes = {};  // all undefined for regression
  std::uint64_t of = 0;       // how many samples these were drawn from; 0: they are all

  // Every sample is unknown, ignored or weighs nothing: the loss is NaN.
  bool has_no_loss() const { return samples > 0 && mass == 0; }
  // Why there is no R2 of values; empty where there is one.
  std::string_view r2_undefined() const {
    return r2 != r2 && mae == mae ? "the targets do not vary" : std::string_view();
  }
  // One class has so many of the samples that the accuracy says little of the others: three in four or more.
  bool is_dominated() const { return accuracy == accuracy && baseline >= 0.75; }
  // "97.77 % right (baseline 10.03 %), loss 0.07 over 359 samples", with the balanced accuracy before it
  // where is_dominated(); R2 and errors for values.
  std::string text() const;
};

// One number by which evaluations are compared.
struct Metric {
  // What it is made of. Scores and probabilities are those of classes, and need Metrics::all.
  enum class Kind { loss, classes, scores, probabilities, values };

  std::string_view name;
  Kind kind;
  bool higher_is_better;
  // Of classes the macro mean where there is one number for each.
  double (*read)(const Evaluation&);

  Metrics needs() const {
    return kind == Kind::scores || kind == Kind::probabilities ? Metrics::all : Metrics::counted;
  }
};

std::span<const Metric> metrics();  // the loss first, in the order of kMetricNames
inline constexpr std::string_view kMetricNames =
    "loss|accuracy|balanced_accuracy|precision|recall|f1|auc|average_precision|log_loss|rmse|mae|r2";
// Throws Error(usage), which begins with `where`, with the nearest name.
const Metric& metric_of(std::string_view name, std::string_view where = "monitor");

}  // namespace thalweg
