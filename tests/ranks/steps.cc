// Ranks of MPI step together: whether they have the bits of one process, and what is left when one goes.
//
// Usage: mpirun -n N thalweg_rank_steps [--kill MESSAGE | --stop MESSAGE | --delay MICROSECONDS]
// With --kill or --stop rank 1 ends or stands still before that message of its own.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <iostream>
#include <random>
#include <thread>

#include "rank_runs.h"

using namespace thalweg;

namespace {

struct Fault {
  int signal = 0;
  long message = 0;
  unsigned delay = 0;  // at most, microseconds before each message
};

// A Comm whose rank 1 is hit by a fault.
class Faulty : public Comm {
 public:
  Faulty(Comm& under, const Fault& fault)
      : under_(under), fault_(fault), random_(static_cast<unsigned>(under.rank())) {
    set_deadline(60);
  }
  int rank() const override { return under_.rank(); }
  int size() const override { return under_.size(); }
  Ticket send(int to, std::span<const std::byte> bytes) override {
    before();
    return under_.send(to, bytes);
  }
  Ticket receive(int from, std::span<std::byte> bytes) override {
    before();
    return under_.receive(from, bytes);
  }
  bool done(Ticket ticket) override { return under_.done(ticket); }
  void abort(int code, const std::string& why) override { under_.abort(code, why); }
  std::optional<int> lost() const override { return under_.lost(); }
  std::string host(int rank) const override { return under_.host(rank); }

 private:
  void before() {
    if (fault_.signal != 0 && rank() == 1 && ++messages_ == fault_.message) ::kill(::getpid(), fault_.signal);
    if (fault_.delay != 0) std::this_thread::sleep_for(std::chrono::microseconds(random_() % fault_.delay));
  }

  Comm& under_;
  const Fault fault_;
  std::minstd_rand random_;
  long messages_ = 0;
};

int differing(Comm& comm) {
  int differing = 0;
  const auto compare = [&](const RankRun& run) {
    const std::string wanted = alone(run, comm.size()), bits = together(run, comm);
    const bool same = comm.rank() + 1 == comm.size() ? bits == wanted : wanted.starts_with(bits);
    if (same) return;
    ++differing;
    std::cerr << "rank " << comm.rank() << ": other bits: " << run.chain << "\n";
  };
  for (const std::string chain :
       {"clip_norm(1) | adamw(lr=0.1)", "agc(0.1) | momentum | trust_ratio | lr(0.1) | average",
        "accumulate(2) | centralize | adam | clip_norm(1, per=tensor) | lr(0.1)"}) {
    for (const bool whole : {false, true}) {
      OptimizerOptions options = with_statistics(2);
      options.whole_state = whole;
      compare({kSmall, Dtype::f64, chain, options});
      compare({kLarge, Dtype::f32, chain, options});
    }
  }
  return differing;
}

Fault fault_of(int argc, char** argv) {
  Fault fault;
  if (argc < 3) return fault;
  if (std::strcmp(argv[1], "--kill") == 0) fault = {SIGKILL, std::stol(argv[2]), 0};
  if (std::strcmp(argv[1], "--stop") == 0) fault = {SIGSTOP, std::stol(argv[2]), 0};
  if (std::strcmp(argv[1], "--delay") == 0) fault.delay = static_cast<unsigned>(std::stoul(argv[2]));
  return fault;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::unique_ptr<Comm> mpi = Comm::mpi();
    Faulty comm(*mpi, fault_of(argc, argv));
    try {
      if (differing(comm) > 0) comm.abort(1, "the bits differ");
      if (comm.rank() == 0) std::cout << comm.size() << " ranks: the same bits\n";
    } catch (const std::exception& e) {
      comm.abort(1, e.what());
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
