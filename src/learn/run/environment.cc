#include "run/environment.h"

#include <sys/utsname.h>

#include <fstream>
#include <thread>

#include "base/json.h"
#include "thalweg/optimizer.h"
#include "thalweg/version.h"

namespace thalweg {
namespace {

std::string compiler() {
#ifdef __clang__
  return std::string("clang ") + __clang_version__;
#else
  return std::string("g++ ") + __VERSION__;
#endif
}

// As Linux tells it; empty elsewhere.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

std::string operating_system() {
  utsname name{};
  if (::uname(&name) != 0) return {};
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

}  // namespace

std::string environment_json(int threads) {
  const std::vector<std::string_view> targets = simd_targets();
  return JsonObject()
             .add("schema", 1)
             .add("version", std::string(version()))
             .add("compiler", compiler())
             .add("processor", processor())
             .add("simd", targets.empty() ? "" : std::string(targets.front()))
             .add("processors", static_cast<int>(std::thread::hardware_concurrency()))
             .add("threads", threads)
             .add("system", operating_system())
             .text() +
         "\n";
}

}  // namespace thalweg
