#include "nn/matmul.h"

#include <algorithm>
#include <atomic>
#include <type_traits>
#include <utility>

#include "base/threads.h"
#include "kernels/vectorised.h"
#include "nn/loops.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr double kBlockFlops = 1 << 23;  // some 100 microseconds: many times what a fork costs
constexpr std::size_t kMostBlocks = 8;   // that halving makes
constexpr std::size_t kGoodRows = 64;
constexpr std::size_t kGoodColumns = 256;
constexpr std::size_t kLargestRows = 512;
constexpr std::size_t kLargestColumns = 1024;
constexpr std::size_t kPacked = 512;
constexpr std::size_t kOwnLoops = 1 << 16;  // elements of the weights, which stay in the cache

std::size_t parts(std::size_t n, std::size_t each) { return (n + each - 1) / each; }

// Cuts n into as few equal parts of at most `largest` as there can be; whole cache lines of either type.
std::size_t even_part(std::size_t n, std::size_t largest) {
  const std::size_t each = parts(n, std::max<std::size_t>(1, parts(n, largest)));
  return std::min(n, parts(each, 16) * 16);
}

// What the weights of a layer are, to the product of its outputs and to both of its gradients: the rows of a
// batch do not say which loops are used, so that a sample's bits are the same in any batch.
std::size_t weights_of(const Product& product) {
  return product.columns * (product.transpose_a ? product.rows : product.depth);
}

// The same product as one that the loops run through quickly: vectors are the same memory transposed or not,
// and a column is computed as a row.
template <class T>
void simplify(Product& product, Operands<T>& x) {
  if (product.columns == 1 && x.bias == nullptr) {
    std::swap(x.a, x.b);
    product = {1, product.rows, product.depth, false, !product.transpose_a};
  }
  if (product.depth == 1) product.transpose_a = product.transpose_b = false;
}

// Calls f(i) for i in 0 .. n-1; where one of them is false, what oneDNN does has failed.
template <class F>
void for_each_that_may_fail(Team& team, std::size_t n, const F& f) {
  std::atomic<bool> failed = false;
  for_each_block(team, n, [&](std::size_t i) {
    if (!f(i)) failed.store(true, std::memory_order_relaxed);
  });
  if (failed) throw Error(Code::resource, {"matrix product", "oneDNN ran out of memory", "", "", ""});
}

}  // namespace

BlockSize block_size(const Product& product) {
  BlockSize size{even_part(product.rows, kLargestRows), even_part(product.columns, kLargestColumns)};
  const auto flops = [&] { return Product{size.rows, size.columns, product.depth}.flops(); };
  const auto blocks = [&] { return parts(product.rows, size.rows) * parts(product.columns, size.columns); };
  // Blocks of that size run on packed copies of their operands, which smaller ones are too small to pay for.
  while (flops() >= 2 * kBlockFlops && blocks() < kMostBlocks &&
         std::min(size.rows, size.columns) < kPacked) {
    const bool across = size.rows < 2 * kGoodRows && size.columns >= 2 * kGoodColumns;
    std::size_t& side = across ? size.columns : size.rows;
    if (side < kGoodRows) break;
    side = even_part(side, side / 2);
  }
  return size;
}

template <class T>
Matmul<T>::Matmul(Product product, Operands<T> operands, Result result, Compute compute)
    : result_(result), compute_(compute) {
  const bool small = std::is_same_v<T, double> || weights_of(product) <= kOwnLoops;
  simplify(product, operands);
  const bool dots = product.depth == 0 || (product.rows == 1 && product.transpose_b);
  way_ = dots ? Way::dots : small ? Way::taps : Way::onednn;
  if (way_ == Way::taps) taps_.emplace(product, operands);
  strides_ = {product.transpose_a ? product.rows : product.depth,
              product.transpose_b ? product.depth : product.columns, product.columns};
  if (product.rows == 0 || product.columns == 0) return;
  const BlockSize size = block_size(product);
  for (std::size_t row = 0; row < product.rows; row += size.rows) {
    for (std::size_t column = 0; column < product.columns; column += size.columns) {
      blocks_.push_back(make_block(product, operands, row, column, size));
    }
  }
}

template <class T>
auto Matmul<T>::make_block(const Product& whole, const Operands<T>& operands, std::size_t row,
                           std::size_t column, BlockSize size) const -> Block {
  Block block;
  block.row = row;
  block.column = column;
  block.product = whole;
  block.product.rows = std::min(size.rows, whole.rows - row);
  block.product.columns = std::min(size.columns, whole.columns - column);
  block.operands = {operands.a + row * (whole.transpose_a ? 1 : strides_.a),
                    operands.b + column * (whole.transpose_b ? strides_.b : 1),
                    operands.bias != nullptr ? operands.bias + column : nullptr,
                    operands.c + row * strides_.c + column};
  if constexpr (std::is_same_v<T, float>) {
    if (way_ == Way::onednn) {
      block.set.emplace(block.product, strides_, block.operands, false, compute_);
      if (result_ == Result::set_or_added)
        block.add.emplace(block.product, strides_, block.operands, true, compute_, &*block.set);
    }
  }
  return block;
}

template <class T>
bool Matmul<T>::run_block(const Block& block, bool add) const noexcept {
  const bool rectify = result_ == Result::rectified;
  if (way_ == Way::taps) {
    taps_->run({block.row, block.row + block.product.rows},
               {block.column, block.column + block.product.columns}, add, rectify);
    return true;
  }
  if (way_ == Way::dots) {
    multiply(block.product, strides_, block.operands, add);
  } else if (!(add ? block.add : block.set)->run()) {
    return false;
  }
  for (std::size_t i = 0; rectify && i < block.product.rows; ++i) {
    T* c = block.operands.c + i * strides_.c;
    vectorised(0, block.product.columns, [=](std::size_t j) { c[j] = c[j] < T{0} ? T{0} : c[j]; });
  }
  return true;
}

template <class T>
void Matmul<T>::run(Team& team, bool add) {
  if (taps_) taps_->prepare();
  if (taps_ && blocks_.size() == 1) return taps_->run(add, result_ == Result::rectified);
  for_each_that_may_fail(team, blocks_.size(), [&](std::size_t i) { return run_block(blocks_[i], add); });
}

template <class T>
void Matmul<T>::run_all(std::vector<Matmul>& products, Team& team, bool add) {
  if (products.size() < static_cast<std::size_t>(team.size())) {
    for (Matmul& product : products) product.run(team, add);
    return;
  }
  for_each_that_may_fail(team, products.size(), [&](std::size_t i) {
    Matmul& product = products[i];
    if (product.taps_) product.taps_->prepare();
    return std::ranges::all_of(product.blocks_,
                               [&](const Block& block) { return product.run_block(block, add); });
  });
}

template <class T>
WorkMemory Matmul<T>::work_memory() const {
  WorkMemory all;
  for (const Block& block : blocks_) {
    if (block.set) all.add(block.set->work_memory());
    if (block.add) all.add(block.add->work_memory());
  }
  return all;
}

template class Matmul<float>;
template class Matmul<double>;

}  // namespace thalweg
