#include "thalweg/version.h"

namespace thalweg {

// THALWEG_VERSION is that of project() in CMakeLists.txt.
std::string_view version() { return THALWEG_VERSION; }

}  // namespace thalweg
