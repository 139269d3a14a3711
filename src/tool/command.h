// The commands of the tool: one file each. Results go to stdout, everything else to stderr.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "thalweg/trainer.h"

namespace thalweg::cli {

// Exit codes beside those of thalweg::Code.
inline constexpr int kOk = 0;
inline constexpr int kSignalled = 128;  // plus the signal's number

// Runs a parsed command and returns its exit code. May throw.
using Action = std::function<int()>;

// Each adds its subcommand with its options to the tool and returns what it does.
#define THALWEG_COMMAND(name, add) Action add(CLI::App& tool);
#include "tool/commands.inc"
#undef THALWEG_COMMAND

// A number given to `option`. Throws Error(usage).
double real_number(std::string_view option, const std::string& text);

// Numbers parted by spaces or commas.
std::vector<double> real_numbers(std::string_view option, std::string text);

// A whole number of at least `least` given to `option`. Throws Error(usage).
std::uint64_t whole_number(std::string_view option, const std::string& text, std::uint64_t least);

// The threads asked for, or all that this process may use when `text` is empty.
int thread_count(const std::string& text);

// "97.77 % right, loss 0.07 over 359 samples", or R2 and error for values.
std::string evaluation_text(const Evaluation& evaluation);

// Writes a line to stderr. What cannot be written there is lost: it ends no training.
void note(const std::string& line);

// Writes to stdout. Throws Error(resource) when it cannot.
void print(const std::string& text);

}  // namespace thalweg::cli
