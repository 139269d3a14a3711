// Bytes as a csv file: tables.
#include "dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check_format("csv", "csv", thalweg::fuzz::text_of(data, size));
  return 0;
}
