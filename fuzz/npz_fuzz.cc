// Bytes as a npz file: NumPy's arrays in an archive.
#include "dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check_format("npz", "npz", thalweg::fuzz::text_of(data, size));
  return 0;
}
