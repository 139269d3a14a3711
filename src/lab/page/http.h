// As much of HTTP/1.1 (RFC 9112) as a page on the loopback address takes: one request a connection, one
// answer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace thalweg::page {

struct Request {
  std::string method, target, host;
};

inline constexpr std::size_t kLargestRequest = 8192;  // bytes of a head

// Whether the head of a request is complete: it ends with an empty line.
bool is_whole(std::string_view head);

// Members that the text does not have are empty; all are where it is not a request, or has more than one
// Host.
Request parse_request(std::string_view head);

// Whether a Host names this machine: 127.0.0.1 or localhost, with the port. A page of another site that made
// its name point here does not.
bool is_own_host(std::string_view host, unsigned port);

// A whole answer of HTML or plain text, which nobody keeps.
std::string answer(int status, std::string_view type, std::string_view body);

// "%41" as "A"; empty for a text that is not encoded like this.
std::string percent_decoded(std::string_view text);
std::string percent_encoded(std::string_view text);

// An open descriptor.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket();
  Socket(Socket&& other) noexcept : descriptor_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  int get() const { return descriptor_; }
  int release();

 private:
  int descriptor_;
};

// Listens on 127.0.0.1. Many clients are served at once, on the thread that calls serve(); one that takes
// longer than kHeadTime for its head, or kAnswerTime to take its answer, is hung up on.
class HttpServer {
 public:
  static constexpr int kHeadTime = 2000, kAnswerTime = 10000;  // ms
  static constexpr std::size_t kMostClients = 256;             // one more, and the first one is hung up on

  // port 0: any free one. Throws Error(resource) when it cannot listen.
  explicit HttpServer(std::uint16_t port);

  std::uint16_t port() const { return port_; }

  // Until `done` says so, which it is asked several times a second. `answer` gives a whole answer.
  void serve(const std::function<std::string(const Request&)>& answer,
             const std::function<bool()>& done) const;

 private:
  Socket socket_;
  std::uint16_t port_ = 0;
};

}  // namespace thalweg::page
