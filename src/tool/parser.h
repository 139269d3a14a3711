// Reads a command line by the tables of the commands.
#pragma once

#include <vector>

#include "tool/command.h"

namespace thalweg::tool {

struct CommandLine {
  const Command* command = nullptr;  // none: the tool itself
  bool help = false;                 // its help is asked for
  bool version = false;
  std::vector<const Argument*> given;
};

// Also writes the values to where the arguments say. Throws Error(usage).
CommandLine parse(int argc, const char* const* argv);

}  // namespace thalweg::tool
