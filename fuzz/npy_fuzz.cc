// Bytes as a npy file: NumPy's arrays.
#include "dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check_format("npy", "npy", thalweg::fuzz::text_of(data, size));
  return 0;
}
