// What may stand at the end of a command line that is being typed.
#pragma once

#include <string>
#include <vector>

namespace thalweg::tool {

struct Candidate {
  std::string word;  // the whole word that is being typed would become this
  std::string doc;   // one line; may be empty
};

// `words` are those after the tool's name, the last one being typed: it may be empty, and has no quotes.
// From the tables of the commands and the catalogue of names. Empty where a file is wanted.
std::vector<Candidate> candidates(const std::vector<std::string>& words);

}  // namespace thalweg::tool
