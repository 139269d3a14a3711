// Readers: how the text of a data source becomes a Dataset. A new format is one file in readers/ that defines
// a Reader and one line in readers.inc that names it.
#pragma once

#include <cstdint>
#include <span>

#include "base/spec.h"
#include "thalweg/dataset.h"

namespace thalweg {

// An option of this unit is a path; a reader meets it absolute and normal.
inline constexpr std::string_view kPathUnit = "path";

struct Reader {
  Spec spec;
  // `settings` are those of `spec`. Leaves Dataset::text to the caller and need not hand the scaling to the
  // two parts. Throws Error(data) naming file and place.
  Dataset (*read)(const Settings& settings, std::uint64_t seed);
};

#define THALWEG_READER(reader) extern const Reader reader;
#include "data/readers.inc"
#undef THALWEG_READER

// What can be read, in the order of readers.inc.
std::span<const Spec* const> data_specs();

}  // namespace thalweg
