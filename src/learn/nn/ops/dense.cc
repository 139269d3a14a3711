// dense: x W + b on the last dimension of x, with x read as a matrix {rows, in}.
#include <algorithm>
#include <optional>
#include <string>

#include "base/threads.h"
#include "kernels/images.h"
#include "nn/matmul.h"
#include "nn/module.h"
#include "nn/tape.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

template <class T>
struct PreparedDense : Prepared {
  std::size_t rows = 0;
  std::size_t columns = 0;
  bool rectify = false;  // max(y, 0)
  const ImageKernels<T>* kernels = nullptr;
  std::optional<Matmul<T>> y, dx, dw;

  WorkMemory work_memory() const override {
    WorkMemory all;
    for (const auto* product : {&y, &dx, &dw}) {
      if (*product) all.add((*product)->work_memory());
    }
    return all;
  }
};

constexpr std::size_t kSumRows = 64;
constexpr std::size_t kSumColumns = 64;
constexpr std::size_t kForkedSum = 1 << 18;

// Columns begin .. end-1 of dy, at most kSumColumns: made the gradient of what was rectified, where y is
// given, and added up, 64 rows at a time in T and those sums in double, so that a batch of any length keeps
// its digits.
template <class T>
void end_columns(const PreparedDense<T>& dense, T* dy, const T* y, std::size_t begin, std::size_t end,
                 Sink<T> db) {
  const std::size_t rows = dense.rows, columns = dense.columns;
  if (rows == 1 && y == nullptr) return write(db, begin, end, [=](std::size_t j) { return T{0} + dy[j]; });
  double sums[kSumColumns] = {};
  for (std::size_t first = 0; first < rows; first += kSumRows) {
    const std::size_t at = first * columns + begin;
    dense.kernels->rectified({.dy = dy + at,
                              .y = y != nullptr ? y + at : nullptr,
                              .places = std::min(kSumRows, rows - first),
                              .step = columns,
                              .channels = end - begin,
                              .to = y != nullptr ? dy + at : nullptr,
                              .sums = sums});
  }
  if (db.data != nullptr)
    write(db, begin, end, [&](std::size_t j) { return static_cast<T>(sums[j - begin]); });
}

template <class T>
void dense_prepare(Call& call) {
  auto& dense = call.prepared<PreparedDense<T>>();
  const auto in = static_cast<std::size_t>(call.shape(1)[0]);
  const auto out = static_cast<std::size_t>(call.shape(1)[1]);
  const std::size_t rows = out > 0 ? call.size() / out : 0;
  dense.rows = rows;
  dense.columns = out;
  dense.kernels = &image_kernels<T>();
  dense.y.emplace(Product{rows, out, in},
                  Operands<T>{call.input<T>(0), call.input<T>(1), call.input<T>(2), call.value<T>()},
                  dense.rectify ? Result::rectified : Result::set, call.compute());
  if (call.wants(0)) {
    dense.dx.emplace(Product{.rows = rows, .columns = in, .depth = out, .transpose_b = true},
                     Operands<T>{call.grad<T>(), call.input<T>(1), nullptr, call.input_grad<T>(0)},
                     Result::set_or_added, call.compute());
  }
  if (call.wants(1)) {
    dense.dw.emplace(Product{.rows = in, .columns = out, .depth = rows, .transpose_a = true},
                     Operands<T>{call.input<T>(0), call.grad<T>(), nullptr, call.input_grad<T>(1)},
                     Result::set_or_added, call.compute());
  }
}

template <class T>
void dense_forward(Call& call) {
  call.prepared<PreparedDense<T>>().y->run(call.team(), false);
}

template <class T>
void dense_backward(Call& call) {
  auto& dense = call.prepared<PreparedDense<T>>();
  T* dy = call.grad<T>();
  const T* y = dense.rectify ? call.value<T>() : nullptr;
  const std::size_t rows = dense.rows, columns = dense.columns;
  if (const Sink<T> db = call.sink<T>(2); db.data != nullptr || y != nullptr) {
    const bool fork = rows * columns >= kForkedSum;
    for_each_part(call.team(), columns, fork ? kSumColumns : columns,
                  [&](std::size_t begin, std::size_t end) {
                    for (std::size_t j = begin; j < end; j += kSumColumns)
                      end_columns(dense, dy, y, j, std::min(end, j + kSumColumns), db);
                  });
  }
  if (const Sink<T> dx = call.sink<T>(0); dx.data != nullptr) dense.dx->run(call.team(), dx.add);
  if (const Sink<T> dw = call.sink<T>(1); dw.data != nullptr) dense.dw->run(call.team(), dw.add);
}

constexpr Op kDense{{dense_forward<float>, dense_forward<double>},
                    {dense_backward<float>, dense_backward<double>},
                    {dense_prepare<float>, dense_prepare<double>}};

void check_shapes(const Shape& x, const Shape& weight, const Shape* bias) {
  if (x.empty() || weight.size() != 2 || x.back() != weight[0]) {
    throw Error(Code::usage, {"dense", "the shapes of x and weight do not fit",
                              "x " + print_shape(x) + " and weight " + print_shape(weight),
                              "x {..., in} and weight {in, out}", ""});
  }
  if (bias != nullptr && (bias->size() != 1 || bias->front() != weight[1])) {
    throw Error(Code::usage, {"dense", "the shapes of weight and bias do not fit",
                              "weight " + print_shape(weight) + " and bias " + print_shape(*bias),
                              "weight {in, out} and bias {out}", ""});
  }
}

Tensor record(Tape& tape, Tensor x, Tensor weight, Tensor bias, bool rectify) {
  Tape::Impl& impl = tape.impl();
  const Node* b = bias.node < 0 ? nullptr : &impl.node(bias);
  const Node& w = impl.node(weight);
  check_shapes(impl.node(x).shape, w.shape, b == nullptr ? nullptr : &b->shape);
  Shape shape = impl.node(x).shape;
  shape.back() = w.shape[1];
  const auto make = [&]<class T>(T) -> std::unique_ptr<Prepared> {
    auto dense = std::make_unique<PreparedDense<T>>();
    dense->rectify = rectify;
    return dense;
  };
  return impl.add(kDense, {{row_major(tape, x), weight, bias}}, std::move(shape),
                  tape.dtype() == Dtype::f32 ? make(float{}) : make(double{}));
}

// The layer.

constexpr Option kOptions[] = {
    required(count_option("units", "", {1, 1048576}, "size of the output")),
    init_option("init", "torch", "initial weights"),
    flag_option("bias", "true", "whether a bias is added"),
    init_option("bias_init", "zeros", "initial bias"),
};

Shape plan_layer(const Settings& settings, const Shape& input, std::vector<Weight>& weights) {
  const std::int64_t in = input.back();
  const auto out = static_cast<std::int64_t>(std::get<double>(option<kOptions, "units">(settings)));
  const auto init = [&](const Setting& setting) { return read_init(setting, in, out); };
  weights.push_back({"weight", {in, out}, Role::weight, init(option<kOptions, "init">(settings))});
  if (std::get<bool>(option<kOptions, "bias">(settings))) {
    weights.push_back({"bias", {out}, Role::bias, init(option<kOptions, "bias_init">(settings))});
  }
  Shape output = input;
  output.back() = out;
  return output;
}

template <bool rectify>
Tensor record_layer(Tape& tape, Tensor x, const Settings&, std::span<const Tensor> weights) {
  return record(tape, x, weights[0], weights.size() > 1 ? weights[1] : Tensor{}, rectify);
}

std::string describe(Graph& graph, const GraphPlace& at) {
  const std::string y = graph.add("MatMul", {at.x, graph.parameter(*at.weights[0], at.weights[0]->shape())});
  if (at.weights.size() == 1) return y;
  return graph.add("Add", {y, graph.parameter(*at.weights[1], at.weights[1]->shape())});
}

}  // namespace

Tensor dense(Tape& tape, Tensor x, Tensor weight, Tensor bias) {
  return record(tape, x, weight, bias, false);
}

extern constinit const Layer dense_layer{
    .spec = {.name = "dense",
             .doc = "x W + b on the last dimension",
             .source = "Rosenblatt 1958, doi:10.1037/h0042519",
             .options = kOptions,
             .formula = R"(
y  = x W + b
dx = dy W^T, dW = x^T dy, db = the column sums of dy
x {rows, in}, W {in, units}, b {units}; more dimensions of x are rows
W starts uniform in +-sqrt(1 / in), as in torch, b at 0; he: in +-sqrt(6 / in);
glorot: in +-sqrt(6 / (in + units)); lecun: in +-sqrt(3 / in);
he_normal and the like: normal, uncut, of the same variance;
orthogonal: rows or columns at right angles, each of length gain;
truncated_normal: a normal distribution of deviation std, without what is beyond 2 std)"},
    .plan = plan_layer,
    .record = record_layer<false>,
    .record_rectified = record_layer<true>,
    .describe = describe,
};

}  // namespace thalweg
