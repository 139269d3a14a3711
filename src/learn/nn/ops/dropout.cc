// dropout: scaled in training, so that evaluation is the identity. What is dropped depends on (seed, counter)
// of Tape::train(), the number of the dropout on its tape and the element's index alone. The probability is
// rounded to a multiple of 2^-32.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.h"
#include "base/threads.h"
#include "nn/module.h"
#include "nn/tape.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kGrain = 1 << 13;
constexpr std::size_t kDraws = 8;  // elements that one draw of Philox serves, 32 bits each

struct PreparedDropout : Prepared {
  std::uint64_t number = 0;     // of this dropout on its tape
  std::uint64_t threshold = 0;  // 32 bits below it drop an element
  double scale = 1;
  std::uint8_t* kept = nullptr;  // m, where it was drawn by the last forward()
  bool drawn = false;
};

void draw(const PreparedDropout& dropout, const Training& training, std::size_t begin, std::size_t end) {
  const std::array<std::uint64_t, 2> key{training.seed, static_cast<std::uint64_t>(Purpose::dropout)};
  for (std::size_t i = begin; i < end; i += kDraws) {
    const auto bits = philox4x64({i / kDraws, training.counter, dropout.number, 0}, key);
    for (std::size_t j = 0; j < std::min(kDraws, end - i); ++j) {
      const std::uint64_t half = j % 2 == 0 ? bits[j / 2] & 0xffffffff : bits[j / 2] >> 32;
      dropout.kept[i + j] = half >= dropout.threshold;
    }
  }
}

// to = m from / (1 - rate), or `from` itself where nothing was drawn.
template <class T>
void pass(const PreparedDropout& dropout, const T* from, Sink<T> to, std::size_t begin, std::size_t end) {
  const T scale = static_cast<T>(dropout.scale);
  const std::uint8_t* kept = dropout.kept;
  if (dropout.drawn) {
    write(to, begin, end, [=](std::size_t i) { return from[i] * (static_cast<T>(kept[i]) * scale); });
  } else {
    write(to, begin, end, [=](std::size_t i) { return from[i]; });
  }
}

template <class T>
void forward(Call& call) {
  auto& dropout = call.prepared<PreparedDropout>();
  const Training* training = call.training();
  dropout.drawn = training != nullptr;
  const T* x = call.input<T>(0);
  T* y = call.value<T>();
  for_each_part(call.team(), call.size(), kGrain, [=, &dropout](std::size_t begin, std::size_t end) {
    if (training != nullptr) draw(dropout, *training, begin, end);
    pass(dropout, x, Sink<T>{y, false}, begin, end);
  });
}

template <class T>
void backward(Call& call) {
  const auto& dropout = call.prepared<PreparedDropout>();
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  for_each_part(call.team(), call.size(), kGrain,
                [=, &dropout](std::size_t begin, std::size_t end) { pass(dropout, dy, dx, begin, end); });
}

constexpr Op kDropout{{forward<float>, forward<double>}, {backward<float>, backward<double>}};

constexpr Option kOptions[] = {
    in_unit("fraction", number_option("rate", "0.5", kFraction, "probability that an element is dropped"))};

Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
  return dropout(tape, x, std::get<double>(option<kOptions, "rate">(settings)));
}

}  // namespace

Tensor dropout(Tape& tape, Tensor x, double rate) {
  if (!kFraction.contains(rate)) {
    throw Error(Code::usage, {"dropout", "invalid rate", print_number(rate), "0 or more, below 1", ""});
  }
  Tape::Impl& impl = tape.impl();
  auto prepared = std::make_unique<PreparedDropout>();
  prepared->number = impl.random_operations++;
  prepared->threshold = static_cast<std::uint64_t>(std::llround(std::ldexp(rate, 32)));
  prepared->scale = 1.0 / (1.0 - rate);
  prepared->kept = static_cast<std::uint8_t*>(impl.own.allocate(impl.node(x).size));
  return impl.add(kDropout, {{x}}, impl.node(x).shape, std::move(prepared), impl.node(x).order);
}

extern constinit const Layer dropout_layer{
    .spec = {.name = "dropout",
             .doc = "in training, sets a share of the elements to 0 and scales the others up",
             .source = "Srivastava et al. 2014, JMLR 15:1929",
             .options = kOptions,
             .formula = R"(
y  = x b / (1 - rate) in training, y = x otherwise
dx = dy b / (1 - rate)
b is 0 with probability rate, else 1, drawn for each element of each batch)"},
    .record = record,
    .describe = [](Graph&, const GraphPlace& at) { return at.x; },
};

}  // namespace thalweg
