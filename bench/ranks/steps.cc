// A step of AdamW on ranks beside what it is made of: the collectives of the MPI on the same bytes, and a
// step of the share of one rank, each in turns.
//
// Usage: mpirun -n N bench_ranks_openmpi [--size ELEMENTS] [--tensors T] [--rounds R]
#include <mpi.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "thalweg/comm.h"
#include "thalweg/optimizer.h"

namespace {

constexpr const char* kChain = "adamw(lr=1e-3, decay=0.01)";

struct Task {
  std::int64_t size = 100'000'000;
  int tensors = 1;
  int rounds = 7;
};

// Some parameters of so many elements together, and their optimizer.
class Bound {
 public:
  Bound(std::int64_t size, int tensors, thalweg::Comm* comm) {
    for (int i = 0; i < tensors; ++i) {
      auto& p = params_.add("p" + std::to_string(i), {size / tensors}, thalweg::Role::weight);
      std::ranges::fill(p.value<float>(), 0.5f);
      std::ranges::fill(p.grad<float>(), 0.25f);
    }
    thalweg::OptimizerOptions options;
    options.comm = comm;
    optimizer_.emplace(params_, thalweg::Chain(kChain), options);
  }
  void step() { optimizer_->step(); }
  std::uint64_t state_bytes() const { return optimizer_->state_bytes(); }

 private:
  thalweg::Params params_;
  std::optional<thalweg::Optimizer> optimizer_;
};

// Seconds of the slowest rank.
double seconds(const std::function<void()>& f) {
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  f();
  double took = MPI_Wtime() - start;
  MPI_Allreduce(MPI_IN_PLACE, &took, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return took;
}

double median(std::vector<double> of) {
  std::ranges::sort(of);
  return of[of.size() / 2];
}

void run(const Task& task) {
  const auto comm = thalweg::Comm::mpi_of(MPI_COMM_WORLD);
  const int ranks = comm->size();
  const int share = static_cast<int>(task.size / ranks);
  Bound together(task.size, task.tensors, comm.get()), alone(share, task.tensors, nullptr);
  std::vector<float> gradients(static_cast<std::size_t>(share * ranks), 0.25f), values = gradients;
  std::vector<double> reduce, gather, part, all;
  for (int round = -1; round < task.rounds; ++round) {
    const double seconds_now[] = {
        seconds([&] {
          MPI_Reduce_scatter_block(MPI_IN_PLACE, gradients.data(), share, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
        }),
        seconds([&] {
          MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values.data(), share, MPI_FLOAT, MPI_COMM_WORLD);
        }),
        seconds([&] { alone.step(); }), seconds([&] { together.step(); })};
    if (round < 0) continue;  // memory is touched first
    int i = 0;
    for (auto* of : {&reduce, &gather, &part, &all}) of->push_back(seconds_now[i++]);
  }
  if (comm->rank() != 0) return;
  const double raw = median(reduce) + median(gather), step = median(part), ours = median(all);
  std::printf(
      "%lld elements in %d tensors, %d ranks: reduce-scatter %.1f ms, all-gather %.1f ms, a share's step "
      "%.1f ms; "
      "a step on ranks %.1f ms, %.2f of their sum; state %.3f of one process\n",
      static_cast<long long>(task.size), task.tensors, ranks, 1e3 * median(reduce), 1e3 * median(gather),
      1e3 * step, 1e3 * ours, ours / (raw + step),
      static_cast<double>(together.state_bytes()) / (8.0 * static_cast<double>(task.size)));
}

}  // namespace

int main(int argc, char** argv) {
  Task task;
  CLI::App app("a step on ranks beside what it is made of");
  app.add_option("--size", task.size, "elements of all parameters");
  app.add_option("--tensors", task.tensors, "that they are");
  app.add_option("--rounds", task.rounds, "of which the median counts");
  CLI11_PARSE(app, argc, argv);
  MPI_Init(&argc, &argv);
  run(task);
  MPI_Finalize();
}
