// The digest SHA-256 (FIPS 180-4), by which a page names the scripts that may run in it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace thalweg::page {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view text);

}  // namespace thalweg::page
