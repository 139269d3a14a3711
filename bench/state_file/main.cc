// How near are saving and loading a training to writing and reading the same bytes?
//
// The state of Adam in f32: p, m and v. The limit of saving is one thread that writes them from memory in
// pieces of 4 MiB and syncs the file, that of loading one thread that reads a file which the page cache holds
// into memory that was touched before. The library forms the checksum, or verifies it, as well. A save from
// behind holds the training up as long as it copies: its limit is one thread's memcpy of the same bytes.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/threads.h"
#include "thalweg/checkpoint_writer.h"
#include "thalweg/quantiles.h"

namespace {

using thalweg::Median;

struct Flags {
  std::string folder = "/dev/shm";
  std::size_t size = 100'000'000;
  int threads = thalweg::available_threads();
  int rounds = 9;
  std::string json;
};

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

using Streams = std::vector<std::vector<float>>;
constexpr std::size_t kPiece = std::size_t{4} << 20;

// Calls f(data, bytes), which returns how many of them it has done, for all bytes.
template <class F>
void in_pieces(std::vector<float>& stream, F&& f) {
  char* data = reinterpret_cast<char*>(stream.data());
  for (std::size_t left = stream.size() * sizeof(float); left > 0;) {
    const ssize_t done = f(data, std::min(left, kPiece));
    if (done <= 0) give_up("state_file");
    data += done;
    left -= static_cast<std::size_t>(done);
  }
}

void write_raw(const std::string& path, Streams& streams) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  for (std::vector<float>& stream : streams)
    in_pieces(stream, [&](const char* data, std::size_t bytes) { return ::write(fd, data, bytes); });
  if (::fsync(fd) != 0 || ::close(fd) != 0) give_up(path.c_str());
}

void read_raw(const std::string& path, Streams& streams) {
  const int fd = ::open(path.c_str(), O_RDONLY);
  for (std::vector<float>& stream : streams)
    in_pieces(stream, [&](char* data, std::size_t bytes) { return ::read(fd, data, bytes); });
  ::close(fd);
}

// A model of one tensor, whose state is numbers of no pattern.
struct Training {
  explicit Training(std::size_t size, unsigned seed)
      : optimizer((params.add("w", {static_cast<std::int64_t>(size)}, thalweg::Role::weight), params),
                  thalweg::Chain("adam | lr(0.001)")) {
    for (const std::span<float> stream : streams()) {
      for (float& x : stream) x = static_cast<float>((seed = seed * 1664525u + 1013904223u) >> 8);
    }
  }

  std::vector<std::span<float>> streams() {
    std::vector<std::span<float>> out{params[0].value<float>()};
    for (const thalweg::StateTensor& state : optimizer.state())
      out.push_back({static_cast<float*>(state.buffer.data), state.buffer.size()});
    return out;
  }

  thalweg::Params params;
  thalweg::Optimizer optimizer;
};

enum { kSave, kWrite, kLoad, kRead, kBegin, kCopy, kCompetitors };
constexpr const char* kNames[] = {"save", "write", "load", "read", "begin", "copy"};
using Times = std::array<std::vector<double>, kCompetitors>;

struct Clocks {
  Times wall;
  Times processors;  // of all threads: what counts where the machine has other things to do
};

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Median ratio(const Times& times, int limit, int ours) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < times[0].size(); ++i)
    ratios.push_back(times[static_cast<std::size_t>(limit)][i] / times[static_cast<std::size_t>(ours)][i]);
  return thalweg::median_of(std::move(ratios));
}

std::string json_of(const Median& median) {
  return thalweg::JsonObject()
      .add("median", median.value)
      .add("low", median.low)
      .add("high", median.high)
      .text();
}

// Every round does each once, beginning with another.
Clocks interleave(const std::array<std::function<void()>, kCompetitors>& competitors, int rounds,
                  const std::function<void()>& settle) {
  Clocks clocks;
  for (int round = -1; round < rounds; ++round) {  // the first makes the files and does not count
    for (int i = 0; i < kCompetitors; ++i) {
      const auto which = static_cast<std::size_t>((std::max(round, 0) + i) % kCompetitors);
      const double before = processor_seconds();
      const auto start = std::chrono::steady_clock::now();
      competitors[which]();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      const double processors = processor_seconds() - before;
      settle();
      if (round < 0) continue;
      clocks.wall[which].push_back(took.count());
      clocks.processors[which].push_back(processors);
    }
  }
  return clocks;
}

void report(const Flags& flags, const Clocks& clocks) {
  const Times& times = clocks.wall;
  const double bytes = 12.0 * static_cast<double>(flags.size);
  thalweg::JsonObject seconds, processor_times;
  for (std::size_t i = 0; i < kCompetitors; ++i) {
    const Median median = thalweg::median_of(times[i]);
    const Median processors = thalweg::median_of(clocks.processors[i]);
    std::printf("%-6s %8.3f s [%.3f, %.3f]  %6.2f GB/s  %8.3f s of processors\n", kNames[i], median.value,
                median.low, median.high, bytes / median.value / 1e9, processors.value);
    seconds.raw(kNames[i], json_of(median));
    processor_times.raw(kNames[i], json_of(processors));
  }
  const Median save = ratio(times, kWrite, kSave), load = ratio(times, kRead, kLoad);
  const Median stall = ratio(times, kBegin, kCopy);
  std::printf("write / save %.3f [%.3f, %.3f]   read / load %.3f [%.3f, %.3f]\n", save.value, save.low,
              save.high, load.value, load.low, load.high);
  std::printf("begin / copy %.3f [%.3f, %.3f]\n", stall.value, stall.low, stall.high);
  if (flags.json.empty()) return;
  std::ofstream(flags.json) << thalweg::JsonObject()
                                   .add("schema", 1)
                                   .add("question", "state_file")
                                   .add("folder", flags.folder)
                                   .add("bytes", bytes)
                                   .add("threads", flags.threads)
                                   .add("rounds", flags.rounds)
                                   .raw("seconds", seconds.text())
                                   .raw("processor_seconds", processor_times.text())
                                   .raw("write_to_save", json_of(save))
                                   .raw("read_to_load", json_of(load))
                                   .raw("begin_to_copy", json_of(stall))
                                   .text()
                            << "\n";
}

int run(const Flags& flags) {
  const std::string stem = flags.folder + "/thalweg-state-file-" + std::to_string(::getpid());
  const std::string ours = stem + ".safetensors", raw = stem + ".raw", behind = stem + ".behind";
  Training training(flags.size, 1), loaded(flags.size, 2);
  Streams streams;
  for (const std::span<float> stream : training.streams()) streams.emplace_back(stream.begin(), stream.end());
  const thalweg::SaveOptions save{.threads = flags.threads};
  const thalweg::LoadOptions load{.threads = flags.threads};
  thalweg::CheckpointWriter writer({.threads = flags.threads});
  Streams copies = streams;
  std::printf("%zu parameters in f32, m and v; %d threads, %d rounds, %s\n", flags.size, flags.threads,
              flags.rounds, flags.folder.c_str());
  const Clocks clocks =
      interleave({[&] { thalweg::save_checkpoint(ours, training.params, training.optimizer, save); },
                  [&] { write_raw(raw, streams); },
                  [&] { thalweg::load_checkpoint(ours, loaded.params, loaded.optimizer, load); },
                  [&] { read_raw(raw, streams); },
                  [&] {
                    writer.add(behind, training.params, training.optimizer);
                    writer.begin();
                  },
                  [&] {
                    for (std::size_t i = 0; i < streams.size(); ++i)
                      std::memcpy(copies[i].data(), streams[i].data(), streams[i].size() * sizeof(float));
                  }},
                 flags.rounds, [&] { writer.wait(); });
  const auto saved = training.streams(), got = loaded.streams();
  bool same = true;
  for (std::size_t i = 0; i < saved.size(); ++i)
    same &= std::memcmp(saved[i].data(), got[i].data(), saved[i].size_bytes()) == 0;
  same &= thalweg::read_file(ours) == thalweg::read_file(behind);
  for (const std::string& file : {ours, behind}) std::filesystem::remove(file);
  std::filesystem::remove(raw);
  if (!same) {
    std::fprintf(stderr, "what was loaded is not what was saved\n");
    return 1;
  }
  report(flags, clocks);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("How near are saving and loading to writing and reading the same bytes?");
  app.add_option("--folder", flags.folder, "where the files are written")->capture_default_str();
  app.add_option("--size", flags.size, "parameters")->capture_default_str();
  app.add_option("--threads", flags.threads, "of save and load")->capture_default_str();
  app.add_option("--rounds", flags.rounds)->capture_default_str();
  app.add_option("--json", flags.json, "file for the result");
  CLI11_PARSE(app, argc, argv);
  return run(flags);
}
