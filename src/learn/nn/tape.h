// What operations see of a tape.
//
// Nodes stand in the order of recording, so an operation's inputs come before it. forward() runs the
// operations in that order; backward() runs those that the output depends on in the opposite one.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/threads.h"
#include "thalweg/tensor.h"

namespace thalweg {

class Call;

// A kind of operation. The functions are for {f32, f64}.
struct Op {
  std::array<void (*)(Call&), 2> forward;   // computes the value from the inputs' values
  std::array<void (*)(Call&), 2> backward;  // passes the gradient on to the inputs that want one
};

// What an operation has prepared when it was recorded: kernels bound to memory.
struct Prepared {
  virtual ~Prepared() = default;
};

struct Node {
  const Op* op = nullptr;                    // null: an input or a parameter
  std::array<int, 3> inputs = {-1, -1, -1};  // -1: none
  Shape shape;
  std::size_t size = 0;
  void* value = nullptr;
  void* grad = nullptr;
  bool is_parameter = false;
  bool wanted = false;   // someone wants the gradient of this node, or of one it is computed from
  bool used = false;     // an operation has it as input
  bool reached = false;  // in this backward(): the gradient has been written
  std::unique_ptr<Prepared> prepared;
};

// What random operations draw from: Tape::train().
struct Training {
  std::uint64_t seed;
  std::uint64_t counter;
};

struct Tape::Impl {
  Impl(Dtype type, int threads) : dtype(type), team(threads) {}

  // Records an operation: the new node has value and gradient memory, both zero. An input may be no tensor.
  int add(const Op& op, std::span<const Tensor> inputs, Shape shape);
  // Throws Error(usage) for a handle that is not of this tape.
  Node& node(Tensor tensor);

  Dtype dtype;
  Team team;
  Arena values{0};
  Arena grads{1};
  std::deque<Node> nodes;
  std::map<const Parameter*, int> parameters;
  std::optional<Training> training;     // none: evaluation
  std::uint64_t random_operations = 0;  // recorded so far: each has its number, and so its own stream
};

// Where an operation writes the gradient of an input.
template <class T>
struct Sink {
  T* data = nullptr;  // null: nobody wants it
  bool add = false;   // add to what is there, else overwrite it
};

// Writes f(i) as element i for i in begin .. end-1, or adds it.
template <class T, class F>
void write(Sink<T> to, std::size_t begin, std::size_t end, F&& f) {
  if (to.add) {
    for (std::size_t i = begin; i < end; ++i) to.data[i] += f(i);
  } else {
    for (std::size_t i = begin; i < end; ++i) to.data[i] = f(i);
  }
}

// One execution of one node.
class Call {
 public:
  Call(Tape::Impl& tape, Node& node) : tape_(tape), node_(node) {}

  Team& team() { return tape_.team; }
  std::size_t size() const { return node_.size; }
  const Shape& shape() const { return node_.shape; }
  Prepared& prepared() { return *node_.prepared; }
  // Null in evaluation.
  const Training* training() const { return tape_.training ? &*tape_.training : nullptr; }

  template <class T>
  T* value() {
    return static_cast<T*>(node_.value);
  }
  template <class T>
  const T* grad() {
    return static_cast<const T*>(node_.grad);
  }
  bool has_input(std::size_t i) const { return node_.inputs[i] >= 0; }
  template <class T>
  const T* input(std::size_t i) {
    return static_cast<const T*>(input_node(i).value);
  }
  // To be asked once for each input, and to be written before the next is asked for: an operation may have
  // the same node as input twice.
  template <class T>
  Sink<T> sink(std::size_t i) {
    if (node_.inputs[i] < 0 || !input_node(i).wanted) return {};
    return {static_cast<T*>(input_node(i).grad), std::exchange(input_node(i).reached, true)};
  }

 private:
  Node& input_node(std::size_t i) { return tape_.nodes[static_cast<std::size_t>(node_.inputs[i])]; }

  Tape::Impl& tape_;
  Node& node_;
};

}  // namespace thalweg
