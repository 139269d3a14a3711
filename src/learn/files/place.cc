#include "files/place.h"

namespace thalweg {

std::string print_place(std::string_view file, const Place& place) {
  return std::string(file) + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

Place find_place(std::string_view bytes, std::size_t at) {
  Place place;
  for (std::size_t i = 0; i < at; ++i) {
    const bool end =
        bytes[i] == '\n' || (bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] != '\n'));
    place = end ? Place{place.line + 1, 1} : Place{place.line, place.column + 1};
  }
  return place;
}

}  // namespace thalweg
