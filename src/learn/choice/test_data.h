// Data of a size, for tests of what is chosen by it.
#pragma once

#include <vector>

#include "thalweg/dataset.h"

namespace thalweg {

// Training samples of two zeros each, without targets.
inline Dataset data_of(std::size_t samples, std::size_t classes, std::size_t columns) {
  Dataset data;
  data.sample = {2};
  data.classes = classes;
  data.columns = columns;
  data.train.assign(2, std::vector<float>(2 * samples));
  return data;
}

}  // namespace thalweg
