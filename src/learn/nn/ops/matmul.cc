// matmul: a product for each place of a batch. One matrix on the right is the `dense` of all rows on the
// left.
#include <string>
#include <tuple>
#include <vector>

#include "nn/matmul.h"
#include "nn/ops/shapes.h"
#include "nn/tape.h"
#include "thalweg/arithmetic.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

template <class T>
struct Products : Prepared {
  std::size_t batch = 0, n = 0, k = 0, m = 0;
  std::vector<Matmul<T>> y, da, db;  // one a place of the batch
};

template <class T>
void prepare(Call& call) {
  auto& all = call.prepared<Products<T>>();
  const auto [n, k, m] = std::tuple(all.n, all.k, all.m);
  const T *a = call.input<T>(0), *b = call.input<T>(1), *dy = call.grad<T>();
  T *da = call.input_grad<T>(0), *db = call.input_grad<T>(1);
  all.y.clear(), all.da.clear(), all.db.clear();
  for (std::size_t i = 0; i < all.batch; ++i) {
    const T *left = a + i * n * k, *right = b + i * k * m;
    all.y.emplace_back(Product{n, m, k}, Operands<T>{left, right, nullptr, call.value<T>() + i * n * m},
                       Result::set, call.compute());
    if (call.wants(0)) {
      all.da.emplace_back(Product{.rows = n, .columns = k, .depth = m, .transpose_b = true},
                          Operands<T>{dy + i * n * m, right, nullptr, da + i * n * k}, Result::set_or_added,
                          call.compute());
    }
    if (call.wants(1)) {
      all.db.emplace_back(Product{.rows = k, .columns = m, .depth = n, .transpose_a = true},
                          Operands<T>{left, dy + i * n * m, nullptr, db + i * k * m}, Result::set_or_added,
                          call.compute());
    }
  }
}

template <class T>
void forward(Call& call) {
  Matmul<T>::run_all(call.prepared<Products<T>>().y, call.team(), false);
}

template <class T>
void backward(Call& call) {
  auto& all = call.prepared<Products<T>>();
  const auto run = [&](std::size_t input, std::vector<Matmul<T>>& products) {
    const Sink<T> to = call.sink<T>(input);
    if (to.data != nullptr) Matmul<T>::run_all(products, call.team(), to.add);
  };
  run(0, all.da);
  run(1, all.db);
}

constexpr Op kMatmul{{forward<float>, forward<double>},
                     {backward<float>, backward<double>},
                     {prepare<float>, prepare<double>}};

// Without the last two dimensions.
Shape outer(const Shape& shape) { return {shape.begin(), shape.end() - 2}; }

Tensor with_outer(Tape& tape, Tensor x, Shape outer) {
  const Shape& shape = tape.shape(x);
  outer.insert(outer.end(), shape.end() - 2, shape.end());
  return row_major(tape, expand(tape, x, std::move(outer)));
}

Tensor record(Tape& tape, Tensor a, Tensor b) {
  const Shape left = tape.shape(a), right = tape.shape(b);
  Shape shape = broadcast("matmul", outer(left), outer(right));
  a = with_outer(tape, a, shape);
  b = with_outer(tape, b, shape);
  const auto make = [&]<class T>(T) -> std::unique_ptr<Prepared> {
    auto all = std::make_unique<Products<T>>();
    all->batch = static_cast<std::size_t>(count(shape));
    all->n = static_cast<std::size_t>(left.end()[-2]);
    all->k = static_cast<std::size_t>(left.back());
    all->m = static_cast<std::size_t>(right.back());
    return all;
  };
  std::unique_ptr<Prepared> all = tape.dtype() == Dtype::f32 ? make(float{}) : make(double{});
  shape.insert(shape.end(), {left.end()[-2], right.back()});
  return tape.impl().add(kMatmul, {{a, b}}, std::move(shape), std::move(all));
}

}  // namespace

Tensor matmul(Tape& tape, Tensor a, Tensor b) {
  const Shape left = tape.shape(a), right = tape.shape(b);
  const std::int64_t depth = right.empty() ? 0 : right.size() == 1 ? right[0] : right.end()[-2];
  if (left.empty() || right.empty() || left.back() != depth) {
    throw Error(Code::usage,
                {"matmul", "the shapes do not fit", "a " + print_shape(left) + " and b " + print_shape(right),
                 "a {..., n, k} and b {..., k, m}, or vectors {k}", ""});
  }
  if (left.size() == 1) a = reshape(tape, a, {1, left[0]});
  if (right.size() == 1) b = reshape(tape, b, {right[0], 1});
  const Tensor y = right.size() <= 2 ? dense(tape, a, b, Tensor{}) : record(tape, a, b);
  if (left.size() > 1 && right.size() > 1) return y;
  Shape shape = tape.shape(y);
  if (right.size() == 1) shape.pop_back();
  if (left.size() == 1) shape.erase(right.size() == 1 ? shape.end() - 1 : shape.end() - 2);
  return reshape(tape, y, std::move(shape));
}

}  // namespace thalweg
