#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/utf8.h"
#include "draw/html.h"
#include "draw/number.h"
#include "page/http.h"
#include "page/render.h"
#include "page/run_data.h"
#include "page/run_state.h"
#include "thalweg/error.h"
#include "thalweg/lab/page.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostRuns = 24;  // over each other

// One that may not be looked into is shown as what it is, not left out.
bool is_run(const fs::path& folder) {
  std::error_code metrics, config;
  return fs::exists(folder / "metrics.jsonl", metrics) || fs::exists(folder / "config.toml", config) ||
         metrics || config;
}

// What can be said of a run at the moment.
struct Seen {
  const page::RunData* run = nullptr;  // as it could last be read
  std::string state;                   // or why it cannot be read
};

}  // namespace

struct Watch::Impl {
  Impl(const fs::path& where, std::uint16_t port) : folder(where), server(port) {}

  std::vector<std::string> names() const;
  Seen read(const std::string& name);
  std::string index();
  std::string one(const std::string& name);
  std::string all();
  std::string answer(const page::Request& request);

  fs::path folder;
  page::HttpServer server;
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

Seen Watch::Impl::read(const std::string& name) {
  const fs::path path = name == "." ? folder : folder / name;
  const bool held = page::is_held(path);  // before it is read: it may end in between
  std::string why;
  try {
    read_before[name] = page::read_run(path);
  } catch (const std::exception& error) {  // half-written, gone for a moment, or malformed
    why = error.what();
  }
  const auto found = read_before.find(name);
  if (found == read_before.end()) return {nullptr, "cannot be read: " + why};
  page::RunData& run = found->second;
  run.state = page::state_of(run, path, held);
  return {&run, why.empty() ? run.state : run.state + "; shown as it was before: " + why};
}

std::string Watch::Impl::index() {
  std::string rows;
  const std::vector<std::string> runs = names();
  for (const std::string& name : runs) {
    const Seen seen = read(name);
    const std::string words = seen.run == nullptr ? page::kNone : page::outcome_words(*seen.run);
    rows += fmt::format("<tr><th scope=\"row\"><a href=\"/run/{}\">{}</a></th><td>{}</td><td>{}</td></tr>\n",
                        page::percent_encoded(name), page::escape(shown(name)), page::escape(words),
                        page::escape(shown(seen.state)));
  }
  if (rows.empty()) rows = "<tr><th scope=\"row\">none yet</th><td></td><td></td></tr>\n";
  return page::live_document(
      {.title = "Runs",
       .subject = "watch",
       .heading = runs.size() == 1 ? "1 run" : fmt::format("{} runs", runs.size()),
       .lead = runs.size() > 1 ? "<p class=\"lead\"><a href=\"/all\">Compare all of them</a></p>\n" : "",
       .body = "<section aria-label=\"Runs\"><table><thead><tr><th scope=\"col\">Run</th><th "
               "scope=\"col\">Held out</th><th scope=\"col\">State</th></tr></thead>\n<tbody>\n" +
               rows + "</tbody></table></section>\n"});
}

std::string Watch::Impl::all() {
  const std::vector<std::string> runs = names();
  std::vector<page::RunData> data;
  std::string left_out;
  std::size_t older = 0;
  for (std::size_t i = runs.size(); i-- > 0;) {  // the newest are shown
    if (data.size() == kMostRuns) {
      ++older;
      continue;
    }
    const Seen seen = read(runs[i]);
    if (seen.run != nullptr) {
      data.push_back(*seen.run);
    } else {
      left_out += (left_out.empty() ? "" : "; ") + shown(runs[i]) + " " + seen.state;
    }
  }
  std::reverse(data.begin(), data.end());
  if (data.size() < 2) return index();
  if (older > 0)
    left_out += fmt::format("{}the {} before these {}", left_out.empty() ? "" : "; ", older, data.size());
  return page::render(data, true, left_out.empty() ? "" : "Left out: " + left_out + ".");
}

std::string Watch::Impl::one(const std::string& name) {
  const Seen seen = read(name);
  if (seen.run != nullptr) return page::render(*seen.run, true);
  return page::live_document({.title = "Run " + name, .subject = "watch", .lead = page::lead(seen.state)});
}

std::string Watch::Impl::answer(const page::Request& request) {
  constexpr std::string_view kRun = "/run/";
  if (request.method.empty()) return page::answer(400, "text/plain", "not a request\n");
  if (!page::is_own_host(request.host, server.port()))
    return page::answer(403, "text/plain", "not for this host\n");
  if (request.method != "GET") return page::answer(405, "text/plain", "GET only\n");
  const std::string target = request.target.substr(0, request.target.find('?'));
  if (target == "/") return page::answer(200, "text/html", index());
  if (target == "/all") return page::answer(200, "text/html", all());
  const std::vector<std::string> runs = names();
  if (target.starts_with(kRun)) {
    const std::string name = page::percent_decoded(std::string_view(target).substr(kRun.size()));
    if (std::find(runs.begin(), runs.end(), name) != runs.end())
      return page::answer(200, "text/html", one(name));
  }
  return page::answer(404, "text/plain", "no such page\n");
}

Watch::Watch(const std::filesystem::path& folder, std::uint16_t port) {
  if (!fs::is_directory(folder)) {
    throw Error(Code::data, {folder.string(), "no such folder", "", "a folder with run directories", ""});
  }
  impl_ = std::make_unique<Impl>(folder, port);
}

Watch::~Watch() = default;

std::uint16_t Watch::port() const { return impl_->server.port(); }
std::string Watch::url() const { return fmt::format("http://127.0.0.1:{}/", port()); }

void Watch::serve(const std::function<bool()>& done) {
  impl_->server.serve([this](const page::Request& request) { return impl_->answer(request); }, done);
}

}  // namespace thalweg
