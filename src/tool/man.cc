// thalweg man: manual pages in roff, from the tables of the commands.
#include "base/did_you_mean.h"
#include "base/text.h"
#include "thalweg/catalog.h"
#include "thalweg/error.h"
#include "tool/command.h"
#include "tool/usage.h"

namespace thalweg::tool {
namespace {

// Text as roff reads it: no request, escape or hyphen by accident.
std::string roff(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool first = i == 0 || text[i - 1] == '\n';
    if (first && (text[i] == '.' || text[i] == '\'')) out += "\\&";
    if (text[i] == '\\') {
      out += "\\e";
    } else if (text[i] == '-') {
      out += "\\-";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string heading(const std::string& name, const std::string& line) {
  return ".TH " + upper(roff(name)) + " 1 \"\" \"thalweg\" \"User Commands\"\n.SH NAME\n" + roff(name) +
         " \\- " + roff(line) + "\n";
}

std::string roff_names(const Argument& argument) {
  if (argument.positional()) return "\\fI" + roff(argument.type) + "\\fR";
  const std::string out =
      join(names_of(argument), ", ", [](const std::string& name) { return "\\fB" + roff(name) + "\\fR"; });
  return argument.is_switch() ? out : out + " \\fI" + roff(argument.type) + "\\fR";
}

std::string argument_page(const Argument& argument) {
  std::string doc = roff(argument.doc);
  if (const std::string fallback = argument.fallback(); !fallback.empty())
    doc += " (default: " + roff(fallback) + ")";
  return ".TP\n" + roff_names(argument) + "\n" + doc + "\n";
}

std::string synopsis(const Command& command) {
  std::string out = ".SH SYNOPSIS\n.B thalweg " + roff(command.name) + "\n";
  for (const Argument& one : command.arguments) {
    if (!one.positional()) continue;
    const std::string name = roff_names(one) + (one.takes_several() ? " ..." : "");
    out += one.traits.required ? name + "\n" : "[" + name + "]\n";
  }
  return out + "[\\fIOPTION\\fR ...]\n";
}

std::string command_page(const Command& command) {
  std::string arguments, options;
  for (const Argument& one : command.arguments)
    (one.positional() ? arguments : options) += argument_page(one);
  std::string out = heading("thalweg-" + command.name, command.doc) + synopsis(command);
  if (!arguments.empty()) out += ".SH ARGUMENTS\n" + arguments;
  out += ".SH OPTIONS\n" + options;
  if (!command.fields.empty()) out += ".SH JSON\nFields of the object: " + roff(command.fields) + "\n";
  return out + ".SH EXIT STATUS\n" + roff(std::string(kExitCodes)) + ".\n.SH SEE ALSO\n.BR thalweg (1)\n";
}

// What can be named in a text, kind by kind.
std::string names_page() {
  std::string out;
  for (const std::string_view kind : catalog_kinds()) {
    out += ".SS " + std::string(kind) + "\n";
    for (const CatalogEntry& entry : catalog()) {
      if (entry.kind == kind) out += ".TP\n\\fB" + roff(entry.name) + "\\fR\n" + roff(entry.doc) + "\n";
    }
  }
  return out;
}

std::string tool_page() {
  std::string out = heading("thalweg", "the optimizing engine of machine learning");
  out +=
      ".SH SYNOPSIS\n.B thalweg\n\\fICOMMAND\\fR [\\fIOPTION\\fR ...]\n.SH DESCRIPTION\nResults go to the "
      "standard output, everything else to the standard error.\n.SH COMMANDS\n";
  for (const Command& command : commands())
    out += ".TP\n\\fB" + roff(command.name) + "\\fR\n" + roff(command.doc) + "\n";
  out += ".SH OPTIONS\n";
  for (const Argument& one : tool_arguments()) out += argument_page(one);
  return out +
         ".SH NAMES\nOptimizers, schedules, models, losses and data are texts: name(option=value) | "
         "name. `thalweg help NAME` explains each.\n" +
         names_page() + ".SH EXIT STATUS\n" + roff(std::string(kExitCodes)) + ".\n";
}

int man(const std::string& name) {
  const Command* command = find_command(name);
  if (command == nullptr && !name.empty()) {
    std::vector<std::string_view> names;
    for (const Command& one : commands()) names.push_back(one.name);
    throw Error(Code::usage, {"man", "unknown command", "`" + name + "`", "a command of `thalweg --help`",
                              did_you_mean(name, names)});
  }
  print(command == nullptr ? tool_page() : command_page(*command));
  return kOk;
}

}  // namespace

Command man_command() {
  static std::string name;
  return {"man",
          "Print a manual page as roff: `thalweg man train | man -l -`",
          {Argument("command COMMAND", &name, "a command; by default the tool itself")},
          [](Given) { return man(name); }};
}

}  // namespace thalweg::tool
