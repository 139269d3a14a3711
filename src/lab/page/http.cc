#include "page/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace thalweg::page {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

std::string_view reason(int status) {
  static const std::map<int, std::string_view> kReasons = {
      {200, "OK"}, {400, "Bad Request"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}};
  return kReasons.at(status);
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

}  // namespace

bool is_whole(std::string_view head) { return head.find("\r\n\r\n") != std::string_view::npos; }

Request parse_request(std::string_view head) {
  Request request;
  const std::size_t end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, end);
  const std::size_t first = line.find(' ');
  const std::size_t second = first == line.npos ? line.npos : line.find(' ', first + 1);
  if (second == line.npos || !line.substr(second + 1).starts_with("HTTP/1.")) return request;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  int hosts = 0;
  for (std::size_t at = end + 2; at < head.size();) {
    const std::size_t stop = std::min(head.find("\r\n", at), head.size());
    const std::string_view field = head.substr(at, stop - at);
    const std::size_t colon = field.find(':');
    if (colon != field.npos && lower(field.substr(0, colon)) == "host") {
      if (++hosts > 1) return {};
      request.host = lower(trimmed(field.substr(colon + 1)));
    }
    at = stop + 2;
  }
  return request;
}

bool is_own_host(std::string_view host, unsigned port) {
  return host == fmt::format("127.0.0.1:{}", port) || host == fmt::format("localhost:{}", port);
}

std::string answer(int status, std::string_view type, std::string_view body) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\nX-Frame-Options: "
      "DENY\r\n"
      "Connection: close\r\n\r\n{}",
      status, reason(status), type, body.size(), body);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return {};
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += is_plain(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace thalweg::page
