// Results as tables of other programs.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/spec.h"
#include "base/text.h"
#include "compare/cells.h"
#include "thalweg/lab/compare_tables.h"

namespace thalweg {
namespace {

using Row = std::vector<std::string>;

// As a paper has it: accuracies in percent.
std::string rounded(const std::string& measure, double number) {
  if (!std::isfinite(number)) return std::isnan(number) ? "" : "diverged";
  return measure == "accuracy" ? fmt::format("{:.2f}", 100 * number) : fmt::format("{:.4g}", number);
}

std::string exact(double number) { return std::isfinite(number) ? print_number(number) : ""; }

std::string in_units(const std::string& measure) { return measure == "accuracy" ? "accuracy, %" : measure; }

std::string with_quartiles(const std::string& measure, const Median& median) {
  const std::string middle = rounded(measure, median.value);
  if (!std::isfinite(median.low) || !std::isfinite(median.high)) return middle;
  return fmt::format("{} ({} to {})", middle, rounded(measure, median.low), rounded(measure, median.high));
}

const Median& deciding(const ComparisonResult& result, const ComparedOptimizer& o) {
  return result.by_loss ? o.loss : o.score;
}

std::string escaped(const std::string& cell, TableFormat format) {
  std::string out;
  for (const char c : cell) {
    const std::string_view special = format == TableFormat::latex ? "&%$#_{}" : "|";
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += format == TableFormat::latex && c == '\\'  ? "\\textbackslash{}"
           : format == TableFormat::latex && c == '~' ? "\\textasciitilde{}"
           : format == TableFormat::latex && c == '^' ? "\\textasciicircum{}"
                                                      : std::string(1, c);
  }
  return out;
}

std::string joined(const Row& row, std::string_view between, TableFormat format) {
  return join(row, between, [&](const std::string& cell) { return escaped(cell, format); });
}

// The first row is the head; `note` says what the numbers are.
std::string laid_out(const std::vector<Row>& rows, const std::string& note, TableFormat format) {
  std::string out;
  if (format == TableFormat::csv) {
    for (const Row& row : rows) out += csv_line(row);
    return out;
  }
  if (format == TableFormat::markdown) {
    for (const Row& row : rows) {
      out += "| " + joined(row, " | ", format) + " |\n";
      if (&row != rows.data()) continue;
      for (std::size_t i = 0; i < row.size(); ++i) out += i == 0 ? "|---" : "|--:";
      out += "|\n";
    }
    return out + "\n" + note + "\n";
  }
  out = "% " + note + "\n\\begin{tabular}{l" + std::string(rows.front().size() - 1, 'r') + "}\n\\hline\n";
  for (const Row& row : rows)
    out += joined(row, " & ", format) + " \\\\\n" + (&row == rows.data() ? "\\hline\n" : "");
  return out + "\\hline\n\\end{tabular}\n";
}

std::string seeds_text(const ComparisonResult& result) {
  return fmt::format("Medians over {} seeds, quartiles in brackets", result.options.seeds);
}

// The comparisons of a block: a data set, or a fold of the only one.
std::vector<const ComparisonResult*> of_block(const std::vector<StudyPart>& parts,
                                              const std::vector<ComparisonResult>& results, bool of_folds,
                                              std::size_t block) {
  std::vector<const ComparisonResult*> out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if ((of_folds ? static_cast<std::size_t>(parts[i].fold) - 1 : parts[i].set) == block)
      out.push_back(&results[i]);
  }
  return out;
}

// The quartiles over the seeds of the one comparison of a block; NaN where there are several.
Median quartiles_of(const std::vector<const ComparisonResult*>& block, const std::string& given) {
  if (block.size() != 1) return {NAN, NAN, NAN};
  const auto found = std::ranges::find(block.front()->optimizers, given, &ComparedOptimizer::given);
  return deciding(*block.front(), *found);
}

}  // namespace

std::string comparison_table(const ComparisonResult& result, TableFormat format) {
  const bool csv = format == TableFormat::csv;
  const std::string measure = result.measure();
  std::vector<Row> rows = {
      csv ? Row{"optimizer", "chain", "rate", measure, "low", "high", "loss", "rank", "p"}
          : Row{"optimizer", "rate", in_units(measure), "loss", "rank", "p"}};
  for (const ComparedOptimizer& o : result.optimizers) {
    const Median& median = deciding(result, o);
    const bool best = &o == result.optimizers.data();
    const double rate = o.rates[o.chosen].rate, p = best ? NAN : o.against_best.p;
    rows.push_back(csv ? Row{o.given, o.chain, exact(rate), exact(median.value), exact(median.low),
                             exact(median.high), exact(o.loss.value), exact(o.average_rank), exact(p)}
                       : Row{o.given, fmt::format("{:.3g}", rate), with_quartiles(measure, median),
                             rounded("loss", o.loss.value), fmt::format("{:.1f}", o.average_rank),
                             best ? "" : fmt::format("{:.2g}", p)});
  }
  return laid_out(
      rows,
      seeds_text(result) +
          "; p: Wilcoxon's signed-rank test against the first, with Holm's correction for all pairs. " +
          result.config.data + ".",
      format);
}

std::string study_table(const std::vector<StudyPart>& parts, const std::vector<ComparisonResult>& results,
                        TableFormat format) {
  const StudyResult study = thalweg::study(parts, results);
  const bool csv = format == TableFormat::csv;
  const std::vector<std::string> names = study.of_folds ? study.blocks : short_data_names(study.blocks);
  std::vector<Row> rows = {csv ? Row{"optimizer", "mean_rank", "p", study.of_folds ? "fold" : "data",
                                     "measure", "score", "low", "high", "deviation", "rank"}
                               : Row{"optimizer", "mean rank", "p"}};
  for (std::size_t i = 0; i < names.size() && !csv; ++i)
    rows.front().push_back(names[i] + ", " + in_units(study.measures[i]));
  for (const StudiedOptimizer& o : study.optimizers) {
    const bool best = &o == study.optimizers.data();
    if (!csv)
      rows.push_back({o.given, fmt::format("{:.2f}", o.mean_rank), best ? "" : fmt::format("{:.2g}", o.p)});
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& measure = study.measures[i];
      const Median quartiles = quartiles_of(of_block(parts, results, study.of_folds, i), o.given);
      if (csv) {
        rows.push_back({o.given, exact(o.mean_rank), best ? "" : exact(o.p), names[i], measure,
                        exact(o.scores[i]), exact(quartiles.low), exact(quartiles.high),
                        exact(o.deviations[i]), exact(o.ranks[i])});
        continue;
      }
      const bool spread = std::isfinite(o.deviations[i]);
      rows.back().push_back(spread ? rounded(measure, o.scores[i]) + " ± " + rounded(measure, o.deviations[i])
                                   : with_quartiles(measure, quartiles));
    }
  }
  const bool folds = study.folds > 0 && !study.of_folds;
  const std::string what =
      folds ? fmt::format("Means of {} folds, ± their deviation", study.folds) : seeds_text(results.front());
  return laid_out(
      rows,
      what + fmt::format("; p: Nemenyi's test against the first; Friedman's p {:.2g}, critical difference of "
                         "mean ranks {:.3f}.",
                         study.p, study.critical_difference),
      format);
}

}  // namespace thalweg
