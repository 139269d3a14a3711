// What a transform is to the engine: a description, its numbers for one step, and kernels for a SIMD target.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/spec.h"
#include "thalweg/params.h"

namespace thalweg {

// Where a transform acts.
enum class Scope {
  affine,   // linear in update and parameter: becomes two numbers, no work of its own
  element,  // one element at a time, possibly with state
  gather,   // needs sums over elements first: ends a phase, and acts with them at the start of the next one
  matrix,   // maps the update of a whole parameter, once all of it is formed: ends a phase
  landing,  // acts on the new value of the parameter: stands after everything that forms the update
  gate,     // decides whether a step runs: comes before everything else
};

// What a transform is among those of its scope.
enum class Part {
  other,
  rule,    // a core rule: takes `lr=` and `decay=`, and there is one kind of them
  rate,    // the learning rate, or a factor of it
  window,  // a gate that keeps the sum of the gradients of a window
  guard,   // a gate that asks whether the gradient is finite
  former,  // a landing that forms the new value itself, from the update and the old value
};

// What a transform reads beside the update.
enum class Sees : unsigned {
  nothing = 0,
  value = 1,
  entered = 2,
  before = 4,
  noise = 8,
  tiles = 16,  // nothing of its own, but tiles of one parameter at a time alone
};
constexpr Sees operator|(Sees a, Sees b) { return Sees(unsigned(a) | unsigned(b)); }
constexpr bool operator&(Sees a, Sees b) { return (unsigned(a) & unsigned(b)) != 0; }

// What the sums of a gather run over; a matrix transform has none, and is met once everything is formed.
enum class Over { all, tensor, unit, nothing };  // unit: a row of a matrix, a whole vector

// update' = a * rest * update + b * parameter. Formed in double, rounded once.
struct Affine {
  double a = 1;
  double b = 0;
  double rest = 1;  // a power of two: what of the factor would leave double, as 1 / norm of a huge gradient
  // This map, then `next`.
  constexpr Affine then(const Affine& next) const {
    return {next.a * a, next.a * next.rest * b + next.b, next.rest * rest};
  }
};

// update' = a * rest * update + offset, of the elements of one unit.
struct UnitMap {
  double a = 1;
  double offset = 0;
  double rest = 1;
};

// What a gather adds up, over the whole range of double: of elements divided by a power of two where their
// sum, or that of their squares, would leave it.
struct Total {
  static constexpr double kStep =
      0x1p600;  // the unit of what is too large, and 1 / that of what is too small

  double sum = 0;
  double unit = 1;

  double norm() const { return unit * std::sqrt(sum); }  // where squares are summed
  bool leaves() const { return !(std::abs(sum) >= 0x1p-960 && std::isfinite(sum)); }  // it may have
  // The map that divides by norm() + added and multiplies by `factor`.
  Affine divides(double factor, double added = 0) const {
    return {factor / (std::sqrt(sum) + added / unit), 0.0, 1.0 / unit};
  }
};
// Of squares: in the larger unit, or in a larger one than both.
inline Total operator+(const Total& a, const Total& b) {
  if (a.sum == 0.0) return b;
  if (b.sum == 0.0) return a;
  const auto in = [](const Total& x, double unit) { return x.sum * (x.unit / unit) * (x.unit / unit); };
  double unit = std::fmax(a.unit, b.unit);
  const double sum = in(a, unit) + in(b, unit);
  if (!std::isinf(sum) || std::isinf(a.sum) || std::isinf(b.sum)) return {sum, unit};
  unit *= Total::kStep;
  return {in(a, unit) + in(b, unit), unit};
}
// `sum_of(scale)` is the sum of elements that are multiplied by `scale` first.
template <class F>
Total total_of(Dtype dtype, const F& sum_of) {
  const Total plain{sum_of(1.0)};
  if (dtype != Dtype::f64 || !plain.leaves()) return plain;
  const double unit = plain.sum > -1.0 && plain.sum < 1.0 ? 1.0 / Total::kStep : Total::kStep;
  const Total scaled{sum_of(1.0 / unit), unit};
  return scaled.sum != 0.0 && std::isfinite(scaled.sum) ? scaled : plain;
}

inline constexpr std::size_t kMaxState = 4;    // state streams of one transform
inline constexpr std::size_t kMaxCoefs = 10;   // numbers of one transform in a step
inline constexpr std::size_t kMaxSums = 2;     // of one gather
inline constexpr std::size_t kMaxNumbers = 3;  // that one transform keeps from step to step
using Coefs = std::array<double, kMaxCoefs>;

using Names = std::span<const std::string_view>;
using Numbers = std::span<const double>;  // of a transform's options, in Spec order

// The head card of a transform, as its file states it.
struct Card {
  std::string_view name;
  std::string_view doc;
  std::string_view source;
  std::span<const Option> options = {};
  bool positional = true;  // whether its options may be given by position
  std::span<const DialectDefault> dialects = {};
};

// What a transform prepares the numbers of a step from.
struct Moment {
  Numbers o;            // its options
  std::uint64_t t = 1;  // updates of the parameter, this one included
  std::uint64_t k = 0;  // updates done: the clock of schedules
  double rate = 1;      // product of the rates to the right of it; of all rates of the chain for a landing
  double peak = 1;      // product of the highest values of the same rates
  double scale = 1;     // product of every factor to the right of it
  std::span<const Total> sums = {};  // gathered
  double size = 1;                   // elements that the sums run over
  std::span<double> numbers = {};    // what it keeps: as the update before left them, zeros at t == 1
};

// What a gate decides about a gradient that has come.
enum class Verdict {
  pass,  // the step runs
  wait,  // the gradient is taken into the window; the step waits for more
  hold,  // the gradient is dropped and nothing changes
  fail,  // too many of them were
};

// What a gate decides from.
struct Arrival {
  Numbers o;
  std::span<double> numbers;  // what it keeps
  std::uint64_t k;            // updates done
  bool finite = true;         // every element of the gradient, where it asks
  double norm = 0;            // of the gradient, where it asks
  double weight = 1;          // of the gradient
  bool last = false;          // of its window
};

// Memory that one call of a kernel works on: n elements from each pointer, all of the kernel's type.
struct Streams {
  void* value = nullptr;
  const void* grad = nullptr;     // the gradient, what an earlier phase kept, or the update of a tile
  const void* entered = nullptr;  // the gradient as it entered the chain
  const void* noise = nullptr;    // standard normal numbers, for transforms that ask for them
  std::array<void*, kMaxState> state{};
  std::size_t n = 0;
  std::size_t ahead = 0;  // elements ahead of itself at which a loop fetches; 0: it does not
};

// The numbers around a rule: g' = pre.a g + pre.b p before it, p' = p - (post.a u + post.b p) after it.
struct Lowered {
  Affine pre;
  Coefs coefs{};
  Affine post;
};

// What a rule that needs more than the update sees of one register of elements.
template <class V>
struct Seen {
  V update;
  V value;    // the parameter
  V entered;  // the gradient as it entered the chain
  V noise;    // for a transform with kSeesNoise
};

// What a landing sees.
template <class V>
struct Landing {
  V before;  // the parameter before the step, with kSeesBefore; else the value so far
  V update;  // the whole update, with kLandsFirst; else nothing that it may read
  V value;   // so far: with kLandsFirst the parameter before the step
};

inline constexpr std::size_t kLanes = 16;    // virtual lanes: no target has more
inline constexpr std::size_t kBlock = 2048;  // elements of one partial sum, and the largest tile

// Running sums of a block: its element i goes to lane i modulo kLanes, and a fixed pairwise tree adds up the
// lanes.
struct LaneSums {
  std::array<std::array<double, kLanes>, kMaxSums> lanes{};

  double total(std::size_t sum) const {
    std::array<double, kLanes> left = lanes[sum];
    for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) left[j] += left[j + half];
    }
    return left[0];
  }
};

// Kernels of one transform for one element type.
struct RuleKernels {
  // Register-resident: pre, rule and post on every element, the parameter written. All three tell whether
  // what they have read of the gradient, and everything that they have written to stay, was finite; they may
  // doubt it where a sum of it is not.
  bool (*fused)(const Lowered& lowered, const Streams& streams) = nullptr;
  // The rule alone on a tile `u` of streams.n elements.
  bool (*tile)(const Coefs& coefs, void* u, const Streams& streams) = nullptr;
  // A landing alone: n elements. `u` and streams.grad are the update and the parameter before the step, as
  // far as Landing says; streams.grad may be null.
  bool (*land)(const Coefs& coefs, const void* u, const Streams& streams) = nullptr;
  // Adds map(source) of some elements of a block; of a multiple of kLanes, but for the block's last.
  void (*gather)(const Affine& map, const Streams& streams, LaneSums& sums) = nullptr;
};

// Kernels that no transform owns, for one element type.
struct CoreKernels {
  // p' = p - (post.a g + post.b p): a chain without a rule, or the end of one, g being its update. Tells
  // whether every g and p' was finite, as fused() does.
  bool (*plain)(const Affine& post, const Streams& streams);
  // u = a * source + b * p, n elements.
  void (*affine)(const Affine& map, const void* source, const void* value, void* u, std::size_t n);
  // u = a * u + offset, n elements.
  void (*shift)(const UnitMap& map, void* u, std::size_t n);
  // to = from, n elements, past the caches; `to` is aligned to 64 bytes.
  void (*stream)(const void* from, void* to, std::size_t n);
  // sum = keep * sum + weight * g, n elements. Tells whether every sum is finite.
  bool (*accumulate)(double keep, double weight, const void* grad, void* sum, std::size_t n);
  // Sum of the squares of a * source + b * p over at most kBlock elements, as LaneSums sums.
  double (*squares)(const Affine& map, const void* source, const void* value, std::size_t n);
  // Whether n elements are finite.
  bool (*finite)(const void* source, std::size_t n);
};

// Type and shape of a stream: a Buffer without its memory.
struct Form {
  Dtype dtype = Dtype::f32;
  Shape shape = {};
};

// A parameter whole, for one call of a matrix transform: row-major, in host memory.
struct Whole {
  const Buffer& update;  // whose elements are read and written
  const Buffer& value;   // the parameter, to be read
  std::span<const Buffer> states;
};

// A moving average that a transform divides by 1 - option^t where it uses it: what its card writes m / c1.
struct Correction {
  std::string_view state;
  std::string_view option;
};

// What a transform keeps from step to step.
struct KeptState {
  std::span<const Names> variants = {};  // names of its state streams in each of its variants
  Names numbers = {};                    // for each parameter
  Names chain_numbers = {};              // for the whole chain
  std::span<const Correction> corrected = {};

  // Where a transform has them; null otherwise. Options that are schedules are NaN in variant().
  std::size_t (*variant)(Numbers o) = nullptr;
  double (*initial)(Numbers o, std::size_t i) = nullptr;          // what fills its state stream i; else 0
  void (*begin)(Numbers o, std::span<double> numbers) = nullptr;  // what fills chain_numbers
  Form (*form)(std::size_t i,
               const Form& parameter) = nullptr;  // of its state stream i; else the parameter's
  bool (*corrects)(Numbers o, std::string_view state) = nullptr;  // whether these options do; else they do
};

// What a gather sums.
struct Sum {
  std::size_t count = 0;                                           // of sums
  Over (*over)(Numbers o) = nullptr;                               // null: all
  UnitMap (*unit)(const Moment& now, std::size_t rank) = nullptr;  // over units of a tensor of that rank
};

// How a gate decides; null where it does not ask.
struct Decision {
  Verdict (*decide)(const Arrival& now) = nullptr;
  bool (*measures)(Numbers o) = nullptr;  // whether it asks for the norm of the gradient
  void (*passed)(Numbers o, std::span<double> numbers) = nullptr;  // told when a step has run
};

// How a transform depends on the rates to the right of it. Options that are schedules are NaN.
struct Rates {
  bool (*needs)(Numbers o) = nullptr;   // it is prepared from rate, peak or scale
  bool (*inside)(Numbers o) = nullptr;  // they scale what it remembers, not its update
};

// Of a transform that the program has added: what its kernels would do to a tile `u`.
using CustomApply = std::function<void(Dtype dtype, const Coefs& coefs, void* u, const Streams& streams)>;

struct OwnKernels {
  std::size_t first = 0;                // of its first variant, in SimdTable::rules
  const CustomApply* custom = nullptr;  // in their place
};

struct Transform {
  Spec spec = {};  // with the option `on`, which every transform has
  Scope scope = Scope::element;
  Part part = Part::other;
  Sees sees = Sees::nothing;
  KeptState kept = {};
  Sum sum = {};
  Decision gate = {};
  Rates rates = {};
  OwnKernels kernels = {};

  // Those that the scope calls for are set, the others null.
  Affine (*affine)(const Moment& now) = nullptr;  // affine, and gathers and gates that are linear
  double (*prepare)(const Moment& now,
                    Coefs& coefs) = nullptr;  // element, matrix, landing: factor of the update
  void (*whole)(const Coefs& coefs, const Whole& parameter) = nullptr;  // matrix; called on one thread
  Affine (*averaged)(const Moment& now) = nullptr;  // landing: what to evaluate, of parameter and state 0
  std::uint64_t (*seed)(Numbers o) = nullptr;       // element: of the random numbers that it reads
  void (*observe)(Numbers o, std::span<double> numbers, double metric) = nullptr;

  // "rule" for every rule, else the name: what `rest` compares.
  std::string_view kind() const { return part == Part::rule ? std::string_view("rule") : spec.name; }
  // Whether it forms the update of single elements: an element transform, or a gather that is also one.
  bool acts() const { return prepare != nullptr && (scope == Scope::element || scope == Scope::gather); }
  bool ends_phase() const { return scope == Scope::gather || scope == Scope::matrix; }
};

// The option that every transform has.
inline constexpr Option kOn{
    .name = "on",
    .type = OptionType::selector,
    .fallback = "all",
    .doc = "the parameters it acts on: all, matrices, rest, a role, a name pattern or a list of these"};

// Every listed transform, in the order of transforms.inc.
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
