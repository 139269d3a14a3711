#include "comm/heartbeat.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>
#include <system_error>
#include <vector>

#include "base/spec.h"
#include "comm/collectives.h"

namespace thalweg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kBeats = 15;  // within the patience
constexpr int kGoodbyes = 3;   // as one may be lost

sockaddr_in address_of(std::uint32_t host, std::uint32_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = host;
  address.sin_port = static_cast<in_port_t>(port);
  return address;
}

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

// The socket and the event; without them nobody hears this rank, and it hears nobody.
Heartbeat::Card Heartbeat::open() {
  Card card{};
  std::random_device random;
  card.word = (std::uint64_t{random()} << 32) | random();
  socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  end_ = ::eventfd(0, EFD_CLOEXEC);
  sockaddr_in any = address_of(INADDR_ANY, 0);
  socklen_t size = sizeof any;
  if (socket_ < 0 || end_ < 0 || ::bind(socket_, reinterpret_cast<const sockaddr*>(&any), size) != 0 ||
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&any), &size) != 0)
    return card;
  card.port = any.sin_port;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return card;
  for (const ifaddrs* at = all; at != nullptr && card.hosts < card.host.size(); at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET || (at->ifa_flags & IFF_UP) == 0)
      continue;
    sockaddr_in address{};
    std::memcpy(&address, at->ifa_addr, sizeof address);
    card.host[card.hosts++] = address.sin_addr.s_addr;
  }
  ::freeifaddrs(all);
  return card;
}

double Heartbeat::patience() {
  constexpr double kPatience = 15;
  const char* given = std::getenv("THALWEG_RANK_PATIENCE");
  return given == nullptr ? kPatience : read_exactly<double>(given).value_or(kPatience);
}

Heartbeat::Heartbeat(Comm& comm, double patience)
    : before_((comm.rank() + comm.size() - 1) % comm.size()), process_(::getpid()), patience_(patience) {
  if (comm.size() == 1) return;
  own_ = open();
  const std::vector<Card> cards = all_values(comm, own_, "where the ranks are reached");
  const int next = (comm.rank() + 1) % comm.size();
  next_ = cards[static_cast<std::size_t>(next)];
  shares_host_ = comm.host(next) == comm.host(comm.rank());
  word_before_ = cards[static_cast<std::size_t>(before_)].word;
  if (own_.hosts == 0 || !(patience > 0)) return;
  sigset_t all, kept;  // signals are for the threads of who uses the ranks
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &kept);
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {  // it is silent then
  }
  ::pthread_sigmask(SIG_SETMASK, &kept, nullptr);
}

void Heartbeat::end() {
  if (!thread_.joinable()) return;
  if (::getpid() != process_) return thread_.detach();  // a child has no such thread
  ::eventfd_write(end_, 1);
  thread_.join();
}

Heartbeat::~Heartbeat() {
  end();
  for (const int file : {socket_, end_}) {
    if (file >= 0) ::close(file);
  }
}

std::optional<int> Heartbeat::lost() const { return silent_ ? std::optional(before_) : std::nullopt; }

void Heartbeat::leave() {
  end();
  for (int i = 0; i < kGoodbyes && patience_ > 0; ++i) say(~own_.word);
}

void Heartbeat::say(std::uint64_t word) const {
  for (std::uint32_t i = 0; i < next_.hosts; ++i) {
    const bool here = (ntohl(next_.host[i]) >> 24) == IN_LOOPBACKNET;
    if (here && !shares_host_) continue;
    const sockaddr_in to = address_of(next_.host[i], next_.port);
    ::sendto(socket_, &word, sizeof word, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
}

// Takes what has come: whether the rank before runs, or has left.
Heartbeat::Heard Heartbeat::hear() const {
  Heard heard = Heard::nothing;
  std::uint64_t word = 0;
  for (ssize_t got = 0; (got = ::recv(socket_, &word, sizeof word, 0)) >= 0;) {
    if (got != sizeof word) continue;
    if (word == ~word_before_) return Heard::goodbye;
    if (word == word_before_) heard = Heard::beat;
  }
  return heard;
}

void Heartbeat::work() {
  const auto every =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(patience_ / kBeats));
  bool expects = false;  // to hear the rank before
  Clock::time_point last_heard{}, next_beat = Clock::now();
  for (std::array<pollfd, 2> files{{{socket_, POLLIN, 0}, {end_, POLLIN, 0}}}; files[1].revents == 0;) {
    const Clock::time_point now = Clock::now();
    if (now >= next_beat) {
      // Who stood still himself, perhaps with all others, could hear nobody.
      if (now >= next_beat + 3 * every) last_heard = now;
      say(own_.word);
      next_beat = now + every;
    }
    if (const Heard heard = hear(); heard != Heard::nothing) {
      expects = heard == Heard::beat;
      last_heard = now;
    }
    silent_ = expects && seconds(now - last_heard) > patience_;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_beat - now);
    ::poll(files.data(), files.size(), static_cast<int>(left.count()));
  }
}

}  // namespace thalweg
