#include "tool/command.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fmt/core.h>

#include "base/file.h"
#include "thalweg/error.h"
#include "thalweg/trainer.h"

namespace thalweg::tool {

#define THALWEG_COMMAND(name) Command name##_command();
#include "tool/commands.inc"
#undef THALWEG_COMMAND

const std::vector<Command>& commands() {
#define THALWEG_COMMAND(name) name##_command(),
  static const std::vector<Command> all = [] {
    std::vector<Command> made = {
#include "tool/commands.inc"
    };
    for (Command& one : made) one.arguments.push_back(tool_arguments().front());
    return made;
  }();
#undef THALWEG_COMMAND
  return all;
}

const std::vector<Argument>& tool_arguments() {
  static bool asked = false;
  static const std::vector<Argument> all = {Argument("--help", &asked, "print this help and exit"),
                                            Argument("--version", &asked, "print the version and exit")};
  return all;
}

const Command* find_command(std::string_view name) {
  const std::vector<Command>& all = commands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string evaluation_text(const Evaluation& e) {
  const std::string loss = fmt::format("loss {:.4g} over {} samples", e.loss, e.samples);
  if (e.accuracy == e.accuracy) return fmt::format("{:.2f} % right, {}", 100 * e.accuracy, loss);
  if (const auto why = e.r2_undefined(); !why.empty())
    return fmt::format("R2 undefined: {}; mean absolute error {:.4g}, {}", why, e.mae, loss);
  return fmt::format("R2 {:.4f}, mean absolute error {:.4g}, {}", e.r2, e.mae, loss);
}

void note(const std::string& line) {
  std::fputs((visible(line, Controls::lines) + "\n").c_str(), stderr);
  std::fflush(stderr);
}

void print(const std::string& text) { print_exactly(visible(text, Controls::lines)); }

void print_exactly(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  throw Error(Code::resource, {"stdout", "cannot be written", system_message(errno),
                               std::to_string(text.size()) + " bytes", ""});
}

}  // namespace thalweg::tool
