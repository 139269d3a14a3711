// A model on tapes: one recording for each number of rows that passes through it at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <span>

#include "thalweg/dataset.h"
#include "thalweg/module.h"

namespace thalweg {

struct Recording {
  Recording(Module& model, std::size_t rows, int threads);

  Tape tape;
  Tensor x;
  Tensor y;
};

class Recordings {
 public:
  Recordings(Module& model, int threads) : model_(model), threads_(threads) {}

  Recording& of(std::size_t rows);

  // Runs the model on the named samples.
  Recording& forward(const Samples& samples, std::span<const std::uint32_t> rows);

  std::uint64_t bytes() const;

 private:
  Module& model_;
  int threads_;
  std::map<std::size_t, std::unique_ptr<Recording>> recordings_;
};

// Calls `use` with `rows` in chunks, in order.
template <class Use>
void for_chunks(std::span<const std::uint32_t> rows, std::size_t chunk, const Use& use) {
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk) {
    use(rows.subspan(begin, std::min(chunk, rows.size() - begin)));
  }
}

}  // namespace thalweg
