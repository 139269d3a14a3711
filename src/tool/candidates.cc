#include "tool/candidates.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <span>
#include <string_view>

#include "thalweg/catalog.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

using Kinds = std::vector<std::string_view>;  // of the catalogue

// What a text may name that is the value of an argument of a type; null for other types.
const Kinds* named_by(std::string_view type) {
  static const Kinds chain = {"transforms", "recipes"};
  static const std::map<std::string_view, Kinds> all = {
      {"OPTIMIZER", chain},        {"CHAIN", chain},          {"CHAINS", chain},
      {"MODEL", {"layers"}},       {"LOSS", {"losses"}},      {"DATA", {"data", "augmentations"}},
      {"SCHEDULE", {"schedules"}}, {"PROBLEM", {"problems"}}, {"WHAT", {"problems"}},
      {"NAME", catalog_kinds()}};
  const auto found = all.find(type);
  return found == all.end() ? nullptr : &found->second;
}

// Adds `head` + word for each word that begins as `tail`.
class Answer {
 public:
  Answer(std::string_view head, std::string_view tail) : head_(head), tail_(tail) {}
  void add(const std::string& word, const std::string& doc = {}) {
    if (word.starts_with(tail_)) found_.push_back({head_ + word, doc});
  }
  std::vector<Candidate> take() { return std::move(found_); }

 private:
  std::string head_;
  std::string tail_;
  std::vector<Candidate> found_;
};

// The innermost item that is open at the end of a text, and the option whose value is being typed.
struct Place {
  std::string item;    // empty: a name is being typed
  std::string option;  // empty: an option's name is being typed
  std::size_t at = 0;  // where what is being typed begins
};

Place place_of(std::string_view text) {
  std::vector<Place> open = {{}};
  std::size_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (std::string_view("()[],|=; \"").find(c) == std::string_view::npos) continue;
    const std::string before(text.substr(word, i - word));
    if (c == '(') open.push_back({before, "", 0});
    if (c == ')' && open.size() > 1) open.pop_back();
    if (c == '=') open.back().option = before;
    if (c == ',' && !open.back().item.empty()) open.back().option.clear();
    word = i + 1;
  }
  open.back().at = word;
  return open.back();
}

bool of_kinds(const CatalogEntry& entry, const Kinds& kinds) {
  return std::find(kinds.begin(), kinds.end(), entry.kind) != kinds.end();
}

void add_names(Answer& answer, const Kinds& kinds) {
  for (const CatalogEntry& entry : catalog()) {
    if (of_kinds(entry, kinds)) answer.add(entry.name, entry.doc);
  }
}

void add_values(Answer& answer, const CatalogOption& option) {
  // Of `normal(std)` as much as is not to be replaced.
  for (const std::string& choice : words_of(option.choices))
    answer.add(choice.substr(0, std::min(choice.find('('), choice.size() - 1) + 1));
  if (option.type.find("schedule") != std::string::npos) add_names(answer, {"schedules"});
  if (option.type == "flag") {
    answer.add("true");
    answer.add("false");
  }
  if (option.name == "on" || option.name == "decay_on") {
    for (const char* word : {"all", "rest", "matrices", "weight", "bias", "norm", "embedding", "other"})
      answer.add(word);
  }
}

std::vector<Candidate> in_text(std::string_view text, const Kinds& kinds) {
  const Place place = place_of(text);
  Answer answer(text.substr(0, place.at), text.substr(place.at));
  if (place.item.empty()) add_names(answer, kinds);
  for (const CatalogEntry& entry : catalog()) {
    const bool here = entry.name == place.item && (of_kinds(entry, kinds) || entry.kind == "schedules");
    for (const CatalogOption& option : entry.options) {
      if (here && place.option.empty()) answer.add(option.name + "=", option.doc);
      if (here && option.name == place.option) add_values(answer, option);
    }
  }
  // The first option may be given by position: the rate of lr is a schedule.
  if (place.item == "lr" && place.option.empty()) add_names(answer, {"schedules"});
  return answer.take();
}

// Folders below runs/, and below the one that is being typed, that a training made.
std::vector<Candidate> run_directories(std::string_view text) {
  namespace fs = std::filesystem;
  std::vector<Candidate> out;
  const std::size_t slash = text.rfind('/');
  const std::string typed = slash == std::string_view::npos ? "" : std::string(text.substr(0, slash + 1));
  for (const std::string& folder : {typed, typed.empty() ? std::string("runs/") : typed + "runs/"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
      const std::string name = folder + entry.path().filename().string();
      if (name.starts_with(text) && fs::exists(entry.path() / "config.toml", error))
        out.push_back({name, ""});
    }
  }
  std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) { return a.word < b.word; });
  return out;
}

std::vector<Candidate> command_names(std::string_view text) {
  Answer answer("", text);
  for (const Command& command : commands()) answer.add(command.name, command.doc);
  return answer.take();
}

std::vector<Candidate> values(const Argument& argument, std::string_view text) {
  if (argument.type == "RUN") return run_directories(text);
  if (argument.type == "COMMAND") return command_names(text);
  const Traits& traits = argument.traits;
  const Kinds* kinds = named_by(argument.type);
  if (kinds != nullptr && traits.offers.empty()) return in_text(text, *kinds);
  Answer answer("", text);
  for (const std::string& word : words_of(traits.choices)) answer.add(word);
  for (const std::string& word : words_of(traits.offers)) answer.add(word);
  if (!traits.word.empty()) answer.add(traits.word);
  return answer.take();
}

std::vector<Candidate> options(const std::vector<Argument>& arguments, std::string_view text) {
  Answer answer("", text);
  for (const Argument& one : arguments) {
    if (one.positional()) continue;
    answer.add(one.name, one.doc);
    if (one.traits.negatable) answer.add("--no-" + one.name.substr(2), one.doc);
  }
  return answer.take();
}

std::vector<Candidate> of_command(const Command& command, std::span<const std::string> before,
                                  const std::string& typed) {
  const auto named = [&](std::string_view name) -> const Argument* {
    for (const Argument& one : command.arguments) {
      if (!one.positional() && one.name == name) return &one;
    }
    return nullptr;
  };
  std::vector<const Argument*> positionals;
  for (const Argument& one : command.arguments) {
    if (one.positional()) positionals.push_back(&one);
  }
  const Argument* waits = nullptr;  // an option whose value comes next
  std::size_t given = 0;
  for (const std::string& word : before) {
    const bool value = waits != nullptr;
    waits = value ? nullptr : named(word);
    if (waits != nullptr && waits->is_switch()) waits = nullptr;
    if (!value && !word.starts_with("-")) ++given;
  }
  if (waits != nullptr) return values(*waits, typed);
  if (const std::size_t equals = typed.find('='); typed.starts_with("--") && equals != std::string::npos) {
    const Argument* option = named(typed.substr(0, equals));
    std::vector<Candidate> out;
    if (option != nullptr) out = values(*option, std::string_view(typed).substr(equals + 1));
    for (Candidate& one : out) one.word = typed.substr(0, equals + 1) + one.word;
    return out;
  }
  if (typed.starts_with("-") || positionals.empty()) return options(command.arguments, typed);
  return values(*positionals[std::min(given, positionals.size() - 1)], typed);
}

}  // namespace

std::vector<Candidate> candidates(const std::vector<std::string>& words) {
  const std::string typed = words.empty() ? "" : words.back();
  const std::size_t before = words.empty() ? 0 : words.size() - 1;
  for (std::size_t i = 0; i < before; ++i) {
    if (const Command* command = find_command(words[i]))
      return of_command(*command, std::span(words).subspan(i + 1, before - i - 1), typed);
  }
  return typed.starts_with("-") ? options(tool_arguments(), typed) : command_names(typed);
}

}  // namespace thalweg::tool
