#include "tool/usage.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"

namespace thalweg::tool {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kColumn = 26;  // where the doc lines begin

// The words of `text` from `column` on, broken at kWidth and indented to `indent`.
std::string wrapped(const std::string& text, std::size_t column, std::size_t indent) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const bool breaks = column > indent && column + 1 + end - at > kWidth;
    if (breaks) out += "\n" + std::string(indent, ' ');
    if (breaks) column = indent;
    if (column > indent) out += ' ';
    out.append(text, at, end - at);
    column += end - at + (column > indent ? 1 : 0);
    at = end + 1;
  }
  return out + "\n";
}

// A name and its doc line beside it, or below where the name is long.
std::string row(const std::string& name, const std::string& doc) {
  const std::string head = fmt::format("  {:<{}}", name, kColumn - 2);
  const bool beside = name.size() + 4 <= kColumn;
  return head + (beside ? "" : "\n" + std::string(kColumn, ' ')) + wrapped(doc, kColumn, kColumn);
}

std::string row(const Argument& argument) {
  std::string names = join(names_of(argument), ", ");
  if (!argument.positional() && !argument.is_switch()) names += " " + argument.type;
  const std::string fallback = argument.fallback();
  const bool required = argument.traits.required && !argument.positional();
  return row(names, argument.doc + (required           ? " (required)"
                                    : fallback.empty() ? ""
                                                       : " [" + fallback + "]"));
}

std::string call(const Command& command) {
  std::string out = "thalweg " + command.name;
  for (const Argument& one : command.arguments) {
    if (!one.positional()) continue;
    const std::string name = one.type + (one.takes_several() ? " ..." : "");
    out += one.traits.required ? " " + name : " [" + name + "]";
  }
  return out + " [OPTION ...]";
}

// The rows under their headings, in the order in which these first appear.
std::string rows(const std::vector<Argument>& arguments) {
  const auto heading = [](const Argument& one) {
    return !one.traits.group.empty() ? one.traits.group : one.positional() ? "Arguments" : "Options";
  };
  std::vector<std::string> headings;
  for (const Argument& one : arguments) {
    if (std::find(headings.begin(), headings.end(), heading(one)) == headings.end())
      headings.push_back(heading(one));
  }
  std::string out;
  for (const std::string& each : headings) {
    out += "\n" + each + ":\n";
    for (const Argument& one : arguments) out += heading(one) == each ? row(one) : "";
  }
  return out;
}

}  // namespace

std::vector<std::string> names_of(const Argument& argument) {
  if (argument.name == "--help") return {"-h", "--help"};
  if (!argument.traits.negatable) return {argument.positional() ? argument.type : argument.name};
  return {argument.name, "--no-" + argument.name.substr(2)};
}

std::string usage(const Command* command) {
  if (command != nullptr)
    return wrapped(command->doc, 0, 0) + "\nUsage: " + call(*command) + "\n" + rows(command->arguments);
  std::string out =
      "Thalweg, the optimizing engine of machine learning\n\n"
      "Usage: thalweg COMMAND [OPTION ...]\n\nCommands:\n";
  for (const Command& one : commands()) out += row(one.name, one.doc);
  const std::string more =
      "`thalweg COMMAND --help` lists what a command takes, `thalweg list` the names that texts may use, and "
      "`thalweg help NAME` explains one. Results go to stdout, everything else to stderr. Exit codes: ";
  return out + rows(tool_arguments()) + "\n" + wrapped(more + std::string(kExitCodes) + ".", 0, 0);
}

}  // namespace thalweg::tool
