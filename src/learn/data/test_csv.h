// For tests of tables in text: a training on one text, and what a later text is read as.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "data/test_files.h"

namespace thalweg {

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Some note says it.
inline bool told(const std::vector<std::string>& notes, const std::string& part) {
  return std::any_of(notes.begin(), notes.end(), [&](const std::string& note) { return has(note, part); });
}

class CsvFiles : public testing::Test {
 protected:
  std::string source(const std::string& name, const std::string& options = "") const {
    return "csv(" + (folder_.path() / name).string() + options + ")";
  }
  Dataset train(const std::string& bytes, const std::string& options = "") const {
    folder_.write("train.csv", bytes);
    return load_dataset(source("train.csv", options), 1);
  }
  // Every row of a new text, read as the earlier one was.
  Dataset later(const Dataset& trained, const std::string& bytes, const std::string& options = "") const {
    folder_.write("new.csv", bytes);
    return load_all(source("new.csv", options), trained.encoding);
  }

  TestFolder folder_;
};

}  // namespace thalweg
