// What may stand at the end of a command line that is being typed.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace thalweg::cli {

struct Candidate {
  std::string word;  // the whole word that is being typed would become this
  std::string doc;   // one line; may be empty
};

// `words` are those behind the tool's name, the last one being typed: it may be empty, and has no quotes.
// From the tree of options, the settings of a run and the catalogue of names. Empty where a file is wanted.
std::vector<Candidate> candidates(const CLI::App& tool, const std::vector<std::string>& words);

// The commands of the tool, and the one of that name or null.
std::vector<const CLI::App*> commands(const CLI::App& tool);
const CLI::App* find_command(const CLI::App& tool, const std::string& name);

}  // namespace thalweg::cli
