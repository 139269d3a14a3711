#include "tool/version.h"

#include "thalweg/optimizer.h"
#include "thalweg/version.h"

namespace thalweg::tool {

std::string version_text() {
  std::string out = "thalweg " + std::string(version()) + "\n";
  if (*kCommit != '\0') out += "commit " + std::string(kCommit) + "\n";
  const std::vector<std::string_view> targets = simd_targets();
  if (!targets.empty()) out += "simd " + std::string(targets.front()) + "\n";
  return out + "onednn " + onednn_version() + "\n";
}

}  // namespace thalweg::tool
