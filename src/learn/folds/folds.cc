#include "thalweg/folds.h"

#include <cmath>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/parts/parts.h"
#include "folds/summary.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/result.h"
#include "run/together.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::string_view kSettings = kFoldsSettings, kResult = "folds.json";
constexpr std::string_view kFiles[] = {"lock", kSettings, kResult, "report.html"};
constexpr std::size_t kBegun = 1;  // of them is there before the settings

RunConfig of_fold(RunConfig config, std::uint64_t fold, std::uint64_t folds) {
  config.rows.parts.held_out = std::to_string(fold) + "/" + std::to_string(folds);
  return config;
}

void check_folds(const RunConfig& config, std::uint64_t folds) {
  if (folds < 2) throw Error(Code::usage, {"folds", "out of range", std::to_string(folds), "2 or more", ""});
  if (config.rows.parts.held_out == "auto") return;
  throw Error(Code::usage, {"folds", "every fold is held out in turn",
                            "--held-out " + config.rows.parts.held_out, "--held-out auto", ""});
}

std::filesystem::path folder_of(const std::filesystem::path& directory, std::uint64_t fold) {
  return directory / ("fold-" + std::to_string(fold));
}

}  // namespace

struct Folds::Impl {
  void create(const RunConfig& given, const std::filesystem::path& where);
  void lock_and_read(const std::filesystem::path& where);
  void read(const std::filesystem::path& where);

  Together together;
  RunConfig config;  // of the first fold, of one process
  std::uint64_t folds = 0;
  int threads = 0;  // of what is resumed; 0: as configured
  std::filesystem::path directory;
  std::unique_ptr<RunLock> lock;
};

Folds::Folds(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Folds::~Folds() = default;
Folds::Folds(Folds&&) noexcept = default;
Folds& Folds::operator=(Folds&&) noexcept = default;

const std::filesystem::path& Folds::directory() const { return impl_->directory; }
std::uint64_t Folds::count() const { return impl_->folds; }

bool Folds::are_in(const std::filesystem::path& directory) {
  std::error_code ignored;
  return std::filesystem::exists(directory / kSettings, ignored);
}

void Folds::Impl::create(const RunConfig& given, const std::filesystem::path& where) {
  if (!where.empty()) check_free(where, kFiles, kBegun);
  config = given;
  // What is wrong with them is told before anything is made; the source has its absolute path.
  config.data = nlohmann::json::parse(Run::describe(config, true)).at("data").at("source").get<std::string>();
  if (!where.empty()) make_folder(where);
  const std::filesystem::path made = where.empty() ? make_next_directory("runs") : where;
  check_own_files(made, kFiles);
  lock = std::make_unique<RunLock>(made);
  check_free(made, kFiles, kBegun);  // another process may have been faster
  lock->sign();
  remove_own_leftovers(made, kFiles);
  directory = std::filesystem::absolute(made).lexically_normal();
  replace_file(made / kSettings, print_config(config));
}

// What the first rank has written.
void Folds::Impl::read(const std::filesystem::path& where) {
  if (!are_in(where)) {
    throw Error(Code::data, {where.string(), "this rank does not see the folder of the folds",
                             "no " + std::string(kSettings), "a folder that all ranks share", ""});
  }
  directory = where;
  read_toml(directory / kSettings, Code::data, config);
  const PartSize fold = read_part_size(config.rows.parts.held_out, "held-out");
  if (fold.kind != PartSize::Kind::fold) {
    throw Error(Code::data, {(directory / kSettings).string(), "`held-out` is no fold",
                             "`" + config.rows.parts.held_out + "`", "1/5", ""});
  }
  folds = fold.folds;
}

void Folds::Impl::lock_and_read(const std::filesystem::path& where) {
  if (!are_in(where)) {
    throw Error(Code::data, {where.string(), "not a directory of folds", "no " + std::string(kSettings),
                             "a directory that `thalweg train --folds` made", ""});
  }
  check_own_files(where, kFiles);
  lock = std::make_unique<RunLock>(where);
  read(std::filesystem::absolute(where).lexically_normal());
  lock->sign();
  remove_own_leftovers(where, kFiles);
}

Folds Folds::create(const RunConfig& given, std::uint64_t folds, const std::filesystem::path& directory) {
  check_config(given);
  check_folds(given, folds);
  auto impl = std::make_unique<Impl>();
  impl->together = Together(given.machine.comm);
  RunConfig first = of_fold(given, 1, folds);
  first.machine.comm = nullptr;
  const std::string made = impl->together.from_first([&] {
    impl->create(first, directory);
    return impl->directory.string();
  });
  impl->folds = folds;
  if (!impl->together.first()) impl->read(made);
  return Folds(std::move(impl));
}

Folds Folds::resume(const std::filesystem::path& directory, int threads, Comm* comm) {
  auto impl = std::make_unique<Impl>();
  impl->together = Together(comm);
  impl->threads = threads;
  const std::string found = impl->together.from_first([&] {
    impl->lock_and_read(directory);
    return impl->directory.string();
  });
  if (!impl->together.first()) impl->read(found);
  return Folds(std::move(impl));
}

Run Folds::open(std::uint64_t fold) const { return std::move(*open(fold, {})); }

std::optional<Run> Folds::open(std::uint64_t fold, const std::function<bool()>& stop) const {
  const Impl& impl = *impl_;
  if (fold < 1 || fold > impl.folds) {
    throw Error(Code::usage, {"folds", "there is no such fold", std::to_string(fold),
                              "1 to " + std::to_string(impl.folds), ""});
  }
  const std::filesystem::path folder = folder_of(impl.directory, fold);
  std::error_code ignored;
  if (std::filesystem::exists(folder / "config.toml", ignored))
    return Run::resume(folder, {.threads = impl.threads});
  RunConfig config = of_fold(impl.config, fold, impl.folds);
  if (impl.threads > 0) config.threads = impl.threads;
  return Run::create(config, folder, stop);
}

FoldsResult Folds::finish() {
  FoldsResult out;
  for (std::uint64_t fold = 1; fold <= impl_->folds; ++fold) {
    const std::filesystem::path path = folder_of(impl_->directory, fold) / "result.json";
    out.runs.push_back(read_result(read_text_file(path), path));
  }
  summarise(out);
  out.json = folds_json(out, impl_->directory);
  impl_->together.on_first([&] { replace_file(impl_->directory / kResult, out.json); });
  return out;
}

}  // namespace thalweg
