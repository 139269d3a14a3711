#include "tool/command.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include <fmt/core.h>

#include "base/file.h"
#include "base/spec.h"
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

double real_number(std::string_view option, const std::string& text) {
  if (const auto number = read_number(text)) return *number;
  throw Error(Code::usage,
              {std::string(option), "this is no number", "`" + text + "`", "a number, such as -1.5", ""});
}

std::vector<double> real_numbers(std::string_view option, std::string text) {
  std::replace(text.begin(), text.end(), ',', ' ');
  std::vector<double> numbers;
  for (std::size_t end = 0, at = 0; (at = text.find_first_not_of(' ', end)) != std::string::npos;) {
    end = std::min(text.find(' ', at), text.size());
    numbers.push_back(real_number(option, text.substr(at, end - at)));
  }
  return numbers;
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
