// The same comparison of optimizers on several data sets, or on the folds of one, and what their ranks say
// together: Friedman's test, Iman and Davenport's, and Nemenyi's critical difference (Demsar 2006, Journal of
// Machine Learning Research 7).
//
//   for (const StudyPart& part : plan_study(config, options, {.data = {"csv(a.csv)", "csv(b.csv)"}}, "out"))
//     ...  // Comparison::open(part.config, options, part.directory), to its end
//   std::cout << study(parts, results).text();
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "thalweg/lab/compare.h"

namespace thalweg {

struct StudyOptions {
  std::vector<std::string> data = {};  // sources; empty: that of the settings
  std::uint64_t folds = 0;             // each data set is split into so many; 0: its one split
};

// One comparison. Its rates are found within its own training part.
struct StudyPart {
  std::size_t set = 0;     // number of the data set, from 0
  std::uint64_t fold = 0;  // 1 ...; 0: the one split
  std::filesystem::path directory = {};
  RunConfig config = {};
};

// All of them, in their order: directories data-1, or data-1-fold-1, ... in `directory`, by default
// comparisons/<n> with the next free number. Checks every one - reading its data - before anything is made,
// and throws as Comparison::open() does; Error(usage) for fewer than two optimizers, or for one data set
// without folds.
std::vector<StudyPart> plan_study(const RunConfig& config, const CompareOptions& options,
                                  const StudyOptions& wanted, const std::filesystem::path& directory);

struct StudiedOptimizer {
  std::string given;               // its text
  double mean_rank = 0;            // over the blocks, 1 the best
  double p = 1;                    // Nemenyi's, of the difference from the first
  std::vector<double> ranks;       // one a block
  std::vector<double> scores;      // likewise: the median over the seeds, of folds their mean; infinitely bad
                                   // where half of the trainings diverged
  std::vector<double> deviations;  // of the folds of a data set, n - 1 in the denominator; NaN without
};

// A comparison that was studied.
struct StudiedPart {
  std::string folder;    // in that of the study: "data-1-fold-2"
  std::string of;        // its data, and its fold where there are folds
  std::string headline;  // its own
};

struct StudyResult {
  static constexpr double kLevel = 0.05;

  std::vector<std::string> blocks;    // what ranks are formed over: data sets, or the folds of the only one
  std::vector<std::string> measures;  // of each: "accuracy", "R2", "loss" or another metric
  bool of_folds = false;  // blocks are folds, which share what they are trained on: p is too small
  std::uint64_t folds = 0;
  std::vector<StudiedOptimizer> optimizers;  // by mean rank, the best first
  double chi_square = 0;                     // Friedman's, corrected for ties
  double p = 1;
  double f = 0;  // Iman and Davenport's, of the same ranks; infinite where all blocks rank alike
  double f_p = 1;
  double critical_difference = 0;  // of mean ranks, at kLevel
  std::vector<StudiedPart> parts;

  std::string headline() const;
  std::string text() const;
  std::string json() const;  // one object
};

// Of a result for each part.
StudyResult study(const std::vector<StudyPart>& parts, const std::vector<ComparisonResult>& results);

// One HTML page of the result, for the folder of the study: links lead to report.html in the folder of each
// part. `command` is as of comparison_html().
std::string study_html(const StudyResult& result, const std::string& command = "");

// Puts that page, report.html, and study.json into the folder of the study.
void write_study(const StudyResult& result, const std::filesystem::path& directory,
                 const std::string& command = "");

}  // namespace thalweg
