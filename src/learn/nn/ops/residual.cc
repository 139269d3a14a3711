// Layers made of others: residual, repeat.
#include "nn/module.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

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
