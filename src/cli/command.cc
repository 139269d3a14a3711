#include "cli/command.h"

#include <cerrno>
#include <charconv>
#include <cstdio>

#include <fmt/core.h>

#include "base/file.h"
#include "base/threads.h"
#include "thalweg/error.h"

namespace thalweg::cli {

std::uint64_t whole_number(std::string_view option, const std::string& text, std::uint64_t least) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && number >= least) return number;
  throw Error(Code::usage, {std::string(option), whole ? "out of range" : "this is no whole number",
                            "`" + text + "`", "a whole number from " + std::to_string(least), ""});
}

int thread_count(const std::string& text) {
  constexpr std::uint64_t kMost = 1024;
  if (text.empty()) return available_threads();
  const std::uint64_t threads = whole_number("--threads", text, 1);
  if (threads <= kMost) return static_cast<int>(threads);
  throw Error(Code::usage, {"--threads", "out of range", text, "1 to " + std::to_string(kMost), ""});
}

std::string evaluation_text(const Evaluation& e) {
  const std::string loss = fmt::format("loss {:.4g} over {} samples", e.loss, e.samples);
  if (e.accuracy == e.accuracy) return fmt::format("{:.2f} % right, {}", 100 * e.accuracy, loss);
  return fmt::format("R2 {:.4f}, mean absolute error {:.4g}, {}", e.r2, e.mae, loss);
}

void note(const std::string& line) {
  std::fputs((line + "\n").c_str(), stderr);
  std::fflush(stderr);
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  throw Error(Code::resource, {"stdout", "cannot be written", system_message(errno),
                               std::to_string(text.size()) + " bytes", ""});
}

}  // namespace thalweg::cli
