#include "synonyms/synonyms.h"

#include <algorithm>
#include <cctype>

namespace thalweg::synonyms {
namespace {

#define THALWEG_SYNONYMS(kind, name, names, options) {kind, name, names, options},
constexpr Row kRows[] = {
#include "synonyms/synonyms.inc"
};
#undef THALWEG_SYNONYMS

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name.substr(name.rfind('.') + 1)) {
    if (c != '_' && c != '-') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

// Whether names of that kind stand in texts that messages call so, or in that kind of the catalogue.
bool stands_in(const Row& row, std::string_view where) {
  const bool chain = row.kind == "rule" || row.kind == "transform";
  if (where == "optimizer" || where == "transforms" || where == "recipes") return chain;
  return where.starts_with(row.kind) || (where == "model" && row.kind == "layer") ||
         (where == "losses" && row.kind == "loss");
}

// The options of a line as pairs: what stands here, and what stands for it elsewhere.
struct Pair {
  std::string_view here;
  std::vector<std::string_view> elsewhere;
};
std::vector<Pair> pairs_of(const Row& row) {
  std::vector<Pair> pairs;
  for (const std::string_view part : split(row.options, ' ')) {
    const std::size_t equals = part.find('=');
    pairs.push_back({part.substr(0, equals), split(part.substr(equals + 1), ',')});
  }
  return pairs;
}

std::string join(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

}  // namespace

std::span<const Row> rows() { return kRows; }

bool same_name(std::string_view a, std::string_view b) { return plain(a) == plain(b); }

bool is_here(std::string_view where, std::string_view name) {
  return !name.empty() && std::ranges::any_of(kRows, [&](const Row& row) {
    return stands_in(row, where) && row.name == name;
  });
}

Named name_here(std::string_view where, std::string_view elsewhere) {
  if (is_here(where, elsewhere)) return {};
  for (const Row& row : kRows) {
    if (row.name.empty() || !stands_in(row, where)) continue;
    const bool rule = row.kind == "rule";
    for (const std::string_view one : split(row.names, ' ')) {
      const std::size_t slash = std::min(one.find('/'), one.size());
      if (!same_name(one.substr(0, slash), elsewhere)) continue;
      return {row.name, slash < one.size() ? static_cast<std::size_t>(one[slash + 1] - '0') : 0, rule};
    }
    if (same_name(row.name, elsewhere)) return {row.name, 0, rule};
  }
  return {};
}

std::vector<std::string_view> options_here(std::string_view where, std::string_view item,
                                           std::string_view elsewhere) {
  for (const bool own : {true, false}) {
    for (const Row& row : kRows) {
      if (!stands_in(row, where) || (own ? row.name != item || item.empty() : !row.name.empty())) continue;
      const std::vector<Pair> pairs = pairs_of(row);
      const auto is = [&](std::string_view name) { return same_name(name, elsewhere); };
      // What is an option of here by that very name is none of elsewhere.
      if (own && std::ranges::any_of(pairs, [&](const Pair& p) { return p.here == elsewhere; })) return {};
      for (const Pair& pair : pairs) {
        if (pair.here == elsewhere) continue;
        if (is(pair.here) || std::ranges::any_of(pair.elsewhere, is)) return split(pair.here, '+');
      }
    }
  }
  return {};
}

std::string elsewhere(std::string_view kind, std::string_view name, std::string_view option) {
  std::vector<std::string_view> words;
  for (const Row& row : kRows) {
    if (!stands_in(row, kind)) continue;
    if (option.empty() && row.name == name) {
      for (const std::string_view one : split(row.names, ' ')) words.push_back(one.substr(0, one.find('/')));
    }
    if (option.empty() || (row.name != name && !row.name.empty())) continue;
    for (const Pair& pair : pairs_of(row)) {
      const std::vector<std::string_view> here = split(pair.here, '+');
      if (std::ranges::find(here, option) == here.end()) continue;
      words.insert(words.end(), pair.elsewhere.begin(), pair.elsewhere.end());
    }
  }
  return join(words);
}

}  // namespace thalweg::synonyms
