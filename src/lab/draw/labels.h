// Texts that have little room, so that what tells them apart is what is shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg::page {

// Of UTF-8.
std::size_t characters(std::string_view text);

// Each text with at most `most` characters. One that is longer loses what all of them begin and end with, at
// the end of a part, word or number, "…lr(cosine(0.1))"; what is still longer is cut in the middle. All are
// shown as shown() does.
std::vector<std::string> told_apart(const std::vector<std::string>& texts, std::size_t most);

}  // namespace thalweg::page
