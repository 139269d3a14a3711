#include "thalweg/check_gradients.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/spec.h"
#include "nn/tape.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Options = GradientCheckOptions;

void check(const Options& options) {
  const auto want = [](bool fine, const char* name, double got, const char* wanted) {
    if (fine) return;
    throw Error(Code::usage, {"check_gradients", std::string("`") + name + "` is out of range",
                              print_number(got), wanted, ""});
  };
  want(options.step > 0 && std::isfinite(options.step), "step", options.step, "above 0");
  want(options.tolerance >= 0, "tolerance", options.tolerance, "0 or more");
  want(options.floor > 0, "floor", options.floor, "above 0");
  want(std::isfinite(options.low) && options.low < options.high && std::isfinite(options.high), "low",
       options.low, "below `high`");
  const double farthest = std::max(std::abs(options.low), std::abs(options.high));
  want(options.gap >= 0 && options.gap < farthest, "gap", options.gap, "less than the largest input");
}

// Uniform in low .. high without what is closer to 0 than the gap.
double drawn(const Random& random, std::uint64_t i, const Options& options) {
  const double low = options.low, high = options.high, gap = options.gap;
  const double below = std::max(0.0, std::min(high, -gap) - low),
               above = std::max(0.0, high - std::max(low, gap));
  const double at = random.uniform(i) * (below + above);
  return at < below ? low + at : std::max(low, gap) + (at - below);
}

void draw(std::span<double> values, std::uint64_t stream, const Options& options) {
  const Random random(options.seed, Purpose::init, stream);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = drawn(random, i, options);
}

// A tensor whose gradient is compared.
struct Compared {
  std::string name;
  Shape shape;
  std::span<double> values;
  std::span<const double> grad;
};

// "[1, 0, 2]", the place of element i.
std::string place(const Shape& shape, std::size_t i) {
  std::string out;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto size = static_cast<std::size_t>(shape[axis]);
    out = std::to_string(i % size) + (out.empty() ? "" : ", ") + out;
    i /= size;
  }
  return "[" + out + "]";
}

// A network on its tape, with sum(weights * output) as its loss.
class Bench {
 public:
  Bench(const std::vector<Shape>& inputs,
        const std::function<Tensor(Tape&, std::span<const Tensor>)>& network, const Options& options)
      : options_(options) {
    for (const Shape& shape : inputs) {
      x_.push_back(tape_.input(shape));
      tape_.want_gradient(x_.back());
      draw(tape_.value<double>(x_.back()), x_.size(), options);
    }
    y_ = network(tape_, x_);
    if (tape_.impl().node(y_).op != nullptr) tape_.want_gradient(y_);
    if (options.training) tape_.train(options.seed, 0);
    weights_.resize(tape_.value<double>(y_).size());
    draw(weights_, 0, {.seed = options.seed});
    add_compared();
  }

  // Values of parameters, also of those that layers write in training, are put back.
  ~Bench() {
    for (const auto& [values, before] : before_) std::ranges::copy(before, values.begin());
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  GradientCheck run() {
    tape_.forward();
    if (tape_.impl().node(y_).wanted) std::ranges::copy(weights_, tape_.grad<double>(y_).begin());
    tape_.backward(y_);
    GradientCheck check;
    for (const Compared& tensor : compared_) compare(tensor, check);
    check.passed = check.elements > 0 && check.error <= options_.tolerance;
    return check;
  }

 private:
  void add_compared() {
    for (std::size_t i = 0; i < x_.size(); ++i) {
      compared_.push_back({"input " + std::to_string(i), tape_.shape(x_[i]), tape_.value<double>(x_[i]),
                           tape_.grad<double>(x_[i])});
    }
    std::vector<std::pair<int, const Parameter*>> parameters;
    for (const auto& [parameter, node] : tape_.impl().parameters) parameters.emplace_back(node, parameter);
    std::ranges::sort(parameters);
    for (const auto& [node, parameter] : parameters) {
      const std::span<double> values = tape_.value<double>(Tensor{node});
      before_.emplace_back(values, std::vector<double>(values.begin(), values.end()));
      if (!tape_.impl().node({node}).wanted) continue;
      compared_.push_back({parameter->name(), parameter->shape(), values, parameter->grad<double>()});
    }
  }

  double loss() {
    tape_.forward();
    const std::span<const double> output = tape_.value<double>(y_);
    double sum = 0;
    for (std::size_t i = 0; i < output.size(); ++i) sum += weights_[i] * output[i];
    return sum;
  }

  // Two differences, extrapolated to step 0: the error is of the fourth order.
  double difference(double& value) {
    const double at = value;
    const auto over = [&](double step) {
      value = at + step;
      const double above = loss();
      value = at - step;
      return (above - loss()) / (2 * step);
    };
    const double wide = over(2 * options_.step), narrow = over(options_.step);
    value = at;
    return narrow + (narrow - wide) / 3;
  }

  void compare(const Compared& tensor, GradientCheck& check) {
    const std::size_t n = tensor.values.size();
    const std::size_t count = options_.most == 0 ? n : std::min<std::size_t>(n, options_.most);
    for (std::size_t j = 0; j < count; ++j) {
      const std::size_t i = j * n / count;
      const double gradient = tensor.grad[i], wanted = difference(tensor.values[i]);
      double error = std::abs(gradient - wanted) / std::max(std::abs(wanted), options_.floor);
      if (!std::isfinite(error)) error = INFINITY;  // NaN would be larger than nothing
      ++check.elements;
      if (!check.worst.empty() && error <= check.error) continue;
      check.worst = tensor.name + " " + place(tensor.shape, i);
      check.gradient = gradient;
      check.difference = wanted;
      check.error = error;
    }
  }

  const Options options_;
  Tape tape_{Dtype::f64};
  std::vector<Tensor> x_;
  Tensor y_;
  std::vector<double> weights_;
  std::vector<Compared> compared_;
  std::vector<std::pair<std::span<double>, std::vector<double>>> before_;
};

}  // namespace

std::string GradientCheck::text() const {
  if (elements == 0) return "no gradients to compare";
  return std::string(passed ? "passed" : "failed") + ": " + std::to_string(elements) +
         " gradients, the worst at " + worst + ": " + print_number(gradient) + " where differences say " +
         print_number(difference) + ", error " + print_number(error);
}

GradientCheck check_gradients(const std::vector<Shape>& inputs,
                              const std::function<Tensor(Tape&, std::span<const Tensor>)>& network,
                              const GradientCheckOptions& options) {
  check(options);
  return Bench(inputs, network, options).run();
}

GradientCheck check_gradients(Module& module, std::int64_t rows, const GradientCheckOptions& options) {
  Shape shape = module.inputs();
  shape.insert(shape.begin(), rows);
  return check_gradients(
      {shape}, [&](Tape& tape, std::span<const Tensor> x) { return module.record(tape, x[0]); }, options);
}

}  // namespace thalweg
