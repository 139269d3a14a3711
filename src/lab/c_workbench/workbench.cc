// The workbench of the C ABI: what compares, searches, checks and draws, from texts.
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "c_abi/call.h"
#include "thalweg/lab/compare.h"
#include "thalweg/lab/find.h"
#include "thalweg/lab/landscape.h"
#include "thalweg/lab/schedule_plot.h"
#include "thalweg/lab/study.h"
#include "thalweg/lab/verify.h"

namespace thalweg::c {
namespace {

// One way of telling a result.
struct Format {
  std::string_view name;
  std::function<std::string()> print;
};

void give(const char** out, const char* format, const std::vector<Format>& known) {
  const std::string_view wanted = need_text(format, "format");
  std::string names;
  for (const Format& one : known) {
    if (one.name == wanted) return give_text(out, one.print());
    names += (names.empty() ? "" : ", ") + std::string(one.name);
  }
  throw Error(Code::usage, {"format", "unknown", "`" + std::string(wanted) + "`", names, ""});
}

std::vector<std::string> read_texts(const char* const* texts, std::size_t count, const char* name) {
  std::vector<std::string> out;
  if (count > 0) need(texts, name);
  for (std::size_t i = 0; i < count; ++i) out.emplace_back(need_text(texts[i], name));
  return out;
}

RunConfig read_settings(const char* settings) {
  RunSettings read(RunConfig{.threads = 0});
  if (settings != nullptr) read.read_text(settings);
  return read.config();
}

ComparisonResult compare_all(const RunConfig& config, const CompareOptions& options,
                             const std::filesystem::path& directory) {
  Comparison comparison = Comparison::open(config, options, directory);
  ComparedTrial trial;
  while (!comparison.finished()) comparison.next(trial);
  return comparison.result();
}

}  // namespace
}  // namespace thalweg::c

using namespace thalweg;     // NOLINT: the functions below stand in no namespace
using namespace thalweg::c;  // NOLINT

thalweg_status thalweg_compare(const char* const* optimizers, size_t count, const char* settings,
                               uint64_t seeds, uint64_t rates, const char* directory, const char* format,
                               const char** result) {
  return call([&] {
    const CompareOptions options{
        .optimizers = read_texts(optimizers, count, "optimizers"), .seeds = seeds, .rates = rates};
    const ComparisonResult found = compare_all(read_settings(settings), options, text_or(directory, ""));
    give(result, format,
         {{"json", [&] { return found.json(); }},
          {"text", [&] { return found.text(); }},
          {"html", [&] { return comparison_html(found); }}});
  });
}

thalweg_status thalweg_study(const char* const* optimizers, size_t count, const char* const* data,
                             size_t sets, uint64_t folds, const char* settings, uint64_t seeds,
                             uint64_t rates, const char* directory, const char* format, const char** result) {
  return call([&] {
    const CompareOptions options{
        .optimizers = read_texts(optimizers, count, "optimizers"), .seeds = seeds, .rates = rates};
    const std::vector<StudyPart> parts =
        plan_study(read_settings(settings), options, {.data = read_texts(data, sets, "data"), .folds = folds},
                   text_or(directory, ""));
    std::vector<ComparisonResult> results;
    for (const StudyPart& part : parts) {
      results.push_back(compare_all(part.config, options, part.directory));
      write_output(part.directory / "report.html", comparison_html(results.back()));
    }
    const StudyResult found = study(parts, results);
    write_study(found, parts.front().directory.parent_path());
    give(result, format,
         {{"json", [&] { return found.json(); }},
          {"text", [&] { return found.text(); }},
          {"html", [&] { return study_html(found); }}});
  });
}

thalweg_status thalweg_find_rate(const char* settings, const char* format, const char** result) {
  return call([&] {
    const FoundRate found = find_rate(read_settings(settings));
    give(result, format,
         {{"json", [&] { return found.json(); }},
          {"text", [&] { return found.text(); }},
          {"svg", [&] { return found.svg(); }},
          {"html", [&] { return found.html(); }}});
  });
}

thalweg_status thalweg_verify(const char* const* paths, size_t count, const char** json) {
  return call([&] {
    const std::vector<std::string> texts = read_texts(paths, count, "paths");
    const std::vector<std::filesystem::path> all(texts.begin(), texts.end());
    give_text(json, verified_json(verify(all)));
  });
}

thalweg_status thalweg_landscape(const char* of, const char* const* chains, size_t count, uint64_t updates,
                                 const char* format, const char** result) {
  return call([&] {
    const std::string what(need_text(of, "of"));
    const std::vector<std::string> texts = read_texts(chains, count, "chains");
    FunctionLandscapeOptions options;
    options.descend.updates = updates;
    const Landscape made = std::filesystem::is_directory(what)
                               ? run_landscape(what)
                               : function_landscape(Problem(what), texts, options);
    give(result, format,
         {{"svg", [&] { return landscape_svg(made); }},
          {"html", [&] { return landscape_html(made); }},
          {"json", [&] { return landscape_json(made); }}});
  });
}

thalweg_status thalweg_schedule_plot(const char* const* schedules, size_t count, uint64_t updates,
                                     uint64_t per_epoch, const char* format, const char** result) {
  return call([&] {
    std::vector<Schedule> all;
    for (const std::string& text : read_texts(schedules, count, "schedules")) {
      all.push_back(Schedule(text).resolve({.updates = updates, .per_epoch = per_epoch}));
    }
    give(result, format,
         {{"svg", [&] { return schedule_svg(all, updates); }},
          {"html", [&] { return schedule_html(all, updates); }}});
  });
}
