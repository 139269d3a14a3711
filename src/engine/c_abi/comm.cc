// thalweg_comm_...: ranks of MPI, or over functions of the caller.
#include "thalweg/comm.h"

#include "base/spec.h"
#include "c_abi/call.h"
#include "c_abi/objects.h"
#include "step/state_access.h"
#include "thalweg/c_comm.h"

namespace thalweg::c {
namespace {

class Own : public Comm {
 public:
  explicit Own(const thalweg_comm_calls& calls) : calls_(calls) {}

  int rank() const override { return calls_.rank; }
  int size() const override { return calls_.size; }

  Ticket send(int to, std::span<const std::byte> bytes) override {
    Ticket ticket = 0;
    if (calls_.send(calls_.context, to, bytes.data(), bytes.size(), &ticket) != 0)
      fail("send", " to rank " + std::to_string(to) + " on " + host(to));
    return ticket;
  }
  Ticket receive(int from, std::span<std::byte> bytes) override {
    Ticket ticket = 0;
    if (calls_.receive(calls_.context, from, bytes.data(), bytes.size(), &ticket) != 0)
      fail("receive", " from rank " + std::to_string(from) + " on " + host(from));
    return ticket;
  }
  bool done(Ticket ticket) override {
    int done = 0;
    if (calls_.done(calls_.context, ticket, &done) != 0) fail("done", "");
    return done != 0;
  }
  void abort(int code, const std::string& why) override {
    if (calls_.abort != nullptr) calls_.abort(calls_.context, code, why.c_str());
  }
  std::string host(int rank) const override {
    return text_or(calls_.host == nullptr ? nullptr : calls_.host(calls_.context, rank), "an unknown host");
  }

 private:
  [[noreturn]] void fail(const char* function, const std::string& where) const {
    const char* why = calls_.error == nullptr ? nullptr : calls_.error(calls_.context);
    throw Error(Code::failure, {"comm", std::string("its function `") + function + "` failed" + where,
                                text_or(why, ""), "", ""});
  }

  const thalweg_comm_calls calls_;
};

thalweg_comm_calls read_calls(const thalweg_comm_calls* given) {
  const auto calls = read_struct<thalweg_comm_calls>(&need(given, "calls"), THALWEG_COMM_CALLS_INIT);
  if (calls.size < 1)
    throw Error(Code::usage, {"size", "no ranks", std::to_string(calls.size), "1 or more", ""});
  if (calls.rank < 0 || calls.rank >= calls.size) {
    throw Error(Code::usage, {"rank", "it is none of the ranks", std::to_string(calls.rank),
                              "0 to " + std::to_string(calls.size - 1), ""});
  }
  if (calls.send == nullptr) fail_null("send");
  if (calls.receive == nullptr) fail_null("receive");
  if (calls.done == nullptr) fail_null("done");
  return calls;
}

Comm& comm_of(const thalweg_comm* handle) { return object_of<Comm>(Kind::comm, handle); }

void give_comm(thalweg_comm** out, std::unique_ptr<Comm> comm) {
  give_handle(out, Kind::comm, std::shared_ptr<Comm>(std::move(comm)));
}

}  // namespace
}  // namespace thalweg::c

using namespace thalweg;     // NOLINT: the functions below stand in no namespace
using namespace thalweg::c;  // NOLINT

thalweg_status thalweg_comm_create(const thalweg_comm_calls* calls, thalweg_comm** comm) {
  return call([&] { give_comm(comm, std::make_unique<Own>(read_calls(calls))); });
}

thalweg_status thalweg_comm_create_self(thalweg_comm** comm) {
  return call([&] { give_comm(comm, Comm::self()); });
}

thalweg_status thalweg_comm_create_mpi(const int* fortran, thalweg_comm** comm) {
  return call([&] {
    need(comm, "comm");
    give_comm(comm, fortran == nullptr ? Comm::mpi() : Comm::mpi(*fortran));
  });
}

thalweg_status thalweg_comm_destroy(thalweg_comm* comm) { return destroy(Kind::comm, comm); }

thalweg_status thalweg_comm_launched(int* launched) {
  return call([&] { need(launched, "launched") = Comm::launched() ? 1 : 0; });
}

thalweg_status thalweg_comm_shape(const thalweg_comm* comm, int* rank, int* size) {
  return call([&] {
    const Comm& ranks = comm_of(comm);
    if (rank != nullptr) *rank = ranks.rank();
    if (size != nullptr) *size = ranks.size();
  });
}

thalweg_status thalweg_comm_set_deadline(thalweg_comm* comm, double seconds) {
  return call([&] {
    if (!(seconds > 0)) {
      throw Error(Code::usage,
                  {"seconds", "nobody could answer in time", print_number(seconds), "more than 0", ""});
    }
    comm_of(comm).set_deadline(seconds);
  });
}

thalweg_status thalweg_comm_most(thalweg_comm* comm, int here, int* most) {
  return call([&] { need(most, "most") = most_of_ranks(&comm_of(comm), here); });
}

thalweg_status thalweg_comm_abort(thalweg_comm* comm, int code, const char* why) {
  return call([&] { comm_of(comm).abort(code, text_or(why, "no reason was given")); });
}

thalweg_status thalweg_optimizer_gather_state(thalweg_optimizer* optimizer, int root) {
  return call([&] { gather_state(*Use(optimizer)->optimizer, root); });
}

thalweg_status thalweg_optimizer_state_written(thalweg_optimizer* optimizer) {
  return call([&] { StateAccess::loaded(*Use(optimizer)->optimizer); });
}

thalweg_status thalweg_optimizer_state_is_whole(thalweg_optimizer* optimizer, int* whole) {
  return call([&] { need(whole, "whole") = StateAccess::is_whole(*Use(optimizer)->optimizer) ? 1 : 0; });
}
