#include "thalweg/lab/study.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "compare/signed_rank.h"
#include "compare/study/ranks.h"
#include "compare/trials.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/together.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostShown = 8;  // blocks of the table

std::vector<std::string> sources_of(const RunConfig& config, const StudyOptions& wanted) {
  return wanted.data.empty() ? std::vector<std::string>{config.data} : wanted.data;
}

void check_study(const RunConfig& config, const CompareOptions& options, const StudyOptions& wanted) {
  const auto fail = [](const char* where, const char* what, std::string got, const char* want) {
    throw Error(Code::usage, {where, what, std::move(got), want, ""});
  };
  if (options.optimizers.size() < 2)
    fail("optimizers", "there is nothing to rank", std::to_string(options.optimizers.size()), "two or more");
  if (wanted.folds == 1) fail("folds", "out of range", "1", "2 or more");
  if (wanted.folds == 0 && sources_of(config, wanted).size() < 2)
    fail("data", "there is one data set, in one split", config.data, "several, or --folds");
  if (wanted.folds > 0 && config.rows.parts.held_out != "auto")
    fail("folds", "every fold is held out in turn", "--held-out " + config.rows.parts.held_out,
         "--held-out auto");
}

// Mean and deviation of the same optimizer over the comparisons of one block.
struct Scored {
  std::string measure;
  bool lower_is_better = false;
  std::map<std::string, std::vector<double>> of;  // by optimizer
};

Scored scored(const std::vector<const ComparisonResult*>& results) {
  const bool by_loss =
      std::ranges::any_of(results, [](const ComparisonResult* result) { return result->by_loss; });
  const ComparisonResult& first = *results.front();
  Scored out{by_loss ? "loss" : first.score_name, by_loss || first.lower_is_better, {}};
  for (const ComparisonResult* result : results) {
    for (const ComparedOptimizer& o : result->optimizers)
      out.of[o.given].push_back(by_loss ? o.loss.value : o.score.value);
  }
  return out;
}

double mean_of(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  return sum / static_cast<double>(numbers.size());
}

double deviation_of(const std::vector<double>& numbers) {
  if (numbers.size() < 2) return NAN;
  const double mean = mean_of(numbers);
  double squares = 0;
  for (const double number : numbers) squares += (number - mean) * (number - mean);
  return std::sqrt(squares / static_cast<double>(numbers.size() - 1));
}

// The results by block: data sets, or the folds of the only one.
std::map<std::size_t, std::vector<const ComparisonResult*>> by_block(
    const std::vector<StudyPart>& parts, const std::vector<ComparisonResult>& results, bool of_folds) {
  std::map<std::size_t, std::vector<const ComparisonResult*>> out;
  for (std::size_t i = 0; i < parts.size(); ++i)
    out[of_folds ? static_cast<std::size_t>(parts[i].fold) : parts[i].set].push_back(&results[i]);
  return out;
}

void rank_all(StudyResult& out, const std::vector<bool>& lower_is_better) {
  std::vector<std::vector<double>> rows;
  for (std::size_t block = 0; block < out.blocks.size(); ++block) {
    rows.emplace_back();
    for (const StudiedOptimizer& o : out.optimizers)
      rows.back().push_back(lower_is_better[block] ? o.scores[block] : -o.scores[block]);
  }
  const Friedman test = friedman(rows);
  out.chi_square = test.chi_square;
  out.p = test.p;
  out.f = test.f;
  out.f_p = test.f_p;
  out.critical_difference = critical_difference(out.optimizers.size(), rows.size(), StudyResult::kLevel);
  for (std::size_t i = 0; i < out.optimizers.size(); ++i) {
    out.optimizers[i].mean_rank = test.mean_ranks[i];
    for (const std::vector<double>& row : rows) out.optimizers[i].ranks.push_back(midranks(row)[i]);
  }
  std::ranges::stable_sort(out.optimizers, {}, &StudiedOptimizer::mean_rank);
  const double best = out.optimizers.front().mean_rank;
  for (StudiedOptimizer& o : out.optimizers)
    o.p = nemenyi(o.mean_rank - best, out.optimizers.size(), rows.size());
}

std::string score_text(const std::string& measure, double score) {
  if (!std::isfinite(score)) return "diverged";
  return measure == "accuracy" ? fmt::format("{:.2f} %", 100 * score) : fmt::format("{:.4g}", score);
}

}  // namespace

std::vector<StudyPart> plan_study(const RunConfig& config, const CompareOptions& options,
                                  const StudyOptions& wanted, const std::filesystem::path& directory) {
  check_study(config, options, wanted);
  std::vector<StudyPart> parts;
  const std::vector<std::string> sources = sources_of(config, wanted);
  for (std::size_t set = 0; set < sources.size(); ++set) {
    for (std::uint64_t fold = wanted.folds > 0 ? 1 : 0; fold <= wanted.folds; ++fold) {
      StudyPart part{
          .set = set, .fold = fold, .directory = fmt::format("data-{}", set + 1), .config = config};
      part.config.data = sources[set];
      if (fold > 0) {
        part.directory += fmt::format("-fold-{}", fold);
        part.config.rows.parts.held_out = fmt::format("{}/{}", fold, wanted.folds);
      }
      check_config(part.config);
      RunConfig alone = part.config;
      alone.machine.comm = nullptr;
      const CompareSetup checked(alone, options, load_compared(alone, options));
      part.config.data = checked.data.text;
      parts.push_back(std::move(part));
    }
  }
  const std::filesystem::path made = Together(config.machine.comm).from_first([&] {
    if (directory.empty()) return make_next_directory("comparisons").string();
    make_folder(directory);
    return directory.string();
  });
  for (StudyPart& part : parts)
    part.directory = std::filesystem::absolute(made / part.directory).lexically_normal();
  return parts;
}

StudyResult study(const std::vector<StudyPart>& parts, const std::vector<ComparisonResult>& results) {
  StudyResult out;
  out.of_folds = parts.back().set == 0;
  for (const StudyPart& part : parts) out.folds = std::max(out.folds, part.fold);
  for (const ComparedOptimizer& o : results.front().optimizers)
    out.optimizers.push_back({.given = o.given, .ranks = {}, .scores = {}, .deviations = {}});
  std::ranges::sort(out.optimizers, {}, &StudiedOptimizer::given);  // whichever did best on the first
  std::vector<bool> lower_is_better;
  for (const auto& [block, of_block] : by_block(parts, results, out.of_folds)) {
    const Scored scores = scored(of_block);
    out.blocks.push_back(out.of_folds ? fmt::format("fold {}", block) : of_block.front()->config.data);
    out.measures.push_back(scores.measure);
    lower_is_better.push_back(scores.lower_is_better);
    for (StudiedOptimizer& o : out.optimizers) {
      o.scores.push_back(mean_of(scores.of.at(o.given)));
      o.deviations.push_back(deviation_of(scores.of.at(o.given)));
    }
  }
  rank_all(out, lower_is_better);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string of = results[i].config.data;
    if (parts[i].fold > 0) of += fmt::format(", fold {} of {}", parts[i].fold, out.folds);
    out.parts.push_back({parts[i].directory.filename().string(), std::move(of), results[i].headline()});
  }
  return out;
}

std::string StudyResult::headline() const {
  const StudiedOptimizer& best = optimizers.front();
  const std::string over = fmt::format("{} {}", blocks.size(), of_folds ? "folds" : "data sets");
  const std::string rank = fmt::format("a mean rank of {:.2f} over {}", best.mean_rank, over);
  if (p > kLevel)
    return fmt::format("No optimizer is told apart: {} has {}, Friedman's p {:.2g}", shown(best.given, 200),
                       rank, p);
  std::string close;
  std::size_t n = 0;
  for (std::size_t i = 1; i < optimizers.size(); ++i) {
    if (optimizers[i].mean_rank - best.mean_rank >= critical_difference) continue;
    close += (n++ == 0 ? "" : ", ") + shown(optimizers[i].given, 200);
  }
  if (n > 3) close = fmt::format("{} others", n);
  return shown(best.given, 200) +
         (n == 0 ? " is best with " + rank : " leads with " + rank + ", not clearly ahead of " + close);
}

std::string StudyResult::text() const {
  std::size_t width = 9;
  for (const StudiedOptimizer& o : optimizers) width = std::max(width, shown(o.given, 200).size());
  std::string out = headline() + "\n";
  const std::size_t freedom = optimizers.size() - 1;
  out += fmt::format(
      "Friedman's test: chi-square({}) = {:.3f}, p {:.3g}; Iman and Davenport's: F({}, {}) = {:.3f}, p "
      "{:.3g}. Mean ranks that differ by {:.3f} differ at the level {} (Nemenyi).\n",
      freedom, chi_square, p, freedom, freedom * (blocks.size() - 1), f, f_p, critical_difference, kLevel);
  if (of_folds)
    out +=
        "Folds share most of the rows that they are trained on: p is smaller than it would be of other "
        "data.\n";
  out += fmt::format("\n{:<{}}  {:>9}  {:>8}", "optimizer", width, "mean rank", "p");
  const std::size_t columns = std::min(blocks.size(), kMostShown);
  for (std::size_t i = 0; i < columns; ++i)
    out += fmt::format("  {:>18}", (of_folds ? "fold " : "data ") + std::to_string(i + 1));
  out += columns < blocks.size() ? "  ...\n" : "\n";
  for (const StudiedOptimizer& o : optimizers) {
    out += fmt::format("{:<{}}  {:>9.2f}  {:>8}", shown(o.given, 200), width, o.mean_rank,
                       &o == optimizers.data() ? "" : fmt::format("{:.3g}", o.p));
    for (std::size_t i = 0; i < columns; ++i) {
      std::string cell = score_text(measures[i], o.scores[i]);
      if (std::isfinite(o.deviations[i])) cell += " +- " + score_text(measures[i], o.deviations[i]);
      out += fmt::format("  {:>18}", cell);
    }
    out += "\n";
  }
  for (std::size_t i = 0; i < columns && !of_folds; ++i)
    out += fmt::format("{}data {}  {}, {}\n", i == 0 ? "\n" : "", i + 1, measures[i], shown(blocks[i], 200));
  return out;
}

std::string StudyResult::json() const {
  const auto optimizer = [](const StudiedOptimizer& o) {
    return JsonObject()
        .add("optimizer", o.given)
        .add("mean_rank", o.mean_rank)
        .add("p", o.p)
        .add("ranks", o.ranks)
        .add("scores", o.scores)
        .add("deviations", o.deviations)
        .text();
  };
  return JsonObject()
      .add("schema", 1)
      .add("headline", headline())
      .add("over", of_folds ? "folds" : "data sets")
      .add("folds", folds)
      .add("blocks", blocks)
      .add("measures", measures)
      .add("chi_square", chi_square)
      .add("degrees_of_freedom", optimizers.size() - 1)
      .add("p", p)
      .add("f", f)
      .add("f_degrees_of_freedom",
           std::vector<std::size_t>{optimizers.size() - 1, (optimizers.size() - 1) * (blocks.size() - 1)})
      .add("f_p", f_p)
      .add("level", kLevel)
      .add("critical_difference", critical_difference)
      .raw("optimizers", json_list(optimizers, optimizer))
      .text();
}

void write_study(const StudyResult& result, const std::filesystem::path& directory,
                 const std::string& command) {
  write_output(directory / "study.json", result.json() + "\n");
  write_output(directory / "report.html", study_html(result, command));
}

}  // namespace thalweg
