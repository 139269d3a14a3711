// How much memory the inputs of a source may take as dense rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace thalweg {

// Throws Error(data), naming both numbers, when there are more than 262,144 features, or when they and rows x
// features floats take more memory than 48 MiB and 3 times the size of the source: a small file takes little,
// whatever it says. A source with a byte for each float is dense itself.
void check_dense(const std::string& name, std::size_t rows, std::size_t features, std::uint64_t bytes);

}  // namespace thalweg
