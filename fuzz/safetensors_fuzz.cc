// Bytes as a data set in a safetensors file.
#include "dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check_format("safetensors", "safetensors", thalweg::fuzz::text_of(data, size));
  return 0;
}
