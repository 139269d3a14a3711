// thalweg help: what a name means.
#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "thalweg/catalog.h"
#include "tool/command.h"
#include "tool/usage.h"

namespace thalweg::tool {
namespace {

struct Word {
  std::string_view word, others, meaning, commands;
};

#define THALWEG_WORD(word, others, meaning, commands) {word, others, meaning, commands},
constexpr Word kWords[] = {
#include "tool/words.inc"
};
#undef THALWEG_WORD

// "warmups" and "Warm-Up" are the same.
std::string plain(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (out.ends_with('s')) out.pop_back();
  return out;
}

bool is_called(const Word& one, std::string_view name) {
  const std::string wanted = plain(name);
  const auto same = [&](std::string_view word) { return plain(word) == wanted; };
  return same(one.word) || std::ranges::any_of(split(one.others, ','), same);
}

// A word of the field; empty for any other.
std::string word_text(std::string_view name) {
  const auto* const found =
      std::ranges::find_if(kWords, [&](const Word& one) { return is_called(one, name); });
  if (found == std::end(kWords)) return "";
  const auto command = [](const std::string& text) {
    return "  thalweg " + text.substr(text.find_first_not_of(' ')) + "\n";
  };
  return std::string(found->word) + ": " + std::string(found->meaning) + "\nsee:\n" +
         join(split(found->commands, ';'), "", command);
}

std::string explained(const std::string& name) {
  const auto named = [&](const CatalogEntry& entry) { return entry.name == name; };
  const std::string word = std::ranges::any_of(catalog(), named) ? "" : word_text(name);
  return word.empty() ? help_text(name) : word;
}

}  // namespace

Command help_command() {
  static std::optional<std::string> name;
  return {"help",
          "Explain a command, transform, recipe, schedule, loss, layer, data source, problem or word of the "
          "field",
          {Argument(
              "name NAME", &name,
              "a command, a name that `thalweg list` shows, or a word such as epoch or warmup; without one, "
              "an overview")},
          [](Given) {
            const Command* command = name ? find_command(*name) : nullptr;
            print(name && command == nullptr ? explained(*name) : usage(command));
            return kOk;
          }};
}

}  // namespace thalweg::tool
