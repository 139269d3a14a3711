#include "comm/alike.h"

#include <algorithm>

#include "comm/collectives.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr char kEnd = '\0';  // of a name and of what stands under it

std::string line(const Facts& facts, std::size_t i) {
  return i < facts.size() ? facts[i].first + kEnd + facts[i].second + kEnd : std::string();
}

std::string value_at(const Facts& facts, std::size_t i) {
  return i < facts.size() ? facts[i].first + " " + facts[i].second : "nothing";
}

}  // namespace

std::string text_of(const Facts& facts) {
  std::string text;
  for (std::size_t i = 0; i < facts.size(); ++i) text += line(facts, i);
  return text;
}

Facts facts_of(const std::string& text) {
  Facts facts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t name = text.find(kEnd, at), value = text.find(kEnd, name + 1);
    facts.emplace_back(text.substr(at, name - at), text.substr(name + 1, value - name - 1));
    at = value + 1;
  }
  return facts;
}

void check_alike(Comm& comm, const Facts& facts) {
  const std::vector<std::string> all = all_texts(comm, text_of(facts), "what the ranks were given");
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    if (all[rank] == all[0]) continue;
    const Facts first = facts_of(all[0]), other = facts_of(all[rank]);
    std::size_t i = 0;
    while (line(first, i) == line(other, i)) ++i;
    throw Error(Code::usage, {name_of(comm, static_cast<int>(rank)), "it was not given what rank 0 was",
                              value_at(other, i), value_at(first, i),
                              "start every rank with the same settings, data and version"});
  }
}

}  // namespace thalweg
