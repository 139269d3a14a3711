// What a transform is to the engine: a description, its numbers for one step, and kernels for a SIMD target.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/spec.h"
#include "thalweg/params.h"

namespace thalweg {

// How much a transform must see of the parameters.
enum class Scope {
  affine,      // linear in update and parameter: becomes two numbers, no work of its own
  element,     // one element at a time, with state if it wants
  global,      // needs a sum over all parameters first: ends a phase, then is affine
  projection,  // acts on the new value of the parameter: stands behind everything that forms the update
};

// update' = a * update + b * parameter. Formed in double, rounded once.
struct Affine {
  double a = 1;
  double b = 0;
  // This map, then `next`.
  constexpr Affine then(const Affine& next) const { return {next.a * a, next.a * b + next.b}; }
};

inline constexpr std::size_t kMaxState = 4;  // state streams of one rule
inline constexpr std::size_t kMaxCoefs = 8;  // numbers of one rule
using Coefs = std::array<double, kMaxCoefs>;

using StateNames = std::span<const std::string_view>;
using Numbers = std::span<const double>;  // of a transform's options, in Spec order

// The head card of a transform, as its file states it.
struct Card {
  std::string_view name;
  std::string_view doc;
  std::string_view source;
  std::span<const Option> options = {};
  bool positional = true;  // whether its options may be given by position
};

// What a rule prepares its numbers from.
struct Moment {
  Numbers o;            // its options
  std::uint64_t t = 1;  // updates of the parameter, this one included
  double rate = 1;      // product of the rates behind it, for a rule that takes them inside
};

// Memory that one call of a kernel works on: n elements from each pointer. Streams of one call are of one
// type.
struct Streams {
  void* value = nullptr;
  const void* grad = nullptr;  // the gradient, or what an earlier phase kept
  std::array<void*, kMaxState> state{};
  std::size_t n = 0;
};

// The numbers around a rule: g' = pre.a g + pre.b p before it, p' = p - (post.a u + post.b p) after it.
struct Lowered {
  Affine pre;
  Coefs coefs{};
  Affine post;
};

// Kernels of one transform for one element type.
struct RuleKernels {
  // Register-resident: pre, rule and post on every element, the parameter written. Tells whether every
  // gradient was finite.
  bool (*fused)(const Lowered& lowered, const Streams& streams) = nullptr;
  // The rule alone on a tile `u` of streams.n elements, padded to a multiple of kLanes.
  void (*tile)(const Coefs& coefs, void* u, const Streams& streams) = nullptr;
  // A projection alone: n elements of the parameter.
  void (*project)(const Coefs& coefs, void* value, std::size_t n) = nullptr;
};

// Kernels that no transform owns, for one element type.
struct CoreKernels {
  // p' = p - (post.a g + post.b p): a chain without a rule. Tells whether every gradient was finite.
  bool (*plain)(const Affine& post, const Streams& streams);
  // u = a * source + b * p, n elements.
  void (*affine)(const Affine& map, const void* source, const void* value, void* u, std::size_t n);
  // p' = p - (a u + b p), n elements.
  void (*update)(const Affine& map, const void* u, void* value, std::size_t n);
  // Sum of the squares of a * source + b * p over at most kBlock elements: kLanes running sums in double,
  // element i going to lane i modulo kLanes, then a fixed pairwise tree.
  double (*squares)(const Affine& map, const void* source, const void* value, std::size_t n);
  // Whether n elements are finite.
  bool (*finite)(const void* source, std::size_t n);
};

inline constexpr std::size_t kLanes = 16;    // virtual lanes: no target has more
inline constexpr std::size_t kBlock = 2048;  // elements of one partial sum, and the largest tile

struct Transform {
  Spec spec;  // with the option `on`, which every transform has
  Scope scope;
  bool is_rule;           // a core rule: takes `lr=` and `decay=`, and there is one kind of them
  bool is_rate;           // the learning rate
  std::string_view kind;  // "rule" for every rule, else the name: what `rest` compares
  std::span<const StateNames> variants;  // names of its state streams in each of its variants
  std::size_t first_kernel;              // of its first variant, in SimdTable::rules

  // Those that the scope calls for are set.
  Affine (*affine)(Numbers o);                             // affine
  double (*prepare)(const Moment& moment, Coefs& coefs);   // element: factor of the update
  double (*factor)(Numbers o, double norm);                // global
  void (*project)(Numbers o, double scale, Coefs& coefs);  // projection; `scale`: what stands behind it

  // Where a rule has them; null otherwise. Options that are schedules are NaN in variant() and rate_inside().
  std::size_t (*variant)(Numbers o);
  bool (*rate_inside)(Numbers o);               // the rates behind it scale what it remembers, not its update
  double (*initial)(Numbers o, std::size_t i);  // what fills its state stream i
};

// Every transform, in the order of transforms.inc.
std::span<const Transform> transforms();

// Kernels compiled for one SIMD target.
struct SimdTable {
  std::string_view target;                            // Highway's name: "AVX2"
  std::span<const std::array<RuleKernels, 2>> rules;  // a row for each variant of each transform; by Dtype
  std::array<CoreKernels, 2> core;                    // by Dtype
};

// Tables of the targets that this machine can run, best first.
std::span<const SimdTable> simd_tables();

}  // namespace thalweg
