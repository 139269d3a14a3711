// What the library asks of an MPI: a table of functions that a module of its own fills in for each MPI that
// it was built with, so that one program runs under any of them, and loads none where it has no ranks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace thalweg {

// All but the first return 0, or 1 after they have left a text in error().
struct MpiCalls {
  const char* (*error)();
  // A communicator of its own, with the ranks of that of this Fortran handle; without one with all that were
  // started together, for which MPI is initialised where it is not yet. A handle of nothing is an error.
  int (*open)(const int* handle, void** comm);
  // Frees it, and ends MPI where open() began it; where MPI has ended before, there is nothing to free.
  int (*close)(void* comm);
  int (*shape)(void* comm, int* rank, int* size);
  int (*host)(char* name, std::size_t room);  // of this process
  int (*send)(void* comm, int to, const void* bytes, std::size_t n, std::uint64_t* ticket);
  int (*receive)(void* comm, int from, void* bytes, std::size_t n, std::uint64_t* ticket);
  int (*done)(void* comm, std::uint64_t ticket, int* done);
  int (*abort)(void* comm, int code);
};

// The one symbol of a module.
inline constexpr const char* kMpiCalls = "thalweg_mpi_calls";

}  // namespace thalweg
