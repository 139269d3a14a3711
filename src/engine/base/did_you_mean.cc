#include "base/did_you_mean.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text.h"

namespace thalweg {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(rows[0].begin(), rows[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    rows[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, substituted});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.size()][b.size()];
}

bool same_letter(char a, char b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return lower(a) == lower(b);
}

// The only candidate that the name is, or begins, but for the case of its letters.
std::string_view only_by_letters(std::string_view name, const std::vector<std::string_view>& candidates,
                                 bool whole) {
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    if (name.empty() || candidate.size() < name.size() || (whole && candidate.size() > name.size())) continue;
    if (!std::equal(name.begin(), name.end(), candidate.begin(), same_letter)) continue;
    if (!found.empty()) return {};
    found = candidate;
  }
  return found;
}

}  // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(1, std::min<std::size_t>(3, name.size() / 2)) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < least && distance < std::max(name.size(), candidate.size())) {
      least = distance;
      nearest = candidate;
    }
  }
  for (const bool whole : {true, false}) {
    if (nearest.empty()) nearest = only_by_letters(name, candidates, whole);
  }
  return nearest.empty() ? "" : "did you mean `" + std::string(nearest) + "`?";
}

Message unknown_name(std::string what, std::string_view name, const KnownNames& known) {
  constexpr std::size_t kMostListed = 12;
  const std::string noun(known.noun);
  const std::string see = known.command.empty() ? "" : " (see " + std::string(known.command) + ")";
  Message message{"", std::move(what), "`" + std::string(name) + "`", "", did_you_mean(name, known.names)};
  if (!message.hint.empty()) {
    message.hint += see;
  } else if (known.names.size() > kMostListed && !see.empty()) {
    message.want = noun + see;
  } else {
    message.want = noun + ": " + join(known.names, ", ");
  }
  return message;
}

}  // namespace thalweg
