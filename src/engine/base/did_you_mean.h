// Names that nobody knows, answered by the nearest one that is known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "thalweg/error.h"

namespace thalweg {

// The candidate nearest to `name` by edit distance as "did you mean `x`?"; empty when nothing is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

// What names there are, as messages say it.
struct KnownNames {
  std::string_view noun;     // of one, with its article: "a schedule"
  std::string_view command;  // that lists them: "`thalweg list schedules`"; empty: none does
  std::vector<std::string_view> names = {};
};

// A complaint about a name that is not among the known ones: it offers the nearest one and says where the
// list is. Where none is near it names them all, or, where they are more than twelve, the command alone.
Message unknown_name(std::string what, std::string_view name, const KnownNames& known);

}  // namespace thalweg
