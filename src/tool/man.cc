// thalweg man: manual pages in roff, from the tree of commands and options.
#include <memory>

#include <fmt/core.h>

#include "thalweg/catalog.h"
#include "thalweg/error.h"
#include "tool/candidates.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

constexpr const char* kExits =
    "0 done, 1 failure, 2 usage or configuration, 3 data or run folder missing or malformed, 4 memory, disk "
    "or "
    "descriptors run out, 5 diverged, 130 and 143 interrupted and saved.";

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

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string heading(const std::string& name, const std::string& line) {
  return ".TH " + upper(roff(name)) + " 1 \"\" \"thalweg\" \"User Commands\"\n.SH NAME\n" + roff(name) +
         " \\- " + roff(line) + "\n";
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string names_of(const CLI::Option& option) {
  if (option.get_positional()) return "\\fI" + upper(roff(option.get_single_name())) + "\\fR";
  std::string out;
  for (const std::string& name : option.get_snames())
    out += (out.empty() ? "" : ", ") + ("\\fB\\-" + roff(name) + "\\fR");
  for (const std::string& name : option.get_lnames())
    out += (out.empty() ? "" : ", ") + ("\\fB\\-\\-" + roff(name) + "\\fR");
  return takes_value(option) ? out + " \\fIVALUE\\fR" : out;
}

std::string option_page(const CLI::Option& option) {
  std::string doc = roff(option.get_description());
  if (const std::string fallback = option.get_default_str(); !fallback.empty() && takes_value(option))
    doc += " (default: " + roff(fallback) + ")";
  return ".TP\n" + names_of(option) + "\n" + doc + "\n";
}

std::string synopsis(const CLI::App& app) {
  std::string out = ".SH SYNOPSIS\n.B thalweg " + roff(app.get_name()) + "\n";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    out += option->get_required() ? names_of(*option) + "\n" : "[" + names_of(*option) + "]\n";
  }
  return out + "[\\fIOPTION\\fR ...]\n";
}

std::string command_page(const CLI::App& app) {
  std::string arguments, options;
  for (const CLI::Option* option : app.get_options())
    (option->get_positional() ? arguments : options) += option_page(*option);
  std::string out = heading("thalweg-" + app.get_name(), app.get_description()) + synopsis(app);
  if (!arguments.empty()) out += ".SH ARGUMENTS\n" + arguments;
  return out + ".SH OPTIONS\n" + options + ".SH EXIT STATUS\n" + roff(kExits) +
         "\n.SH SEE ALSO\n.BR thalweg (1)\n";
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

std::string tool_page(const CLI::App& tool) {
  std::string out = heading("thalweg", "the optimizing engine of machine learning");
  out +=
      ".SH SYNOPSIS\n.B thalweg\n\\fICOMMAND\\fR [\\fIOPTION\\fR ...]\n.SH DESCRIPTION\nResults go to the "
      "standard output, all else to the standard error.\n.SH COMMANDS\n";
  for (const CLI::App* command : commands(tool))
    out += ".TP\n\\fB" + roff(command->get_name()) + "\\fR\n" + roff(command->get_description()) + "\n";
  out += ".SH OPTIONS\n";
  for (const CLI::Option* option : tool.get_options()) out += option_page(*option);
  return out +
         ".SH NAMES\nOptimizers, schedules, models, losses and data are texts: name(option=value) | "
         "name. `thalweg help NAME` explains each.\n" +
         names_page() + ".SH EXIT STATUS\n" + roff(kExits) + "\n";
}

int man(const CLI::App& tool, const std::string& name) {
  if (name.empty()) {
    print(tool_page(tool));
    return kOk;
  }
  const CLI::App* command = find_command(tool, name);
  if (command == nullptr) {
    throw Error(Code::usage,
                {"man", "unknown command", "`" + name + "`", "a command of `thalweg --help`", ""});
  }
  print(command_page(*command));
  return kOk;
}

}  // namespace

Action add_man(CLI::App& tool) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command =
      tool.add_subcommand("man", "Print a manual page in roff: `thalweg man train | man -l -`");
  command->add_option("command", *name, "a command; the tool itself when left out");
  return [&tool, name] { return man(tool, *name); };
}

}  // namespace thalweg::cli
