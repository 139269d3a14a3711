// For tests of faults: a run so small that a test can have thousands, and system calls that are seen and made
// to fail.
#pragma once

#include <cstdlib>
#include <set>

#include "data/test_files.h"
#include "thalweg/run.h"
#include "tool.h"

namespace thalweg {

// THALWEG_FAULTS=long in the environment: as many faults as the promises speak of, for minutes.
inline int faults(int quick, int all) {
  const char* form = std::getenv("THALWEG_FAULTS");
  return form != nullptr && std::string(form) == "long" ? all : quick;
}

// A folder with a data set of a few bytes and runs on it; checkpoints of about 1 kB.
class TinyRuns {
 public:
  TinyRuns() {
    std::filesystem::create_directory(folder_.path() / "data");
    for (const std::string part : {"train", "t10k"}) {
      const int samples = part == "train" ? kSamples : 4;
      std::string images = header(0x803, {samples, 2, 2});
      std::string labels = header(0x801, {samples});
      for (int i = 0; i < samples; ++i) {
        for (int pixel = 0; pixel < 4; ++pixel) images += static_cast<char>(17 * i + 50 * pixel);
        labels += static_cast<char>(i % 2);
      }
      folder_.write("data/" + part + "-images-idx3-ubyte", images);
      folder_.write("data/" + part + "-labels-idx1-ubyte", labels);
    }
  }

  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

  // A run of 4 updates an epoch, trained and saved `updates` updates far.
  std::filesystem::path make(const std::string& name, std::uint64_t epochs, int updates,
                             const std::string& model = "dense(2)",
                             const std::string& optimizer = "adam(lr=0.01)", bool async = false) const {
    RunConfig config;
    config.data = "idx(\"" + path("data").string() + "\")";
    config.model = model;
    config.optimizer = optimizer;
    config.batch = 5;
    config.epochs = epochs;
    config.keeping.async_checkpoints = async;
    Run run = Run::create(config, path(name));
    Report report;
    for (int i = 0; i < updates && run.next(report); ++i) {
      if (i + 2 >= updates) run.save();  // the last two
    }
    return path(name);
  }

  // The same run again under another name.
  std::filesystem::path copy(const std::filesystem::path& run, const std::string& name) const {
    std::filesystem::remove_all(path(name));
    std::filesystem::copy(run, path(name), std::filesystem::copy_options::recursive);
    return path(name);
  }

 private:
  static constexpr int kSamples = 20;

  static std::string header(std::uint32_t magic, const std::vector<int>& dims) {
    std::string out;
    const auto add = [&](std::uint32_t number) {
      for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 255);
    };
    add(magic);
    for (const int dim : dims) add(static_cast<std::uint32_t>(dim));
    return out;
  }

  TestFolder folder_;
};

inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    found.push_back(entry.path().filename().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Temporary files anywhere below a run.
inline std::vector<std::string> temporaries(const std::filesystem::path& run) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".tmp-") != name.npos) found.push_back(name);
  }
  return found;
}

// One system call of a traced process.
struct SystemCall {
  std::string name;
  std::string text;  // with arguments and result, as strace prints it
  int ordinal = 0;   // among the calls of its name, from 1: what `when=` counts
};

// A process under strace, which can make chosen system calls fail or end the process in them.
class Traced {
 public:
  // `inject` as for `strace -e inject=`, empty for none.
  Traced(const std::filesystem::path& folder, const Arguments& command, const std::string& inject = {}) {
    const std::string log = folder.string() + ".strace";
    // Leak checks need ptrace for themselves.
    Arguments words = {"env", "ASAN_OPTIONS=detect_leaks=0", "strace", "-f", "-s", "400", "-o", log};
    if (!inject.empty()) words.insert(words.end(), {"-e", "inject=" + inject});
    words.insert(words.end(), command.begin(), command.end());
    outcome = Process(folder, words).wait();
    std::map<std::string, int> counts;
    for (const std::string& line : lines_of(contents(log))) {
      const std::size_t begin = line.find_first_not_of("0123456789 ");
      const std::size_t open = line.find('(');
      if (begin == line.npos || open == line.npos || open < begin) continue;  // an exit or a signal
      const std::string name = line.substr(begin, open - begin);
      calls.push_back({name, line.substr(begin), ++counts[name]});
    }
    std::filesystem::remove(log);
  }

  // Whether processes can be traced here.
  static bool possible() {
    static const bool can = std::system("strace -o /dev/null true >/dev/null 2>&1") == 0;
    return can;
  }

  // The index of the first call from `from` on of that name whose text holds `part`; the number of calls if
  // none.
  std::size_t find(const std::string& name, const std::string& part, std::size_t from = 0) const {
    while (from < calls.size() &&
           (calls[from].name != name || calls[from].text.find(part) == std::string::npos))
      ++from;
    return from;
  }

  Outcome outcome;
  std::vector<SystemCall> calls;
};

// The calls that change files or folders, from the first one on whose text holds `from`.
inline std::vector<SystemCall> changing(const Traced& traced, const std::string& from) {
  static const std::set<std::string> kNames = {"write",     "pwrite64", "rename", "unlink",
                                               "ftruncate", "fsync",    "mkdir"};
  std::vector<SystemCall> found;
  bool begun = false;
  for (const SystemCall& call : traced.calls) {
    begun = begun || call.text.find(from) != call.text.npos;
    const bool makes = call.name == "openat" && call.text.find("O_CREAT") != call.text.npos;
    if (begun && (makes || kNames.contains(call.name))) found.push_back(call);
  }
  return found;
}

#define THALWEG_NEEDS_STRACE() \
  if (!Traced::possible()) GTEST_SKIP() << "strace is not installed or may not trace here"

// The system calls that put one file at its place, from the opening of the temporary one to the closing of
// the folder.
inline std::pair<std::size_t, std::size_t> replacing(const Traced& traced, const std::string& name) {
  const std::size_t begin = traced.find("openat", name + ".tmp-");
  const std::size_t folder = traced.find("openat", "O_DIRECTORY", traced.find("rename", name, begin));
  return {begin, std::min(traced.find("close", "", folder) + 1, traced.calls.size())};
}

}  // namespace thalweg
