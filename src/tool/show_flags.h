// What commands take that show single steps.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/lab/show.h"
#include "tool/argument.h"

namespace thalweg::tool {

struct ShowFlags {
  std::optional<std::string> words;
  std::optional<std::uint64_t> every;  // how manieth update is shown
  std::string html;

  bool any() const { return words.has_value(); }
  Shown shown() const { return read_shown(words.value_or("all")); }
};

void append_show(std::vector<Argument>& table, ShowFlags& flags);

// The page that --html asks for.
void write_shown(const ShowFlags& flags, const std::string& title, const std::string& chain,
                 std::span<const TracedUpdate> updates);

}  // namespace thalweg::tool
