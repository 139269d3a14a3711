// Versions of what runs, as text.
#pragma once

#include <string>
#include <string_view>

namespace thalweg {

// Of the library that the program was linked with or has loaded: "0.1.0".
std::string_view version();

// Of the oneDNN that is loaded, "2.6.3". Needs the library thalweg.
std::string onednn_version();

}  // namespace thalweg
