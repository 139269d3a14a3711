#include "device/limit.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "base/arena.h"
#include "base/threads.h"
#include "device/limit_loops.h"
#include "thalweg/error.h"
#include "transforms/transform.h"

namespace thalweg {
namespace {

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void check(const Pass& pass) {
  if (pass.reads >= 1 && pass.reads <= kMostStreams && pass.writes >= 0 && pass.writes <= pass.reads) return;
  throw Error(Code::usage, {"memory limit", "invalid pass",
                            std::to_string(pass.reads) + " reads, " + std::to_string(pass.writes) + " writes",
                            "1 to " + std::to_string(kMostStreams) + " reads, at most as many writes", ""});
}

constexpr int kCalibrations = 4;  // calls at each distance

}  // namespace

std::size_t fastest_distance(const std::function<void(std::size_t)>& run) {
  std::array<double, kDistances.size()> seconds;
  seconds.fill(std::numeric_limits<double>::infinity());
  for (int i = 0; i < kCalibrations; ++i) {
    for (std::size_t j = 0; j < kDistances.size(); ++j) {
      const auto start = std::chrono::steady_clock::now();
      run(kDistances[j]);
      seconds[j] = std::min(seconds[j], since(start));
    }
  }
  return kDistances[static_cast<std::size_t>(std::ranges::min_element(seconds) - seconds.begin())];
}

struct MemoryLimit::Impl {
  Impl(std::vector<Pass> the_passes, int threads) : passes(std::move(the_passes)), team(threads) {
    for (int colour = 0; colour < kMostStreams; ++colour) arenas.emplace_back(colour);
    for (const Pass& pass : passes) {
      check(pass);
      Region& region = regions[pass.region];
      region.streams = std::max(region.streams, pass.reads);
      region.bytes = std::max(region.bytes, pass.bytes);
    }
    for (auto& [number, region] : regions) {
      for (int j = 0; j < region.streams; ++j) region.memory[j] = arenas[j].allocate(region.bytes);
    }
    seconds.resize(passes.size());
    sinks.resize(static_cast<std::size_t>(team.size()));
    team.run([this](int member) { touch(member); });
  }

  // Each member writes what it will pass over: reading memory that was never written would read one page of
  // zeros again and again.
  void touch(int member) {
    for (auto& [number, region] : regions) {
      const Slice part = lines_of(region.bytes, member);
      for (int j = 0; j < region.streams; ++j) {
        auto* begin = static_cast<std::byte*>(region.memory[j]) + part.begin * kLine;
        const std::size_t floats = (part.end - part.begin) * kLine / sizeof(float);
        std::fill_n(reinterpret_cast<float*>(begin), floats, 1.0f / 1024);
      }
    }
  }

  // Whole blocks of elements, as in a step; the lines of the last block, in part, too.
  Slice lines_of(std::uint64_t bytes, int member) const {
    constexpr std::size_t kLinesOfBlock = kBlock * sizeof(float) / kLine;
    const std::size_t lines = (bytes + kLine - 1) / kLine;
    const Slice blocks = slice((lines + kLinesOfBlock - 1) / kLinesOfBlock, member, team.size());
    return {std::min(blocks.begin * kLinesOfBlock, lines), std::min(blocks.end * kLinesOfBlock, lines)};
  }

  void run_member(int member, std::chrono::steady_clock::time_point start) {
    double before = 0;
    for (std::size_t i = 0; i < passes.size(); ++i) {
      const Pass& pass = passes[i];
      const Slice part = lines_of(pass.bytes, member);
      void* const* streams = regions.at(pass.region).memory.data();
      sinks[static_cast<std::size_t>(member)] +=
          pass_over(pass.reads, pass.writes, streams, part.begin, part.end, distance);
      if (i + 1 == passes.size()) break;
      team.barrier();
      if (member != 0) continue;
      const double now = since(start);
      seconds[i] = now - std::exchange(before, now);
    }
    if (member == 0) last_began = before;
  }

  struct Region {
    int streams = 0;
    std::uint64_t bytes = 0;
    std::array<void*, kMostStreams> memory{};
  };
  std::vector<Pass> passes;
  Team team;
  std::vector<Arena> arenas;  // one a stream, of its own colour
  std::map<int, Region> regions;
  std::vector<double> seconds;
  std::vector<float> sinks;
  double last_began = 0;
  std::size_t distance = 0;
};

MemoryLimit::MemoryLimit(std::vector<Pass> passes, int threads)
    : impl_(std::make_unique<Impl>(std::move(passes), threads)) {}
MemoryLimit::~MemoryLimit() = default;
MemoryLimit::MemoryLimit(MemoryLimit&&) noexcept = default;
MemoryLimit& MemoryLimit::operator=(MemoryLimit&&) noexcept = default;

std::span<const double> MemoryLimit::run() {
  if (impl_->passes.empty()) return {};
  const auto start = std::chrono::steady_clock::now();
  impl_->team.run([&](int member) { impl_->run_member(member, start); });
  impl_->seconds.back() = since(start) - impl_->last_began;
  return impl_->seconds;
}

void MemoryLimit::calibrate() {
  impl_->distance = fastest_distance([this](std::size_t distance) {
    impl_->distance = distance;
    run();
  });
}

std::size_t MemoryLimit::distance() const { return impl_->distance; }

std::uint64_t MemoryLimit::bytes() const {
  std::uint64_t bytes = 0;
  for (const Pass& pass : impl_->passes)
    bytes += static_cast<std::uint64_t>(pass.reads + pass.writes) * pass.bytes;
  return bytes;
}

}  // namespace thalweg
