// Images of another size.
#pragma once

#include <cstddef>
#include <span>

namespace thalweg {

// One channel, row by row, as one of `rows` x `columns`: bilinear, pixels being squares, so that corners need
// not meet. An image that shrinks is averaged under triangles as wide as its pixels become, as in torch's
// interpolate(mode="bilinear", antialias=True). Sums are in double. `out` is not `image`.
void resize(std::span<const float> image, std::size_t height, std::size_t width, std::span<float> out,
            std::size_t rows, std::size_t columns);

}  // namespace thalweg
