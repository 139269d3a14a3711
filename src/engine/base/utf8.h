// Which bytes are UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace thalweg {

// Bytes of the UTF-8 character that begins at `at`, or 0 when there is no valid one (RFC 3629).
std::size_t utf8_length(std::string_view text, std::size_t at);

}  // namespace thalweg
