// The sockets of an HTTP server.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "base/file.h"
#include "page/http.h"
#include "thalweg/error.h"

namespace thalweg::page {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kAsked = 200;  // ms between two questions whether to end

[[noreturn]] void fail(const std::string& what) {
  throw Error(Code::resource, {"watch", what, system_message(errno), "", "choose another --port"});
}

int listening(std::uint16_t port) {
  Socket made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (made.get() < 0) fail("cannot open a socket");
  const int yes = 1;
  ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (!bound || ::listen(made.get(), SOMAXCONN) != 0) fail(fmt::format("cannot listen on port {}", port));
  return made.release();
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    fail("no port is known");
  return ntohs(address.sin_port);
}

struct Client {
  Socket socket;
  Clock::time_point deadline;
  std::string head = {};
  std::string answer = {};  // once the head is there
  std::size_t sent = 0;
  bool done = false;
};

void give(Client& client, std::string answer) {
  client.answer = std::move(answer);
  client.deadline = Clock::now() + std::chrono::milliseconds(HttpServer::kAnswerTime);
}

void read_from(Client& client, const std::function<std::string(const Request&)>& answer) {
  char buffer[2048];
  const ssize_t got = ::recv(client.socket.get(), buffer, sizeof buffer, 0);
  if (got < 0) {
    client.done = errno != EAGAIN && errno != EINTR;
    return;
  }
  client.head.append(buffer, static_cast<std::size_t>(got));
  const bool whole = is_whole(client.head);
  const bool over = got == 0 || client.head.size() >= kLargestRequest;
  if (client.head.empty()) {
    client.done = true;
  } else if (whole || over) {
    give(client, answer(parse_request(whole ? client.head : "")));
  }
}

void write_to(Client& client) {
  const ssize_t sent = ::send(client.socket.get(), client.answer.data() + client.sent,
                              client.answer.size() - client.sent, MSG_NOSIGNAL);
  if (sent < 0) {
    client.done = errno != EAGAIN && errno != EINTR;
    return;
  }
  client.sent += static_cast<std::size_t>(sent);
  client.done = client.sent == client.answer.size();
}

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

int Socket::release() { return std::exchange(descriptor_, -1); }

HttpServer::HttpServer(std::uint16_t port) : socket_(listening(port)), port_(port_of(socket_)) {}

void HttpServer::serve(const std::function<std::string(const Request&)>& answer,
                       const std::function<bool()>& done) const {
  std::vector<Client> clients;
  while (!done()) {
    std::vector<pollfd> waits;
    for (const Client& client : clients)
      waits.push_back({client.socket.get(), static_cast<short>(client.answer.empty() ? POLLIN : POLLOUT), 0});
    waits.push_back({socket_.get(), POLLIN, 0});
    ::poll(waits.data(), waits.size(), kAsked);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (waits[i].revents != 0)
        clients[i].answer.empty() ? read_from(clients[i], answer) : write_to(clients[i]);
    }
    if (waits.back().revents != 0) {
      Socket client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      const bool full =
          client.get() < 0 ? errno == EMFILE || errno == ENFILE : clients.size() >= kMostClients;
      if (full && !clients.empty()) clients.erase(clients.begin());  // who came first
      const Clock::time_point deadline = Clock::now() + std::chrono::milliseconds(kHeadTime);
      if (client.get() >= 0) clients.push_back({std::move(client), deadline});
    }
    std::erase_if(clients,
                  [](const Client& client) { return client.done || Clock::now() > client.deadline; });
  }
}

}  // namespace thalweg::page
