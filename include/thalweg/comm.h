// What ranks say to each other: processes that train one model together, each with a part of the data and of
// the optimizer's state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace thalweg {

// One of size() ranks, of which all have the same size(). Used by one thread at a time. What stands between
// ranks is messages alone: sums are formed by who uses them, in an order of his own, so that bits depend
// neither on the number of ranks nor on who came first.
//
// Where one rank throws out of a call that all make, the others wait for it; they end when they are told by
// abort(), when a rank is lost(), or when deadline() has passed.
class Comm {
 public:
  using Ticket = std::uint64_t;

  Comm() = default;
  virtual ~Comm() = default;
  Comm(const Comm&) = delete;
  Comm& operator=(const Comm&) = delete;

  virtual int rank() const = 0;  // 0 .. size() - 1
  virtual int size() const = 0;

  // The n-th message that a sends to b is the n-th that b receives from a; both name the same number of
  // bytes, at most kLargest. They return at once; the memory is the message's until done().
  static constexpr std::size_t kLargest = std::size_t{1} << 30;
  virtual Ticket send(int to, std::span<const std::byte> bytes) = 0;
  virtual Ticket receive(int from, std::span<std::byte> bytes) = 0;
  // Whether the message has left or has come. After `true` the ticket is spent.
  virtual bool done(Ticket ticket) = 0;

  // Whether messages are on their way: where an error has come between, their memory may be gone.
  virtual bool is_busy() const { return false; }

  // Ends all ranks with this exit code, and says why. Returns on ranks that cannot be ended from here: throw
  // then.
  virtual void abort(int code, const std::string& why) = 0;

  // A rank whose process stands still, as far as this one knows of it: who waits gives up then.
  virtual std::optional<int> lost() const { return std::nullopt; }

  // Where the rank runs, for messages.
  virtual std::string host(int rank) const = 0;

  // Seconds that a rank waits for another one before it throws Error(failure), which names that; less where
  // that is lost().
  double deadline() const { return deadline_; }
  void set_deadline(double seconds) { deadline_ = seconds; }

  // One rank, alone.
  static std::unique_ptr<Comm> self();

  // All ranks that MPI has started together; begins MPI where it has not begun, and ends it then with the
  // Comm. All calls come from the thread that has made it. Throws Error(usage) where the library has no
  // module for the MPI that this process runs under.
  static std::unique_ptr<Comm> mpi();
  // The ranks of a communicator of the caller, which is duplicated: MPI_Comm_c2f(communicator). All of its
  // ranks call this together.
  static std::unique_ptr<Comm> mpi(int fortran_handle);
#ifdef MPI_VERSION  // where mpi.h was included before
  static std::unique_ptr<Comm> mpi_of(MPI_Comm communicator) { return mpi(MPI_Comm_c2f(communicator)); }
#endif

  // Which of how many processes this is that a launcher of MPI, such as mpirun or srun, has started; a size
  // of 0 is not known. Nothing where none has.
  struct Launched {
    int rank, size;
  };
  static std::optional<Launched> launched();

 private:
  double deadline_ = 300;
};

// The greatest of what the ranks say, `here` without any: for all of them together, as the functions of an
// Optimizer are.
int most_of_ranks(Comm* comm, int here);

}  // namespace thalweg
