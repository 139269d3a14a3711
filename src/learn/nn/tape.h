// What operations see of a tape.
//
// Nodes stand in the order of recording, so an operation's inputs come before it. forward() runs the
// operations in that order; backward() runs those that the output depends on in the opposite one.
//
// Inputs and parameters have their memory at once. Values and gradients of operations get theirs when all is
// recorded, before the first replay: only then is it known who needs what for how long. A gradient lives from
// the first operation that writes it to the one that it belongs to, and what does not live at the same time
// shares memory; on a tape of forward passes so do values, and on one of several parts those inside a part.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/threads.h"
#include "kernels/vectorised.h"
#include "nn/product.h"
#include "thalweg/tensor.h"

namespace thalweg {

class Call;
class MemoryPlan;

// A kind of operation. The functions are for {f32, f64}.
struct Op {
  using Function = std::array<void (*)(Call&), 2>;

  Function forward;       // computes the value from the inputs' values
  Function backward;      // passes the gradient on to the inputs that want one
  Function prepare = {};  // called once memory is there, and again if that moves; may be null
};

// What an operation keeps from one call to the next: its options, kernels bound to memory.
struct Prepared {
  virtual ~Prepared() = default;
  virtual WorkMemory work_memory() const { return {}; }  // beside what it has of the tape
};

struct Node {
  const Op* op = nullptr;   // null: an input or a parameter
  std::vector<int> inputs;  // -1: none
  Shape shape;
  MemoryOrder order = MemoryOrder::row_major;
  std::size_t size = 0;
  void* value = nullptr;
  void* grad = nullptr;
  const Parameter* parameter = nullptr;  // that it stands for
  bool wanted = false;  // someone wants the gradient of this node, or of one it is computed from
  bool kept = false;    // its gradient is to be read after backward()
  struct {
    int first = -1, last = -1;
  } users;               // the operations that have it as input; -1: none
  int part = 0;          // of the tape
  bool inner = false;    // only its part has its value, which shares memory with those inside other parts
  bool reached = false;  // in this backward(): the gradient has been written
  std::unique_ptr<Prepared> prepared;
};

// What random operations draw from: Tape::train().
struct Training {
  std::uint64_t seed;
  std::uint64_t counter;
  std::optional<double> momentum = {};  // instead of what batch_norm was recorded with
};

struct Tape::Impl {
  Impl(Dtype type, int threads, Passes what, int cut, Compute by)
      : dtype(type), team(threads), passes(what), parts(cut), compute(by) {}

  // Records an operation; an input may be no tensor.
  Tensor add(const Op& op, std::span<const Tensor> inputs, Shape shape,
             std::unique_ptr<Prepared> prepared = {}, MemoryOrder order = MemoryOrder::row_major);
  // Throws Error(usage) for a handle that is not of this tape.
  Node& node(Tensor tensor);

  // Gives the operations their memory, zeroed, where any was recorded since.
  void plan();
  std::uint64_t work_bytes();  // what operations work in beside the memory of the tape

  // Calls ready() for the parameters whose gradient an operation, going backward, was the last to add to.
  void tell(int operation, const ParameterCall& ready);

  // Computes the values inside a part, where they are not in memory.
  void bring(int part);

  Dtype dtype;
  Team team;
  Passes passes;
  int parts;
  Compute compute;
  int part_in_memory = 0;
  bool again = false;  // values are computed for the second time
  Arena own{0};        // of inputs, and of what operations keep
  Arena values{0};
  Arena grads{1};
  std::vector<Node> nodes;
  std::optional<std::vector<int>> operations = std::vector<int>();  // in order; none: until plan()
  std::map<const Parameter*, int> parameters;
  std::optional<Training> training;     // none: evaluation
  std::uint64_t random_operations = 0;  // recorded so far: each has its number, and so its own stream

 private:
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  void cut();  // into parts
  void place_values();
  void place_gradients();
  // Makes the block and gives each node its place in it.
  void place(Arena& arena, const MemoryPlan& plan, std::span<const std::size_t> offsets, void* Node::*stream);
  std::size_t bytes_of(const Node& node) const { return Arena::padded(node.size * size_of(dtype)); }
};

// Where an operation writes the gradient of an input.
template <class T>
struct Sink {
  T* data = nullptr;  // null: nobody wants it
  bool add = false;   // add to what is there, else overwrite it
};

// Writes f(i) as element i for i in begin .. end-1, or adds it.
template <class T, class F>
void write(Sink<T> to, std::size_t begin, std::size_t end, const F& f) {
  T* data = to.data;
  if (to.add) {
    vectorised(begin, end, [=](std::size_t i) { data[i] += f(i); });
  } else {
    vectorised(begin, end, [=](std::size_t i) { data[i] = f(i); });
  }
}

// One execution of one node.
class Call {
 public:
  Call(Tape::Impl& tape, Node& node) : tape_(tape), node_(node) {}

  Team& team() { return tape_.team; }
  Compute compute() const { return tape_.compute; }
  std::size_t size() const { return node_.size; }
  const Shape& shape() const { return node_.shape; }
  // What was recorded with the operation.
  template <class P>
  P& prepared() {
    return static_cast<P&>(*node_.prepared);
  }
  bool has_backward() const { return tape_.passes == Passes::both; }
  // The values were computed before: what a layer keeps has been brought up to date.
  bool again() const { return tape_.again; }
  // Null in evaluation.
  const Training* training() const { return tape_.training ? &*tape_.training : nullptr; }

  template <class T>
  T* value() {
    return static_cast<T*>(node_.value);
  }
  template <class T>
  T* grad() {
    return static_cast<T*>(node_.grad);
  }
  // Null for no tensor.
  template <class T>
  const T* input(std::size_t i) {
    return has(i) ? static_cast<const T*>(input_node(i).value) : nullptr;
  }
  // What a layer keeps beside what it learns.
  template <class T>
  T* kept(std::size_t i) {
    return static_cast<T*>(input_node(i).value);
  }
  bool may_keep(std::size_t i) { return input_node(i).parameter != nullptr && !input_node(i).wanted; }
  const Shape& shape(std::size_t i) { return input_node(i).shape; }
  std::size_t inputs() const { return node_.inputs.size(); }
  std::size_t size(std::size_t i) { return input_node(i).size; }
  bool has(std::size_t i) const { return i < node_.inputs.size() && node_.inputs[i] >= 0; }
  // Whether backward() will write a gradient there.
  bool wants(std::size_t i) { return has(i) && input_node(i).wanted && has_backward(); }
  // Where that is, without a claim to it: for prepare().
  template <class T>
  T* input_grad(std::size_t i) {
    return wants(i) ? static_cast<T*>(input_node(i).grad) : nullptr;
  }
  // To be asked once for each input, and to be written before the next is asked for: an operation may have
  // the same node as input twice.
  template <class T>
  Sink<T> sink(std::size_t i) {
    if (!has(i) || !input_node(i).wanted) return {};
    return {static_cast<T*>(input_node(i).grad), std::exchange(input_node(i).reached, true)};
  }

 private:
  Node& input_node(std::size_t i) { return tape_.nodes[static_cast<std::size_t>(node_.inputs[i])]; }

  Tape::Impl& tape_;
  Node& node_;
};

}  // namespace thalweg
