// Ranks of MPI step together: whether they have the bits of one process, and what is left when one goes.
//
// Usage: mpirun -n N thalweg_rank_steps [--kill MESSAGE | --stop MESSAGE | --delay MICROSECONDS] [--rank
// RANK]
//        mpirun -n N thalweg_rank_steps --list
// With --kill or --stop a rank, 1 if not named, ends or stands still before that message of its own, of one
// update of the largest run: from what the ranks are told at the beginning to the state that one gathers at
// the end. --list tells of that update how many messages each rank has, and which are the first of what ranks
// do together.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "rank_runs.h"

using namespace thalweg;

namespace {

struct Fault {
  int signal = 0;
  long message = 0;
  int rank = 1;
  unsigned delay = 0;  // at most, microseconds before each message
  bool list = false;
};

// A Comm of which one rank is hit by a fault, and which counts.
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
    ++on_their_way_;
    return under_.send(to, bytes);
  }
  Ticket receive(int from, std::span<std::byte> bytes) override {
    before();
    ++on_their_way_;
    return under_.receive(from, bytes);
  }
  bool done(Ticket ticket) override {
    const bool done = under_.done(ticket);
    if (done) --on_their_way_;
    return done;
  }
  void abort(int code, const std::string& why) override { under_.abort(code, why); }
  std::optional<int> lost() const override { return under_.lost(); }
  std::string host(int rank) const override { return under_.host(rank); }

  // "rank 1: 57 messages, first ones 1 5 9"
  std::string counted() const {
    return "rank " + std::to_string(rank()) + ": " + std::to_string(messages_) + " messages, first ones" +
           firsts_ + "\n";
  }

 private:
  // What begins while nothing is on its way is the first message of something.
  void before() {
    ++messages_;
    if (on_their_way_ == 0) firsts_ += " " + std::to_string(messages_);
    if (fault_.signal != 0 && rank() == fault_.rank && messages_ == fault_.message)
      ::kill(::getpid(), fault_.signal);
    if (fault_.delay != 0) std::this_thread::sleep_for(std::chrono::microseconds(random_() % fault_.delay));
  }

  Comm& under_;
  const Fault fault_;
  std::minstd_rand random_;
  long messages_ = 0, on_their_way_ = 0;
  std::string firsts_;
};

bool same_bits(const RankRun& run, Comm& comm) {
  const std::string wanted = alone(run, comm.size()), bits = together(run, comm);
  const bool same = comm.rank() + 1 == comm.size() ? bits == wanted : wanted.starts_with(bits);
  if (!same) std::cerr << "rank " << comm.rank() << ": other bits: " << run.chain << "\n";
  return same;
}

bool all_same_bits(Comm& comm) {
  bool same = true;
  for (const std::string chain :
       {"clip_norm(1) | adamw(lr=0.1)", "agc(0.1) | momentum | trust_ratio | lr(0.1) | average",
        "accumulate(2) | centralize | adam | clip_norm(1, per=tensor) | lr(0.1)"}) {
    for (const bool whole : {false, true}) {
      OptimizerOptions options = with_statistics(2);
      options.whole_state = whole;
      same = same_bits({kSmall, Dtype::f64, chain, options}, comm) && same;
      same = same_bits({kLarge, Dtype::f32, chain, options}, comm) && same;
    }
  }
  return same;
}

bool one_update_same_bits(Comm& comm) {
  return same_bits({kLarge, Dtype::f32, "clip_norm(1) | adamw(lr=0.1) | average", with_statistics(1), 1},
                   comm);
}

Fault fault_of(int argc, char** argv) {
  Fault fault;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    fault.list = fault.list || flag == "--list";
    if (i + 1 == argc) break;
    const long number = std::strtol(argv[i + 1], nullptr, 10);
    if (flag == "--kill" || flag == "--stop") {
      fault.signal = flag == "--kill" ? SIGKILL : SIGSTOP;
      fault.message = number;
    }
    if (flag == "--delay") fault.delay = static_cast<unsigned>(number);
    if (flag == "--rank") fault.rank = static_cast<int>(number);
  }
  return fault;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::unique_ptr<Comm> mpi = Comm::mpi();
    const Fault fault = fault_of(argc, argv);
    Faulty comm(*mpi, fault);
    try {
      const bool one = fault.list || fault.signal != 0;
      if (!(one ? one_update_same_bits(comm) : all_same_bits(comm))) comm.abort(1, "the bits differ");
      if (fault.list) std::cout << comm.counted();
      if (comm.rank() == 0) std::cout << comm.size() << " ranks: the same bits\n";
    } catch (const std::exception& e) {
      comm.abort(1, e.what());
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
