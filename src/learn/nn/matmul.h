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

// What run() makes of c. max(., 0) is not for sums.
enum class Result { set, set_or_added, rectified };

// A product on fixed memory, ready to run any number of times. Matrices have no gaps between rows. Products
// in f64 and with weights that fit into the cache use the loops of kernels/, everything else oneDNN.
template <class T>
class Matmul {
 public:
  Matmul(Product product, Operands<T> operands, Result result, Compute compute = Compute::f32);

  // c = the product, or c += the product. Throws Error(resource) when oneDNN runs out of memory.
  void run(Team& team, bool add);

  // Runs all of them, with the same bits; each is one thread's where they are many.
  static void run_all(std::vector<Matmul>& products, Team& team, bool add);

  WorkMemory work_memory() const;

 private:
  struct Block {
    std::size_t row = 0, column = 0;
    Product product;
    Operands<T> operands;
    std::optional<OnednnProduct> set;  // with their kernels, where oneDNN computes
    std::optional<OnednnProduct> add;
  };
  Block make_block(const Product& whole, const Operands<T>& operands, std::size_t row, std::size_t column,
                   BlockSize size) const;
  bool run_block(const Block& block, bool add) const noexcept;

  enum class Way { dots, taps, onednn };

  Result result_;
  Compute compute_;
  Way way_;
  Strides strides_;
  std::optional<TapMatmul<T>> taps_;
  std::vector<Block> blocks_;
};

}  // namespace thalweg
