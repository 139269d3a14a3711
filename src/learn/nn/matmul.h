// Matrix products whose bits do not depend on the number of threads: the result is cut into blocks, by its
// shape alone, and each block is computed by one thread.
#pragma once

#include <optional>
#include <vector>

#include "base/threads.h"
#include "nn/onednn.h"
#include "nn/product.h"
#include "nn/tap_matmul.h"

namespace thalweg {

// The blocks of a result: `rows` x `columns` each, less at the end.
struct BlockSize {
  std::size_t rows = 0;
  std::size_t columns = 0;
};
BlockSize block_size(const Product& product);

// A product on fixed memory, ready to run any number of times. Matrices have no gaps between rows. Single
// rows and columns use plain loops, f64 and products with few terms those of kernels/, everything else
// oneDNN.
template <class T>
class Matmul {
 public:
  // `may_add`: whether run() will be asked to add.
  Matmul(Product product, Operands<T> operands, bool may_add);

  // c = the product, or c += the product. Throws Error(resource) when oneDNN runs out of memory.
  void run(Team& team, bool add);

  // Runs all of them, with the same bits; each is one thread's where they are many.
  static void run_all(std::vector<Matmul>& products, Team& team, bool add);

 private:
  struct Block {
    std::size_t row = 0, column = 0;
    Product product;
    Operands<T> operands;
    std::optional<OnednnProduct> set;  // with their kernels, where oneDNN computes
    std::optional<OnednnProduct> add;
  };
  Block make_block(const Product& whole, const Operands<T>& operands, std::size_t row, std::size_t column,
                   BlockSize size, bool may_add) const;
  bool run_block(const Block& block, bool add) const noexcept;

  enum class Way { rows, taps, onednn };

  Way way_;
  Strides strides_;
  std::optional<TapMatmul<T>> taps_;
  std::vector<Block> blocks_;
};

}  // namespace thalweg
