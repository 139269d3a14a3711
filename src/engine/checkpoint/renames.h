// The names that a caller gives to tensors of a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "thalweg/checkpoint.h"

namespace thalweg {

class Renames {
 public:
  // Throws Error(usage) for a pattern that is none.
  explicit Renames(const std::vector<Rename>& renames);

  // What the tensor of that name is called here.
  std::string ours(std::string_view name);

  // Throws Error(usage) when one of them has matched nothing of the file.
  void check(const std::string& file) const;

 private:
  const std::vector<Rename>& renames_;
  std::vector<bool> matched_;
};

}  // namespace thalweg
