#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>

#include "base/file.h"
#include "draw/html.h"
#include "page/http.h"
#include "page/render.h"
#include "page/run_data.h"
#include "thalweg/error.h"
#include "thalweg/lab/page.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

constexpr int kAsked = 200;            // ms between two questions whether to end
constexpr int kPatience = 2000;        // ms that a client may take
constexpr std::size_t kMostRuns = 24;  // over each other

// Fetches the page it is in, and puts what it says in the place of what stood there, if that changed: the
// place on the page, the focus and the zoom of charts stay.
constexpr const char* kLive = R"js("use strict";
(() => {
  let last = "";
  async function renew() {
    if (document.hidden) return;
    let text;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) return;
      text = await answer.text();
    } catch { return; }
    if (text === last) return;
    const first = last === "";
    last = text;
    if (first || document.querySelector(".cursor[visibility=visible], .selection[visibility=visible]")) {
      if (!first) last = "-";
      return;
    }
    const next = new DOMParser().parseFromString(text, "text/html");
    const focused = document.activeElement?.closest("svg")?.getAttribute("aria-labelledby");
    document.title = next.title;
    for (const part of ["header", "main"]) {
      const old = document.querySelector(part), made = next.querySelector(part);
      if (old && made) old.replaceWith(document.adoptNode(made));
    }
    window.thalweg?.attach(document);
    if (focused) document.querySelector(`svg[aria-labelledby="${focused}"]`)?.focus({ preventScroll: true });
  }
  setInterval(renew, 2000);
})();
)js";

[[noreturn]] void fail(const std::string& what) {
  throw Error(Code::resource, {"watch", what, system_message(errno), "", "choose another --port"});
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return descriptor_; }

  bool ready(short events, int milliseconds) const {
    pollfd waits{descriptor_, events, 0};
    return ::poll(&waits, 1, milliseconds) > 0 && (waits.revents & events) != 0;
  }

 private:
  int descriptor_;
};

int listening(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) fail("there is no socket");
  const int yes = 1;
  ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (bound && ::listen(made, 16) == 0) return made;
  const int error = errno;
  ::close(made);
  errno = error;
  fail(fmt::format("port {} cannot be listened on", port));
}

std::string read_head(const Socket& client) {
  std::string head;
  char buffer[2048];
  while (!page::is_whole(head) && head.size() < page::kLargestRequest && client.ready(POLLIN, kPatience)) {
    const ssize_t got = ::recv(client.get(), buffer, sizeof buffer, 0);
    if (got <= 0) break;
    head.append(buffer, static_cast<std::size_t>(got));
  }
  return head;
}

void write_all(const Socket& client, std::string_view text) {
  while (!text.empty() && client.ready(POLLOUT, kPatience)) {
    const ssize_t sent = ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool is_run(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "metrics.jsonl", ignored) || fs::exists(folder / "config.toml", ignored);
}

}  // namespace

struct Watch::Impl {
  Impl(const fs::path& where, std::uint16_t wanted) : folder(where), socket(listening(wanted)) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      fail("there is no port");
    port = ntohs(address.sin_port);
  }

  std::vector<std::string> names() const;
  const page::RunData* read(const std::string& name);
  std::string index();
  std::string all();
  std::string answer(const page::Request& request);

  fs::path folder;
  Socket socket;
  std::uint16_t port = 0;
  std::map<std::string, page::RunData> read_before;  // what stands in for a run that cannot be read now
};

// The runs of the folder by name, the names being the only ones that are served.
std::vector<std::string> Watch::Impl::names() const {
  std::vector<std::string> found;
  std::error_code error;
  if (is_run(folder)) return {"."};
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (is_run(at->path())) found.push_back(at->path().filename().string());
  }
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;  // 9 before 10
  });
  return found;
}

const page::RunData* Watch::Impl::read(const std::string& name) {
  try {
    read_before[name] = page::read_run(name == "." ? folder : folder / name);
  } catch (const Error&) {  // half-written, or gone for a moment
  } catch (const fs::filesystem_error&) {
  }
  const auto found = read_before.find(name);
  return found == read_before.end() ? nullptr : &found->second;
}

std::string Watch::Impl::index() {
  std::string rows;
  const std::vector<std::string> runs = names();
  for (const std::string& name : runs) {
    const page::RunData* run = read(name);
    const std::string words = run == nullptr ? "cannot be read yet" : page::outcome_words(*run);
    const bool ended = run != nullptr && run->result.there;
    rows += fmt::format("<tr><th scope=\"row\"><a href=\"/run/{}\">{}</a></th><td>{}</td><td>{}</td></tr>\n",
                        page::percent_encoded(name), page::escape(name), page::escape(words),
                        ended ? "finished" : "going on, or cut off");
  }
  std::string body =
      page::page_header("watch", runs.size() == 1 ? "1 run" : fmt::format("{} runs", runs.size()),
                        runs.size() > 1 ? "<p class=\"lead\"><a href=\"/all\">All of them over each "
                                          "other</a></p>\n"
                                        : "");
  if (rows.empty()) {
    rows = "<tr><th scope=\"row\">none yet</th><td></td><td></td></tr>\n";
  }
  body +=
      "<main>\n<section aria-label=\"Runs\"><table><thead><tr><th scope=\"col\">Run</th><th "
      "scope=\"col\">Held out</th><th scope=\"col\">State</th></tr></thead>\n<tbody>\n" +
      rows + "</tbody></table></section>\n</main>\n";
  return page::finished("Runs \u2013 Thalweg", body, kLive);
}

std::string Watch::Impl::all() {
  std::vector<std::string> runs = names();
  if (runs.size() > kMostRuns) runs.erase(runs.begin(), runs.end() - kMostRuns);
  std::vector<page::RunData> data;
  for (const std::string& name : runs) {
    if (const page::RunData* run = read(name)) data.push_back(*run);
  }
  return data.size() < 2 ? index() : page::render(data, kLive);
}

std::string Watch::Impl::answer(const page::Request& request) {
  constexpr std::string_view kRun = "/run/";
  if (request.method.empty()) return page::answer(400, "text/plain", "no request\n");
  if (!page::is_own_host(request.host, port)) return page::answer(403, "text/plain", "not for this host\n");
  if (request.method != "GET") return page::answer(405, "text/plain", "GET only\n");
  const std::string target = request.target.substr(0, request.target.find('?'));
  if (target == "/") return page::answer(200, "text/html", index());
  if (target == "/all") return page::answer(200, "text/html", all());
  const std::vector<std::string> runs = names();
  if (target.starts_with(kRun)) {
    const std::string name = page::percent_decoded(std::string_view(target).substr(kRun.size()));
    if (std::find(runs.begin(), runs.end(), name) != runs.end()) {
      if (const page::RunData* run = read(name))
        return page::answer(200, "text/html", page::render(*run, kLive));
    }
  }
  return page::answer(404, "text/plain", "there is no such page\n");
}

Watch::Watch(const std::filesystem::path& folder, std::uint16_t port) {
  if (!fs::is_directory(folder)) {
    throw Error(Code::data,
                {folder.string(), "there is no such folder", "", "a folder with run directories", ""});
  }
  impl_ = std::make_unique<Impl>(folder, port);
}

Watch::~Watch() = default;

std::uint16_t Watch::port() const { return impl_->port; }
std::string Watch::url() const { return fmt::format("http://127.0.0.1:{}/", port()); }

void Watch::serve(const std::function<bool()>& done) {
  while (!done()) {
    if (!impl_->socket.ready(POLLIN, kAsked)) continue;
    const Socket client(::accept4(impl_->socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client.get() < 0) continue;
    const std::string head = read_head(client);
    if (head.empty()) continue;
    write_all(client, impl_->answer(page::parse_request(page::is_whole(head) ? head : "")));
  }
}

}  // namespace thalweg
