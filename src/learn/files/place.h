// Places in text files, as messages name them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thalweg {

// A place in a text file: line and byte of the line, both from 1.
struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
};

// "file:line:column"
std::string print_place(std::string_view file, const Place& place);

// The place of a byte.
Place find_place(std::string_view bytes, std::size_t at);

}  // namespace thalweg
