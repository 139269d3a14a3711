// As much of HTTP/1.1 (RFC 9112) as a page on the loopback address takes: one request, one answer.
#pragma once

#include <string>
#include <string_view>

namespace thalweg::page {

struct Request {
  std::string method, target, host;
};

inline constexpr std::size_t kLargestRequest = 8192;  // bytes of a head

// Whether the head of a request is complete: it ends with an empty line.
bool is_whole(std::string_view head);

// Members that the text does not have are empty.
Request parse_request(std::string_view head);

// Whether a Host names this machine: 127.0.0.1 or localhost, with the port. A page of another site that made
// its name point here does not.
bool is_own_host(std::string_view host, unsigned port);

// A whole answer of HTML or plain text, which nobody keeps.
std::string answer(int status, std::string_view type, std::string_view body);

// "%41" as "A"; empty for a text that is not so encoded.
std::string percent_decoded(std::string_view text);
std::string percent_encoded(std::string_view text);

}  // namespace thalweg::page
