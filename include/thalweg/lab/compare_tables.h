// Comparisons and studies as tables of other programs: of a paper, of a spreadsheet.
//
//   std::cout << comparison_table(comparison.result(), TableFormat::markdown);
//   std::ofstream("curves.csv") << export_comparison(comparison.directory());
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "thalweg/lab/compare.h"
#include "thalweg/lab/study.h"

namespace thalweg {

enum class TableFormat { markdown, latex, csv };

// A row for each optimizer, the best first: rate, median over the seeds with quartiles, loss, average rank, p
// against the best. In CSV numbers are exact and quartiles have columns of their own.
std::string comparison_table(const ComparisonResult& result, TableFormat format);

// A row for each optimizer, the best mean rank first, and a column for each data set or fold, called by the
// file of its data: the median over the seeds with quartiles, of several folds mean and deviation. In CSV a
// row for each optimizer on each data set.
std::string study_table(const std::vector<StudyPart>& parts, const std::vector<ComparisonResult>& results,
                        TableFormat format);

// The curves of all runs in the folder of a comparison, finished or not, or of all comparisons of a study, as
// CSV with a header: a row for each end of an epoch on held-out samples (of `tuning` runs on the validation
// part). A run that diverged at once has a row without an epoch. Throws Error(data) for a folder that is
// neither, and for a malformed file.
std::string export_comparison(const std::filesystem::path& directory);

// Whether a folder is that of a comparison or of a study.
bool is_comparison(const std::filesystem::path& directory);

}  // namespace thalweg
