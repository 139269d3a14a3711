// Calls of other libraries: what is translated is a chain that reads as itself, and errors say where.
#include "target.h"
#include "thalweg/chain.h"
#include "thalweg/lab/translate.h"

namespace thalweg::fuzz {
namespace {

void check(const std::string& text) {
  const auto chain = attempt_twice(Code::usage, [&] { return translate(text).chain; });
  if (chain) require(Chain(*chain).text() == *chain, "a translation reads otherwise", *chain);
}

}  // namespace
}  // namespace thalweg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check(std::string(thalweg::fuzz::text_of(data, size)));
  return 0;
}
