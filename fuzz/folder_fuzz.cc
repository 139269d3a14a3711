// Bytes as one of the files in the folder of a run, a comparison or a search: whoever reads it comes to a
// value or to one error. The first byte says which file.
#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/file.h"
#include "compare/folder.h"
#include "find/tune_folder.h"
#include "target.h"
#include "thalweg/export.h"
#include "thalweg/lab/page.h"
#include "thalweg/run.h"

namespace thalweg::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kFiles = {
    "metrics.jsonl", "details.jsonl",    "encoding.json", "examples.json", "result.json",
    "runs.jsonl",    "environment.json", "settings.json", "trials.jsonl",  "plan.txt"};

// A finished run of a few updates on a table of a few rows, and what stands in its folder.
class Whole {
 public:
  Whole() {
    std::string table = "x,y\n";
    for (int i = 0; i < 12; ++i) table += std::to_string(i) + (i % 2 == 0 ? ",a\n" : ",b\n");
    RunConfig config;
    config.data = "csv(\"" + folder_.write("table.csv", table).string() + "\")";
    config.model = "dense(2)";
    config.loss = "cross_entropy";
    config.optimizer = "sgd(lr=0.1)";
    config.batch = 4;
    config.epochs = 2;
    config.threads = 1;
    Run run = Run::create(config, path());
    for (Report report; run.next(report);) {
    }
    run.finish();
    for (const auto& entry : fs::directory_iterator(path())) {
      if (entry.is_regular_file()) files_[entry.path().filename().string()] = read_text_file(entry.path());
    }
  }

  fs::path path() const { return folder_ / "run"; }

  // The folder as it was, but for one file; a run that is not finished is trained on.
  void restore(const std::string& name, std::string_view bytes, bool finished) const {
    for (const auto& [file, text] : files_) folder_.write("run/" + file, file == name ? bytes : text);
    if (!finished) fs::remove(path() / "result.json");
    for (const char* other : {"settings.json", "runs.jsonl", "trials.jsonl"}) fs::remove(path() / other);
    folder_.write("run/" + name, bytes);
  }

 private:
  Folder folder_;
  std::map<std::string, std::string> files_;
};

// An Error of any code, with a message in order, or nothing.
template <class Call>
void try_to(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    require_message(error, error.code());
  }
}

void check(std::string_view bytes) {
  static const Whole whole;
  if (bytes.empty()) return;
  const std::string name(kFiles[static_cast<unsigned char>(bytes[0]) % kFiles.size()]);
  bytes.remove_prefix(1);
  const fs::path run = whole.path();
  if (name == "runs.jsonl" || name == "settings.json" || name == "trials.jsonl") {
    whole.restore(name, bytes, true);
    try_to([&] { check_settings(run, "{\"schema\": 1}"); });
    try_to([&] { read_trials(run); });
    try_to([&] { TuneFolder(run, "search"); });
    return;
  }
  for (const bool finished : {true, false}) {
    whole.restore(name, bytes, finished || name == "result.json");
    try_to([&] { write_page(run); });
    try_to([&] { predict_run(run); });
    try_to([&] { export_run(run, ExportFormat::onnx); });
    try_to([&] { export_curves(run); });
    try_to([&] {
      Run resumed = Run::resume(run);
      resumed.finish();
    });
  }
}

// The text with a number that no reader expects in the place of one that stands there: what mutations of
// bytes rarely hit.
std::string with_number(std::string_view given, unsigned seed) {
  constexpr std::string_view kDigits = "0123456789";
  static constexpr std::array<std::string_view, 9> kNumbers = {
      "1e300", "-1",   "18446744073709551615", "-9223372036854775808", "2147483648", "0.5", "null",
      "[]",    "\"1\""};
  std::string text(given);
  std::vector<std::size_t> starts;
  for (std::size_t i = 2; i < text.size(); ++i) {
    const bool digit = kDigits.find(text[i]) != kDigits.npos;
    if (digit && kDigits.find(text[i - 1]) == kDigits.npos) starts.push_back(i);
  }
  if (starts.empty()) return text;
  const std::size_t at = starts[seed % starts.size()];
  const std::size_t end = std::min(text.find_first_not_of("0123456789.e", at), text.size());
  return text.replace(at, end - at, kNumbers[seed % kNumbers.size()]);
}

}  // namespace
}  // namespace thalweg::fuzz

#ifdef THALWEG_FUZZ

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check(thalweg::fuzz::text_of(data, size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, most);
  const std::string text = thalweg::fuzz::with_number(thalweg::fuzz::text_of(data, size), seed / 2);
  const std::size_t bytes = std::min(text.size(), most);
  std::copy_n(text.begin(), bytes, data);
  return bytes;
}

#else

// The inputs of the corpus, each with some such numbers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr unsigned kNumbers = 60;
  const std::string_view text = thalweg::fuzz::text_of(data, size);
  thalweg::fuzz::check(text);
  for (unsigned seed = 0; seed < kNumbers; ++seed)
    thalweg::fuzz::check(thalweg::fuzz::with_number(text, 7 * seed));
  return 0;
}

#endif
