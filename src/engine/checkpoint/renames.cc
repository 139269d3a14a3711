#include "checkpoint/renames.h"

#include <algorithm>
#include <optional>

#include "checkpoint/slots.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

[[noreturn]] void refuse(const std::string& what, const Rename& rename, const std::string& want) {
  throw Error(Code::usage, {"remap", what, "`" + rename.from + "` to `" + rename.to + "`", want, ""});
}

// What the name becomes; nothing where the rename is not for it.
std::optional<std::string> renamed(const Rename& rename, std::string_view name) {
  const std::size_t star = rename.from.find('*');
  if (star == rename.from.npos)
    return name == rename.from ? std::optional<std::string>(rename.to) : std::nullopt;
  const std::string_view before = std::string_view(rename.from).substr(0, star);
  const std::string_view after = std::string_view(rename.from).substr(star + 1);
  if (name.size() < before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
    return std::nullopt;
  const std::string_view run = name.substr(before.size(), name.size() - before.size() - after.size());
  std::string out = rename.to;
  if (const std::size_t at = out.find('*'); at != out.npos) out.replace(at, 1, run);
  return out;
}

}  // namespace

Renames::Renames(const std::vector<Rename>& renames) : renames_(renames), matched_(renames.size()) {
  for (const Rename& rename : renames) {
    const auto from = std::ranges::count(rename.from, '*'), to = std::ranges::count(rename.to, '*');
    if (rename.from.empty() || rename.to.empty()) refuse("a name is missing", rename, "two names");
    if (from > 1 || to > from)
      refuse("no pattern", rename, "at most one `*`, and none in the new name without one in the old");
  }
}

std::string Renames::ours(std::string_view name) {
  const TensorName parts = take_apart(name);
  for (std::size_t i = 0; i < renames_.size() && !parts.owner.empty(); ++i) {
    const std::optional<std::string> owner = renamed(renames_[i], parts.owner);
    if (!owner) continue;
    matched_[i] = true;
    return std::string(parts.prefix) + *owner + std::string(parts.rest);
  }
  return std::string(name);
}

void Renames::check(const std::string& file) const {
  for (std::size_t i = 0; i < renames_.size(); ++i) {
    if (!matched_[i]) refuse("matches no tensor of " + file, renames_[i], "a name of the file, or a pattern");
  }
}

}  // namespace thalweg
