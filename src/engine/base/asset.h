// Files that stand beside the code - scripts, style sheets - which the build puts into a program as they are.
// live.js is kLiveJs; who uses it declares it: extern const Asset kLiveJs;
#pragma once

#include <string_view>

namespace thalweg {

struct Asset {
  std::string_view text;
  std::string_view sha256;  // of the text, in hexadecimal digits
};

}  // namespace thalweg
