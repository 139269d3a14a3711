// How a program names a layer or a transform of its own in texts: its card, from which help, lists, checks of
// options, printing and checkpoints follow as they do for listed names.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace thalweg {

// One option. The program's code is given its value as a double: a flag as 0 or 1, a choice as the place of
// its word among `choices`, from 0, and NaN where it is not given and has no default.
struct CustomOption {
  enum class Type : std::uint8_t { number, integer, flag, choice };

  std::string name;                                       // a letter, then letters, digits and _
  std::string fallback = {};                              // the default as text, one word; empty: none
  Type type = Type::number;                               // a number of a transform may also be a schedule
  std::string doc = {};                                   // one line
  double min = -std::numeric_limits<double>::infinity();  // of numbers, itself allowed
  double max = std::numeric_limits<double>::infinity();   // likewise
  std::string choices = {};                               // of a choice: "mean|sum"
  std::string unit = {};                                  // "fraction", "updates"
  bool required = false;                                  // must be given, and has no default
};

// In a text the options are given by name, the first of them also by position.
struct CustomCard {
  std::string name;                        // as an option's; not that of anything listed
  std::string doc = {};                    // one line
  std::vector<CustomOption> options = {};  // each with a name of its own
  std::string source = {};                 // the paper
  std::string formula = {};                // lines of at most 90 characters
};

}  // namespace thalweg
