// What a step of ranks takes, and what the link between them can do: one JSON object, from the first rank.
//
// Usage: mpirun -n N bench_predictions ELEMENTS ROUNDS
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/json.h"
#include "comm/collectives.h"
#include "ranks/chunks.h"
#include "thalweg/optimizer.h"
#include "thalweg/quantiles.h"

namespace {

using namespace thalweg;

// Seconds until all ranks have done it, of which the slowest counts.
template <class F>
double seconds(Comm& comm, const F& f) {
  using Clock = std::chrono::steady_clock;
  all_values(comm, '\0', "the start");
  const auto start = Clock::now();
  f();
  const double own = std::chrono::duration<double>(Clock::now() - start).count();
  return std::ranges::max(all_values(comm, own, "seconds"));
}

// Seconds of a link: each rank sends all others messages as those of a step, and receives theirs.
struct Traffic {
  static constexpr std::size_t kMessages = 32, kBytes = Chunk::kMost, kAtOnce = 3;

  explicit Traffic(Comm& ranks)
      : comm(ranks),
        others(static_cast<std::size_t>(ranks.size() - 1)),
        out(kBytes * kMessages),
        in(kBytes * kAtOnce * others) {}

  void run() {
    Pending pending(comm, "bytes");
    for (std::size_t i = 0; i < kMessages; ++i) {
      for (std::size_t step = 1; step <= others; ++step) {
        const int to = (comm.rank() + static_cast<int>(step)) % comm.size();
        const int from = (comm.rank() + comm.size() - static_cast<int>(step)) % comm.size();
        const std::size_t place = (i % kAtOnce) * others + step - 1;
        pending.receive(from, std::span(in).subspan(place * kBytes, kBytes));
        pending.send(to, std::span(out).subspan(i * kBytes, kBytes));
      }
      pending.wait(2 * others * (kAtOnce - 1));
    }
    pending.wait();
  }
  double bytes() const { return static_cast<double>(kMessages * kBytes * others); }

  Comm& comm;
  const std::size_t others;
  std::vector<std::byte> out, in;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: mpirun -n N bench_predictions ELEMENTS ROUNDS\n", stderr);
    return 2;
  }
  const long elements = std::atol(argv[1]);
  const int rounds = std::atoi(argv[2]);
  const std::unique_ptr<Comm> comm = Comm::launched() ? Comm::mpi() : Comm::self();
  Params params;
  Parameter& parameter = params.add("p", {elements}, Role::weight);
  std::ranges::fill(parameter.value<float>(), 0.5F);
  Optimizer optimizer(params, Chain("adamw(lr=1e-3)"), {.comm = comm->size() > 1 ? comm.get() : nullptr});
  Traffic traffic(*comm);
  constexpr int kWarmUps = 2, kSmall = 100;
  std::vector<double> rates, small, steps;  // in turns: other load hits all of them
  for (int round = -kWarmUps; round < rounds; ++round) {
    const double sent = seconds(*comm, [&] { traffic.run(); });
    const double told = seconds(*comm, [&] {
      for (int i = 0; i < kSmall; ++i) all_values(*comm, i, "a number");
    });
    std::ranges::fill(parameter.grad<float>(), 0.01F);
    const double step = seconds(*comm, [&] { optimizer.step(); });
    if (round < 0) continue;
    rates.push_back(traffic.bytes() / sent);
    small.push_back(told / kSmall);
    steps.push_back(step);
  }
  if (comm->rank() == 0) {
    std::printf("%s\n", JsonObject()
                            .add("ranks", comm->size())
                            .add("elements", elements)
                            .add("link_bytes_per_second", median(rates))
                            .add("link_seconds", median(small))
                            .add("step_seconds", median(steps))
                            .text()
                            .c_str());
  }
  return 0;
}
