#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "draw/html.h"
#include "page/http.h"
#include "page/render.h"
#include "page/run_data.h"
#include "thalweg/error.h"
#include "thalweg/lab/page.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostRuns = 24;  // over each other

bool is_run(const fs::path& folder) {
  return page::is_there(folder / "metrics.jsonl") || page::is_there(folder / "config.toml");
}

}  // namespace

struct Watch::Impl {
  Impl(const fs::path& where, std::uint16_t port) : folder(where), server(port) {}

  std::vector<std::string> names() const;
  const page::RunData* read(const std::string& name);
  std::string index();
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
    const std::string words = run == nullptr ? "not readable yet" : page::outcome_words(*run);
    const bool ended = run != nullptr && run->result.there;
    rows += fmt::format("<tr><th scope=\"row\"><a href=\"/run/{}\">{}</a></th><td>{}</td><td>{}</td></tr>\n",
                        page::percent_encoded(name), page::escape(name), page::escape(words),
                        ended ? "finished" : "running or interrupted");
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
  std::vector<std::string> runs = names();
  if (runs.size() > kMostRuns) runs.erase(runs.begin(), runs.end() - kMostRuns);
  std::vector<page::RunData> data;
  for (const std::string& name : runs) {
    if (const page::RunData* run = read(name)) data.push_back(*run);
  }
  return data.size() < 2 ? index() : page::render(data, true);
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
    if (std::find(runs.begin(), runs.end(), name) != runs.end()) {
      if (const page::RunData* run = read(name))
        return page::answer(200, "text/html", page::render(*run, true));
    }
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
