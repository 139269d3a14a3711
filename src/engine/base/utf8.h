// Which bytes are UTF-8, and how people are shown texts that come from elsewhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thalweg {

// Bytes of the UTF-8 character that begins at `at`, or 0 when there is no valid one (RFC 3629).
std::size_t utf8_length(std::string_view text, std::size_t at);

// What stays of control characters: none of them, line breaks and tabs, or all of ASCII.
enum class Controls { none, lines, all };

// The text with what a terminal obeys, or nobody sees, escaped as in JSON: \n, \t, \u001b, \u202e (controls,
// marks of direction, characters of no width). Bytes that are not UTF-8 are shown as \xff. What is JSON stays
// the same value.
std::string visible(std::string_view text, Controls kept = Controls::none);

// The same for a name or a message of one line, cut in the middle, "aaa…aaa": to `most` characters, and each
// of its words to 400, so that what is said around a name stays.
std::string shown(std::string_view text, std::size_t most = 1000);

}  // namespace thalweg
