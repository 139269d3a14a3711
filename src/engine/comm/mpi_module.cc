// The module of one MPI: the only file that knows mpi.h, and nothing of the library but the table that it
// fills in. Calls of MPI-3.1 alone.
#include <mpi.h>

#include <array>
#include <cstring>
#include <vector>

#include "comm/mpi_calls.h"

namespace thalweg {
namespace {

constexpr int kTag = 0;

struct Opened {
  MPI_Comm comm = MPI_COMM_NULL;
  bool began = false;  // MPI
  std::vector<MPI_Request> requests = {};
  std::vector<std::uint64_t> free = {};  // places among them
};

std::array<char, MPI_MAX_ERROR_STRING + 1> text{};

int result(int code) {
  if (code == MPI_SUCCESS) return 0;
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS)
    std::strcpy(text.data(), "an error of MPI");
  return 1;
}

const char* error() { return text.data(); }

int refuse(const char* why) {
  std::strcpy(text.data(), why);
  return 1;
}

// What is wrong with `from` is an error of the communicator of all, which otherwise ends the process.
int duplicate(MPI_Comm from, MPI_Comm* own) {
  if (from == MPI_COMM_NULL) return refuse("MPI_COMM_NULL");
  MPI_Errhandler before = MPI_ERRHANDLER_NULL;
  int failed = result(MPI_Comm_get_errhandler(MPI_COMM_WORLD, &before));
  if (failed != 0) return failed;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  int between = 0;
  failed = result(MPI_Comm_test_inter(from, &between));
  if (failed == 0 && between != 0) failed = refuse("a communicator between two groups");
  if (failed == 0) failed = result(MPI_Comm_dup(from, own));
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, before);
  MPI_Errhandler_free(&before);
  return failed;
}

Opened& opened(void* comm) { return *static_cast<Opened*>(comm); }

int open(const int* handle, void** comm) {
  int begun = 0, ended = 0;
  if (const int failed = result(MPI_Initialized(&begun)); failed != 0) return failed;
  if (const int failed = result(MPI_Finalized(&ended)); failed != 0) return failed;
  if (ended != 0) return refuse("MPI has ended in this process");
  if (begun == 0 && handle != nullptr) return refuse("MPI has not begun, so that no handle is one of its");
  Opened out;
  if (begun == 0) {
    int level = 0;
    if (const int failed = result(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level)))
      return failed;
    out.began = true;
  }
  const MPI_Comm from = handle == nullptr ? MPI_COMM_WORLD : MPI_Comm_f2c(*handle);
  if (const int failed = duplicate(from, &out.comm); failed != 0) return failed;
  if (const int failed = result(MPI_Comm_set_errhandler(out.comm, MPI_ERRORS_RETURN)); failed != 0)
    return failed;
  *comm = new Opened(std::move(out));
  return 0;
}

int close(void* comm) {
  Opened& o = opened(comm);
  int ended = 0, failed = result(MPI_Finalized(&ended));
  if (ended == 0) failed |= result(MPI_Comm_free(&o.comm));
  if (ended == 0 && o.began) failed |= result(MPI_Finalize());
  delete &o;
  return failed;
}

int shape(void* comm, int* rank, int* size) {
  const int failed = result(MPI_Comm_rank(opened(comm).comm, rank));
  return failed != 0 ? failed : result(MPI_Comm_size(opened(comm).comm, size));
}

int host(char* name, std::size_t room) {
  std::array<char, MPI_MAX_PROCESSOR_NAME + 1> own{};
  int length = 0;
  const int failed = result(MPI_Get_processor_name(own.data(), &length));
  std::strncpy(name, own.data(), room - 1);
  name[room - 1] = '\0';
  return failed;
}

template <class Begin>
int begin(Opened& o, std::uint64_t* ticket, const Begin& message) {
  if (o.free.empty()) {
    o.free.push_back(o.requests.size());
    o.requests.push_back(MPI_REQUEST_NULL);
  }
  const std::uint64_t place = o.free.back();
  if (const int failed = result(message(&o.requests[place])); failed != 0) return failed;
  o.free.pop_back();
  *ticket = place;
  return 0;
}

int send(void* comm, int to, const void* bytes, std::size_t n, std::uint64_t* ticket) {
  Opened& o = opened(comm);
  return begin(o, ticket, [&](MPI_Request* request) {
    return MPI_Isend(bytes, static_cast<int>(n), MPI_BYTE, to, kTag, o.comm, request);
  });
}

int receive(void* comm, int from, void* bytes, std::size_t n, std::uint64_t* ticket) {
  Opened& o = opened(comm);
  return begin(o, ticket, [&](MPI_Request* request) {
    return MPI_Irecv(bytes, static_cast<int>(n), MPI_BYTE, from, kTag, o.comm, request);
  });
}

int done(void* comm, std::uint64_t ticket, int* done) {
  Opened& o = opened(comm);
  const int failed = result(MPI_Test(&o.requests[ticket], done, MPI_STATUS_IGNORE));
  if (failed == 0 && *done != 0) o.free.push_back(ticket);
  return failed;
}

int abort(void* comm, int code) { return result(MPI_Abort(opened(comm).comm, code)); }

constexpr MpiCalls kCalls{error, open, close, shape, host, send, receive, done, abort};

}  // namespace

extern "C" __attribute__((visibility("default"))) const MpiCalls* thalweg_mpi_calls() { return &kCalls; }

}  // namespace thalweg
