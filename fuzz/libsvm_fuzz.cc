// Bytes as a libsvm file: sparse rows.
#include "dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check_format("libsvm", "svm", thalweg::fuzz::text_of(data, size));
  return 0;
}
