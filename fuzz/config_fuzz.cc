// Bytes as the configuration of a run: what is read can be written and is read again the same.
#include "run/config.h"
#include "target.h"

namespace thalweg::fuzz {
namespace {

void check(std::string_view bytes) {
  static const Folder folder;
  const std::filesystem::path path = folder.write("config.toml", bytes);
  const auto printed = attempt_twice(Code::data, [&] { return print_config(read_config(path)); });
  if (!printed) return;
  folder.write("config.toml", *printed);
  require(print_config(read_config(path)) == *printed, "a configuration reads otherwise", *printed);
}

}  // namespace
}  // namespace thalweg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check(thalweg::fuzz::text_of(data, size));
  return 0;
}
