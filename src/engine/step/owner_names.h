// What transforms of a chain are called where their state and options are named.
#pragma once

#include <map>
#include <string>

#include "chain/link.h"

namespace thalweg {

// "adam", and "adam2" for the second one of a chain.
class OwnerNames {
 public:
  std::string next(const Link& link) {
    const std::string name(link.transform->spec.name);
    const int times = ++times_[name];
    return times > 1 ? name + std::to_string(times) : name;
  }

 private:
  std::map<std::string, int> times_;
};

}  // namespace thalweg
