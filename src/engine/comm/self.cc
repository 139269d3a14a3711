// A rank that is alone.
#include "thalweg/comm.h"

#include "thalweg/error.h"

namespace thalweg {
namespace {

[[noreturn]] void refuse(const char* what, int rank) {
  throw Error(Code::usage, {"comm", what, "rank " + std::to_string(rank), "another rank: there is none", ""});
}

class Self : public Comm {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  Ticket send(int to, std::span<const std::byte>) override { refuse("a message to", to); }
  Ticket receive(int from, std::span<std::byte>) override { refuse("a message from", from); }
  bool done(Ticket) override { return true; }
  void abort(int, const std::string&) override {}
  std::string host(int) const override { return "this machine"; }
};

}  // namespace

std::unique_ptr<Comm> Comm::self() { return std::make_unique<Self>(); }

}  // namespace thalweg
