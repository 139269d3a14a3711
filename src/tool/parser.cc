// The one file that knows CLI11: it takes a command line apart, and everything else is in the tables.
#include "tool/parser.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "base/did_you_mean.h"
#include "base/text.h"
#include "thalweg/error.h"
#include "thalweg/lab/translate.h"

namespace thalweg::tool {
namespace {

std::string cli_name(const Argument& argument) {
  return argument.traits.negatable ? argument.name + "{true},--no-" + argument.name.substr(2) + "{false}"
                                   : argument.name;
}

void add(CLI::App& app, const Argument& argument) {
  if (argument.is_switch()) {
    app.add_flag(cli_name(argument))->disable_flag_override();
    return;
  }
  const std::string name = argument.name == "--out" ? "-o,--out" : argument.name;
  CLI::Option* option = app.add_option(name)->required(argument.traits.required);
  // How often an option may stand is checked below, where the message is ours.
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (argument.takes_several()) option->expected(CLI::detail::expected_max_vector_size);
  if (argument.takes_several() && !argument.positional()) option->delimiter(',');
}

void add_relations(CLI::App& app, const Argument& argument) {
  for (const std::string& other : argument.traits.excludes)
    app.get_option(argument.name)->excludes(app.get_option(other));
  if (!argument.traits.needs.empty())
    app.get_option(argument.name)->needs(app.get_option(argument.traits.needs));
}

std::vector<std::string_view> options_of(const Command& command) {
  std::vector<std::string_view> names;
  for (const Argument& one : command.arguments)
    if (!one.positional()) names.push_back(one.name);
  return names;
}

// The names a mistyped argument may have meant: options of the command, or commands.
std::string hint(const Command* command, const std::string& word) {
  std::vector<std::string_view> names;
  if (!word.starts_with("-")) {
    if (command == nullptr) {
      for (const Command& one : commands()) names.push_back(one.name);
    }
  } else {
    for (const Argument& one : command == nullptr ? tool_arguments() : command->arguments)
      if (!one.positional()) names.push_back(one.name);
  }
  return did_you_mean(word, names);
}

// What is wrong with the command line, in the form of every other error.
Error usage_error(const CLI::App& tool, const Command* command, const CLI::ParseError& error,
                  std::span<const std::string> words) {
  const std::string where = command == nullptr ? "thalweg" : "thalweg " + command->name;
  const std::string help = "try `" + where + " --help`";
  const std::vector<std::string> extras = tool.remaining(true);
  if (!extras.empty()) {
    const bool option = extras.front().starts_with("-");
    std::string near =
        option && command != nullptr ? command_in_words_of_here(words, options_of(*command)) : "";
    if (near.empty()) near = hint(command, extras.front());
    if (near.empty() && command != nullptr && option && !extras.front().starts_with("--"))
      near = "`" + where + " [OPTION ...] -- \"" + extras.front() + "\"` if it is no option";
    return Error(Code::usage, {where, "unexpected argument", "`" + extras.front() + "`",
                               option               ? "an option of this command"
                               : command == nullptr ? "a command"
                                                    : "no more arguments",
                               near.empty() ? help : near});
  }
  std::string what = error.what();
  what = what.substr(0, what.find('\n'));
  if (command == nullptr) what = "a command is missing";
  if (const std::size_t flag = what.find(" was given a disallowed"); flag != std::string::npos) {
    what = "--" + what.substr(0, flag) + " takes no value";
  } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    what = "the value of " + what.substr(0, what.find(':')) + " is missing";
  }
  return Error(Code::usage, {where, what, "", "", help});
}

void take(const Command& command, const CLI::App& app, CommandLine& line) {
  for (const Argument& argument : command.arguments) {
    const CLI::Option* option = app.get_option_no_throw(argument.name);
    if (option == nullptr || option->count() == 0) continue;
    std::vector<std::string> words = option->results();
    if (argument.traits.list) words = {join(words, "; ")};
    if (words.size() > 1 && !argument.takes_several() && !argument.is_switch())
      throw Error(Code::usage,
                  {argument.name, "given more than once",
                   join(words, " and ", [](const std::string& word) { return "`" + word + "`"; }),
                   "one of them", ""});
    line.given.push_back(&argument);
    read(argument, words);
  }
}

}  // namespace

CommandLine parse(int argc, const char* const* argv) {
  CLI::App tool;
  tool.set_version_flag("--version", "");
  tool.require_subcommand(1);
  for (const Command& command : commands()) {
    CLI::App& app = *tool.add_subcommand(command.name);
    for (const Argument& argument : command.arguments)
      if (argument.name != "--help") add(app, argument);  // which it has by itself
    for (const Argument& argument : command.arguments) add_relations(app, argument);
  }
  CommandLine line;
  const auto chosen = [&] {
    const std::vector<CLI::App*> apps = tool.get_subcommands();
    return apps.empty() ? nullptr : find_command(apps.front()->get_name());
  };
  try {
    tool.parse(argc, argv);
  } catch (const CLI::CallForVersion&) {
    line.version = true;
  } catch (const CLI::CallForHelp&) {
    line.help = true;
  } catch (const CLI::ParseError& error) {
    throw usage_error(tool, chosen(), error, std::vector<std::string>(argv + 1, argv + argc));
  }
  line.command = chosen();
  if (line.help || line.version) return line;
  take(*line.command, *tool.get_subcommand(line.command->name), line);
  return line;
}

}  // namespace thalweg::tool
