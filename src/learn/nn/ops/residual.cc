// Layers made of others: residual, repeat.
#include "base/threads.h"
#include "nn/module.h"
#include "nn/tape.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

constexpr std::size_t kGrain = 1 << 15;

template <class T>
void forward(Call& call) {
  const T *a = call.input<T>(0), *b = call.input<T>(1);
  T* y = call.value<T>();
  for_each_part(call.team(), call.size(), kGrain, [=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) y[i] = a[i] + b[i];
  });
}

template <class T>
void backward(Call& call) {
  const T* dy = call.grad<T>();
  for (std::size_t input = 0; input < 2; ++input) {
    const Sink<T> to = call.sink<T>(input);
    if (to.data == nullptr) continue;
    for_each_part(call.team(), call.size(), kGrain, [=](std::size_t begin, std::size_t end) {
      write(to, begin, end, [=](std::size_t i) { return dy[i]; });
    });
  }
}

constexpr Op kAdd{{forward<float>, forward<double>}, {backward<float>, backward<double>}};

constexpr Option kResidualOptions[] = {
    required(typed_option(OptionType::block, "block", "", {}, "the layers whose output is added")),
    typed_option(OptionType::block, "shortcut", "", {},
                 "layers that x goes through, where the shapes differ; x itself where it is not given"),
};

constexpr Option kRepeatOptions[] = {
    required(count_option("times", "", {1, 1000}, "how often")),
    required(typed_option(OptionType::block, "block", "", {}, "the layers")),
};

Shape join_shapes(const Shape& input, std::span<const Shape> blocks) {
  if (blocks[0] == blocks[1]) return blocks[0];
  throw Error(
      Code::usage,
      {"residual", "the shapes of the two outputs differ",
       print_shape(blocks[0]) + " and " + print_shape(blocks[1]), "the same",
       blocks[1] == input ? "give a shortcut, as in residual(..., shortcut=conv2d(64, 1, stride=2))" : ""});
}

Tensor join(Tape& tape, Tensor, std::span<const Tensor> blocks) { return add(tape, blocks[0], blocks[1]); }

}  // namespace

Tensor add(Tape& tape, Tensor a, Tensor b) {
  Tape::Impl& impl = tape.impl();
  if (impl.node(a).shape != impl.node(b).shape) {
    throw Error(Code::usage, {"add", "the shapes differ",
                              print_shape(impl.node(a).shape) + " and " + print_shape(impl.node(b).shape),
                              "the same", ""});
  }
  const bool last = impl.node(a).order == MemoryOrder::channels_last;
  b = last ? channels_last(tape, b) : row_major(tape, b);
  return impl.add(kAdd, {{a, b}}, impl.node(a).shape, {}, impl.node(a).order);
}

extern constinit const Layer residual_layer{
    .spec = {.name = "residual",
             .doc = "x, or what a shortcut makes of it, added to what a block of layers makes of x",
             .source = "He et al. 2015, arXiv:1512.03385",
             .options = kResidualOptions,
             .formula = R"(
y  = F(x) + S(x)
dx = what F and S make of dy, added up
F the block, S the shortcut or x itself)"},
    .join_shapes = join_shapes,
    .join = join,
    .describe =
        [](Graph& graph, const GraphPlace& at) {
          return graph.add("Add", {at.blocks[0], at.blocks[1]});
        },
};

extern constinit const Layer repeat_layer{
    .spec = {.name = "repeat",
             .doc = "a block of layers several times, each with weights of its own",
             .source = "as if it were written out",
             .options = kRepeatOptions,
             .formula = R"(
y  = F_n(... F_2(F_1(x)))
dx = what F_1 makes of what F_2 ... makes of dy
F the block, each of n times with its own weights)"},
    .repeats = true,
};

}  // namespace thalweg
