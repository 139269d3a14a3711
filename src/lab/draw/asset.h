// Scripts and style sheets of pages: files beside the code, which the build puts into the library as they
// are. live.js is kLiveJs; who uses it declares it: extern const Asset kLiveJs;
#pragma once

#include <string_view>

namespace thalweg::page {

struct Asset {
  std::string_view text;
  std::string_view sha256;  // of the text, in hexadecimal digits
};

}  // namespace thalweg::page
