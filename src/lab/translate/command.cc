// Command lines with options of other programs.
#include <algorithm>
#include <vector>

#include "base/did_you_mean.h"
#include "base/text.h"
#include "synonyms/synonyms.h"
#include "thalweg/catalog.h"
#include "thalweg/lab/translate.h"

namespace thalweg {
namespace {

bool is_option(const std::string& word) { return word.starts_with("--") && word.size() > 2; }

// As a shell reads it.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_of(" \t\n()[]|;*?<>&$`'\"\\#!~") == std::string::npos;
  if (plain) return word;
  std::string out = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') out += '\\';
    out += c;
  }
  return out + "\"";
}

// An option of the optimizer's text that stood on the command line by itself.
std::string option_of_chain(std::string_view name) {
  const std::vector<std::string_view> here = synonyms::options_here("optimizer", "", name);
  if (here.size() == 1) return std::string(here[0]);
  for (const char* own : {"lr", "decay", "momentum", "nesterov", "beta1", "beta2", "eps"}) {
    if (synonyms::same_name(own, name)) return own;
  }
  return {};
}

bool takes(const std::string& name, const std::string& option) {
  const auto fits = [&](const CatalogEntry& entry) {
    return entry.name == name &&
           std::ranges::any_of(entry.options, [&](const CatalogOption& one) { return one.name == option; });
  };
  return std::ranges::any_of(engine_catalog(), fits);
}

}  // namespace

std::string command_in_words_of_here(std::span<const std::string> words,
                                     std::span<const std::string_view> options) {
  std::vector<std::string> out, of_chain;
  std::string first, named;  // the first option of elsewhere, and what it is here
  const auto has = [&](std::string_view option) {
    return std::ranges::find(options, option) != options.end();
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t equals = std::min(words[i].find('='), words[i].size());
    const std::string option = words[i].substr(0, equals);
    if (!is_option(words[i]) || has(option)) {
      out.push_back(words[i]);
      continue;
    }
    const std::string name = option.substr(2);
    const bool apart = equals == words[i].size() && i + 1 < words.size() && !is_option(words[i + 1]);
    const std::vector<std::string_view> here = synonyms::options_here("setting", "", name);
    std::string own = here.empty() ? "" : "--" + std::string(here[0]);
    for (const std::string_view one : options) {
      if (own.empty() && synonyms::same_name(one.substr(std::min<std::size_t>(2, one.size())), name))
        own = one;
    }
    if (!own.empty() && has(own)) {
      out.push_back(own + words[i].substr(equals));
      if (first.empty()) first = option, named = "`" + own + "`";
      continue;
    }
    const std::string part = has("--optimizer") ? option_of_chain(name) : "";
    if (part.empty()) return {};
    const std::string value = apart                      ? words[++i]
                              : equals < words[i].size() ? words[i].substr(equals + 1)
                                                         : "true";
    of_chain.push_back(part + "=" + value);
    if (first.empty()) first = option, named = "`" + part + "` in the text of `--optimizer`";
  }
  if (first.empty()) return {};
  if (!of_chain.empty()) {
    const bool momentum = std::ranges::any_of(of_chain, [](const std::string& one) {
      return one.starts_with("momentum") || one.starts_with("nesterov");
    });
    std::string rule = momentum ? "sgd" : "adamw";
    const auto given = std::ranges::find(out, "--optimizer");
    if (given != out.end() && given + 1 != out.end()) {
      rule = given[1];
      out.erase(given, given + 2);
    }
    if (const synonyms::Named elsewhere = synonyms::name_here("optimizer", rule); !elsewhere.name.empty())
      rule = elsewhere.name;
    const bool has_rate =
        std::ranges::any_of(of_chain, [](const std::string& one) { return one.starts_with("lr="); });
    if (!has_rate)
      of_chain.insert(of_chain.begin(), momentum ? "lr=0.1" : "lr=1e-3");  // without which none steps
    for (const std::string& one : of_chain) {
      if (!takes(rule, one.substr(0, one.find('=')))) return "`" + first + "` is " + named + " here";
    }
    out.insert(out.end(), {"--optimizer", rule + "(" + join(of_chain, ", ") + ")"});
  }
  return "`" + first + "` is " + named + " here: thalweg " + join(out, " ", quoted);
}

}  // namespace thalweg
