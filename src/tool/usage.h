// What `thalweg --help` and `thalweg COMMAND --help` print.
#pragma once

#include <string>

#include "tool/command.h"

namespace thalweg::tool {

// Of the tool where `command` is null.
std::string usage(const Command* command);

// "--epochs N", "-h, --help", "--restore-best, --no-restore-best".
std::vector<std::string> names_of(const Argument& argument);

}  // namespace thalweg::tool
