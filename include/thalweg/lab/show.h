// What single elements went through, update by update: as a table, as JSON and as a page.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "thalweg/trace.h"

namespace thalweg {

// What is shown of each element besides its name and its value.
struct Shown {
  bool gradient = false;
  bool state = false;   // what the rules keep, and what they make of it
  bool update = false;  // the step that it took
};

inline constexpr std::string_view kShownWords = "gradient|state|update|all";

// "gradient,update,state" or "all". Throws Error(usage) with the nearest word.
Shown read_shown(std::string_view words);

// A row for each update and element, 8 significant digits; a head, and a column for each name that occurs.
std::string shown_table(std::span<const TracedUpdate> updates, const Shown& shown);

// A list: {update, lr, loss where it is known, numbers that the whole chain keeps, coordinates: [{name,
// gradient, state: {m: ...}, corrected: {m_hat: ...}, step, value}]}, 17 digits; what is not shown is not
// there.
std::string shown_json(std::span<const TracedUpdate> updates, const Shown& shown);

// The table as a page that makes no network requests. `title` says what moved, `chain` by which optimizer.
std::string shown_html(const std::string& title, const std::string& chain,
                       std::span<const TracedUpdate> updates, const Shown& shown);

}  // namespace thalweg
