#include "tool/candidates.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <string_view>

#include "thalweg/catalog.h"
#include "thalweg/settings.h"

namespace thalweg::cli {
namespace {

using Kinds = std::vector<std::string_view>;  // of the catalogue

// Options and arguments whose values are texts of the grammar.
struct TextOption {
  std::string_view name;
  Kinds kinds;
};
const std::vector<TextOption>& text_options() {
  static const std::vector<TextOption> all = {{"optimizer", {"transforms", "recipes"}},
                                              {"optimizers", {"transforms", "recipes"}},
                                              {"chain", {"transforms", "recipes"}},
                                              {"model", {"layers"}},
                                              {"loss", {"losses"}},
                                              {"data", {"data"}},
                                              {"schedule", {"schedules"}},
                                              {"problem", {"problems"}}};
  return all;
}

// Those whose values are words.
struct WordOption {
  std::string_view command;  // empty: any
  std::string_view name;
  std::string_view words;
};
constexpr WordOption kWords[] = {
    {"", "order", "shuffle|replacement|file"},
    {"", "nonfinite", "report|error|skip|zero"},
    {"", "checkpoint", "last|best"},
    {"predict", "format", "csv|json"},
    {"completion", "shell", "bash|zsh|fish"},
    {"train", "lengths", "keep|new"},
    {"list", "kind", "transforms|recipes|schedules|losses|layers|data|problems"},
    {"", "tuning-epochs", "auto"},
    {"train", "restore-best", "auto|true|false"},
};

bool starts(std::string_view text, std::string_view begin) { return text.substr(0, begin.size()) == begin; }

std::vector<std::string> parts(std::string_view words) {
  std::vector<std::string> out;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('|'), words.size());
    out.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return out;
}

// Adds `head` + word for each word that begins as `tail`.
class Answer {
 public:
  Answer(std::string_view head, std::string_view tail) : head_(head), tail_(tail) {}
  void add(const std::string& word, const std::string& doc = {}) {
    if (starts(word, tail_)) found_.push_back({head_ + word, doc});
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
  for (const std::string& choice : parts(option.choices)) answer.add(choice);
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
      if (starts(name, text) && fs::exists(entry.path() / "config.toml", error)) out.push_back({name, ""});
    }
  }
  std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) { return a.word < b.word; });
  return out;
}

std::vector<Candidate> values(const CLI::App& tool, const std::string& command, std::string_view name,
                              std::string_view text) {
  if (name == "run" || name == "resume") return run_directories(text);
  for (const TextOption& option : text_options()) {
    if (option.name == name) return in_text(text, option.kinds);
  }
  Answer answer("", text);
  for (const WordOption& option : kWords) {
    if (option.name != name || (!option.command.empty() && option.command != command)) continue;
    for (const std::string& word : parts(option.words)) answer.add(word);
    return answer.take();
  }
  for (const RunSetting& setting : run_settings()) {
    if (setting.name != name || setting.words == "*") continue;
    for (const std::string& word : parts(setting.words)) answer.add(word);
  }
  if (command == "help") add_names(answer, catalog_kinds());
  if (command == "man") {
    for (const CLI::App* one : commands(tool)) answer.add(one->get_name(), one->get_description());
  }
  return answer.take();
}

std::vector<Candidate> options(const CLI::App& app, std::string_view text) {
  Answer answer("", text);
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) answer.add("--" + name, option->get_description());
  }
  return answer.take();
}

std::vector<Candidate> of_command(const CLI::App& tool, const CLI::App& app,
                                  std::span<const std::string> before, const std::string& typed) {
  std::vector<const CLI::Option*> positionals;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) positionals.push_back(option);
  }
  const CLI::Option* waits = nullptr;  // an option whose value comes next
  std::size_t given = 0;
  for (const std::string& word : before) {
    const bool value = waits != nullptr;
    waits = value || !starts(word, "-") ? nullptr : app.get_option_no_throw(word);
    if (waits != nullptr && waits->get_items_expected_max() == 0) waits = nullptr;
    if (!value && !starts(word, "-")) ++given;
  }
  if (waits != nullptr) return values(tool, app.get_name(), waits->get_lnames().front(), typed);
  const std::size_t equals = typed.find('=');
  if (starts(typed, "--") && equals != std::string::npos) {
    std::vector<Candidate> out =
        values(tool, app.get_name(), std::string_view(typed).substr(2, equals - 2), typed.substr(equals + 1));
    for (Candidate& one : out) one.word = typed.substr(0, equals + 1) + one.word;
    return out;
  }
  if (starts(typed, "-") || positionals.empty()) return options(app, typed);
  const CLI::Option* positional = positionals[std::min(given, positionals.size() - 1)];
  return values(tool, app.get_name(), positional->get_single_name(), typed);
}

}  // namespace

std::vector<const CLI::App*> commands(const CLI::App& tool) {
  return tool.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App* find_command(const CLI::App& tool, const std::string& name) {
  for (const CLI::App* command : commands(tool)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

std::vector<Candidate> candidates(const CLI::App& tool, const std::vector<std::string>& words) {
  const std::string typed = words.empty() ? "" : words.back();
  const std::size_t before = words.empty() ? 0 : words.size() - 1;
  for (std::size_t i = 0; i < before; ++i) {
    const CLI::App* command = starts(words[i], "-") ? nullptr : find_command(tool, words[i]);
    if (command == nullptr) continue;
    return of_command(tool, *command, std::span(words).subspan(i + 1, before - i - 1), typed);
  }
  if (starts(typed, "-")) return options(tool, typed);
  Answer answer("", typed);
  for (const CLI::App* command : commands(tool)) answer.add(command->get_name(), command->get_description());
  return answer.take();
}

}  // namespace thalweg::cli
