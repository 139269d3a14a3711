// The gradients of cases: functions of the step and of the parameters' present values.
#include <algorithm>
#include <array>
#include <cmath>

#include "thalweg/lab/problem.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

using Tensors = std::vector<Tensor>;

void need(bool kept, const std::string& rule) {
  if (!kept) throw Malformed("gradient: " + rule);
}

std::span<double> value_of(Params& params, std::size_t p) { return params[p].value<double>(); }
std::span<double> grad_of(Params& params, std::size_t p) { return params[p].grad<double>(); }

// The gradient of one parameter from the file; null is absent.
void write_entry(const Json& entry, Parameter& parameter, const std::string& name) {
  parameter.set_absent(entry.is_null());
  if (entry.is_null()) return;
  const std::vector<double> numbers = read_numbers(entry, "gradient");
  need(numbers.size() == parameter.size(), "another number of elements than `" + name + "`");
  std::copy(numbers.begin(), numbers.end(), parameter.grad<double>().begin());
}

void write_entries(const Json& entries, Params& params, const Tensors& tensors) {
  need(entries.is_array() && entries.size() == tensors.size(), "one entry a parameter is wanted");
  for (std::size_t p = 0; p < tensors.size(); ++p) write_entry(entries[p], params[p], tensors[p].name);
}

bool holds_null(const Json& entries) {
  return std::ranges::any_of(entries, [](const Json& entry) { return entry.is_null(); });
}

double leaves(const Json& value) {
  if (!value.is_structured()) return 1;
  double sum = 1;
  for (const Json& element : value) sum += leaves(element);
  return sum;
}

const Json& given(Fields& fields, const std::string& key) {
  const Json* value = fields.find(key);
  need(value != nullptr, "`" + key + "` is missing");
  return *value;
}

double given_number(Fields& fields, const std::string& key) { return read_number(given(fields, key), key); }

// steps[k][param]; the last entry repeats.
Gradient explicit_steps(Fields& fields, const Tensors& tensors) {
  const Json& steps = read_array(given(fields, "steps"), "steps");
  need(!steps.empty(), "`steps` is empty");
  const auto write = [&steps, &tensors](std::uint64_t step, Params& params) {
    write_entries(steps[std::min<std::size_t>(step, steps.size()) - 1], params, tensors);
  };
  return {.write = write, .may_be_absent = std::ranges::any_of(steps, holds_null)};
}

Gradient constant(Fields& fields, const Tensors& tensors) {
  const Json& value = read_array(given(fields, "value"), "value");
  const auto write = [&](std::uint64_t, Params& params) { write_entries(value, params, tensors); };
  return {.write = write, .may_be_absent = holds_null(value)};
}

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// Linear(2, 3), sigmoid, Linear(3, 1), sigmoid; the loss is the sum of the outputs over the inputs.
void add_net_2_3_1(std::span<const double> x, Params& params) {
  const auto w1 = value_of(params, 0), b1 = value_of(params, 1), w2 = value_of(params, 2);
  std::array<double, 3> hidden{};
  double sum = value_of(params, 3)[0];
  for (std::size_t i = 0; i < 3; ++i) {
    hidden[i] = sigmoid(w1[2 * i] * x[0] + w1[2 * i + 1] * x[1] + b1[i]);
    sum += w2[i] * hidden[i];
  }
  const double y = sigmoid(sum);
  const double dy = y * (1.0 - y);
  grad_of(params, 3)[0] += dy;
  for (std::size_t i = 0; i < 3; ++i) {
    const double dh = dy * w2[i] * hidden[i] * (1.0 - hidden[i]);
    grad_of(params, 2)[i] += dy * hidden[i];
    grad_of(params, 1)[i] += dh;
    grad_of(params, 0)[2 * i] += dh * x[0];
    grad_of(params, 0)[2 * i + 1] += dh * x[1];
  }
}

void clear_grads(Params& params) {
  for (Parameter& parameter : params) std::ranges::fill(parameter.grad<double>(), 0.0);
}

Gradient net_2_3_1(Fields& fields, const Tensors& tensors) {
  const std::vector<double> inputs = read_numbers(given(fields, "inputs"), "inputs");
  need(inputs.size() % 2 == 0, "`inputs` are not pairs");
  constexpr std::array<std::size_t, 4> kSizes = {6, 3, 3, 1};
  need(std::ranges::equal(tensors, kSizes, {}, [](const Tensor& t) { return t.init.size(); }),
       "the network has weights of 3x2, 3, 1x3 and 1");
  return {.write = [inputs](std::uint64_t, Params& params) {
    clear_grads(params);
    for (std::size_t i = 0; i < inputs.size(); i += 2) add_net_2_3_1({&inputs[i], 2}, params);
  }};
}

// A linear map: where its weight and its bias stand among the parameters, and how the weight lies in memory.
struct Linear {
  std::size_t weight = 0;
  std::size_t bias = 0;
  bool has_bias = false;
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t per_in = 0;   // from one input's weight to the next one's
  std::size_t per_out = 0;  // likewise for outputs
};

Linear linear_of(Fields& fields, const Tensors& tensors) {
  const std::string layout = fields.text("layout", "out_in");
  need(layout == "out_in" || layout == "in_out", "`layout` is in_out or out_in");
  need(tensors.size() == 1 || tensors.size() == 2, "a linear map has a weight and perhaps a bias");
  Linear linear;
  linear.weight = tensors[0].shape.size() == 2 ? 0 : tensors.size() - 1;
  const Shape& shape = tensors[linear.weight].shape;
  need(shape.size() == 2, "the weight of a linear map is a matrix");
  const bool out_first = layout == "out_in";
  linear.out = static_cast<std::size_t>(shape[out_first ? 0 : 1]);
  linear.in = static_cast<std::size_t>(shape[out_first ? 1 : 0]);
  linear.per_in = out_first ? 1 : linear.out;
  linear.per_out = out_first ? linear.in : 1;
  linear.has_bias = tensors.size() == 2;
  linear.bias = 1 - linear.weight;
  need(!linear.has_bias || tensors[linear.bias].init.size() == linear.out,
       "the bias has one number an output");
  return linear;
}

// Adds the gradient of the loss whose derivative by output `o` is dy(o), for one input row.
void add_linear(const Linear& linear, std::span<const double> x, std::span<const double> dy, Params& params) {
  const std::span<double> weight = grad_of(params, linear.weight);
  for (std::size_t o = 0; o < linear.out; ++o) {
    for (std::size_t i = 0; i < linear.in; ++i) {
      weight[o * linear.per_out + i * linear.per_in] += dy[o] * x[i];
    }
    if (linear.has_bias) grad_of(params, linear.bias)[o] += dy[o];
  }
}

// The loss is the sum of all outputs; inputs[k] is the batch of step k, the last one repeats.
Gradient linear_sum(Fields& fields, const Tensors& tensors) {
  const Json& inputs = read_array(given(fields, "inputs"), "inputs");
  need(!inputs.empty(), "`inputs` is empty");
  const Linear linear = linear_of(fields, tensors);
  return {.write = [&inputs, linear](std::uint64_t step, Params& params) {
    clear_grads(params);
    const std::vector<double> ones(linear.out, 1.0);
    for (const Json& row : read_array(inputs[std::min<std::size_t>(step, inputs.size()) - 1], "inputs")) {
      const std::vector<double> x = read_numbers(row, "inputs");
      need(x.size() == linear.in, "an input has another size than the weight");
      add_linear(linear, x, ones, params);
    }
  }};
}

// Twice the residuals of one row: the derivatives of the sum of their squares by the outputs.
std::vector<double> residuals(const Linear& linear, std::span<const double> x, std::span<const double> y,
                              Params& params) {
  std::vector<double> out(linear.out);
  const std::span<const double> weight = value_of(params, linear.weight);
  for (std::size_t o = 0; o < linear.out; ++o) {
    double sum = linear.has_bias ? value_of(params, linear.bias)[o] : 0.0;
    for (std::size_t i = 0; i < linear.in; ++i) sum += weight[o * linear.per_out + i * linear.per_in] * x[i];
    out[o] = 2.0 * (sum - y[o]);
  }
  return out;
}

// The loss is the sum of squared errors of all rows, the same at every step.
Gradient linreg_sse(Fields& fields, const Tensors& tensors) {
  const Linear linear = linear_of(fields, tensors);
  const auto rows = [&](const char* key, const char* other) {
    const std::string there = fields.find(key) != nullptr ? key : other;
    return read_numbers(given(fields, there), there);
  };
  const std::vector<double> x = rows("x", "inputs"), y = rows("y", "targets");
  need(linear.in > 0 && linear.out > 0 && x.size() % linear.in == 0 && y.size() % linear.out == 0 &&
           x.size() / linear.in == y.size() / linear.out,
       "`x` and `y`, or `inputs` and `targets`, do not fit the weight");
  return {.write = [x, y, linear](std::uint64_t, Params& params) {
    clear_grads(params);
    for (std::size_t row = 0; row * linear.in < x.size(); ++row) {
      const std::span<const double> inputs(&x[row * linear.in], linear.in);
      const std::span<const double> targets(&y[row * linear.out], linear.out);
      add_linear(linear, inputs, residuals(linear, inputs, targets, params), params);
    }
  }};
}

std::vector<std::vector<double>> per_tensor(Fields& fields, const std::string& key, const Tensors& tensors) {
  const Json& entries = read_array(given(fields, key), key);
  need(entries.size() == tensors.size(), "`" + key + "` wants one entry a parameter");
  std::vector<std::vector<double>> out;
  for (std::size_t p = 0; p < tensors.size(); ++p) {
    out.push_back(read_numbers(entries[p], key));
    need(out[p].size() == tensors[p].init.size(),
         "`" + key + "` has another size than `" + tensors[p].name + "`");
  }
  return out;
}

// Sum of coef * (p - center)^2.
Gradient quadratic(Fields& fields, const Tensors& tensors) {
  const auto coef = per_tensor(fields, "coef", tensors);
  const auto center = per_tensor(fields, "center", tensors);
  return {.write = [coef, center](std::uint64_t, Params& params) {
    for (std::size_t p = 0; p < params.size(); ++p) {
      for (std::size_t i = 0; i < params[p].size(); ++i) {
        grad_of(params, p)[i] = 2.0 * coef[p][i] * (value_of(params, p)[i] - center[p][i]);
      }
    }
  }};
}

Gradient sine(Fields& fields, const Tensors&) {
  const double amplitude = given_number(fields, "amplitude"), index = given_number(fields, "index");
  const double per_step = given_number(fields, "step"), per_param = given_number(fields, "param");
  return {.write = [=](std::uint64_t step, Params& params) {
    const double phase = per_step * static_cast<double>(step);
    for (std::size_t p = 0; p < params.size(); ++p) {
      for (std::size_t i = 0; i < params[p].size(); ++i) {
        grad_of(params, p)[i] = amplitude * std::sin(index * static_cast<double>(i + 1) + phase +
                                                     per_param * static_cast<double>(p));
      }
    }
  }};
}

// x'Ax/2 - b'x, of which only the symmetric part of A matters.
Gradient quadratic_form(Fields& fields, const Tensors& tensors) {
  const std::vector<double> a = read_numbers(given(fields, "A"), "A");
  const std::vector<double> b = read_numbers(given(fields, "b"), "b");
  const std::size_t n = b.size();
  need(tensors.size() == 1 && tensors[0].init.size() == n && a.size() == n * n,
       "one vector, an `A` and a `b` of its size are wanted");
  return {.write = [a, b, n](std::uint64_t, Params& params) {
    for (std::size_t i = 0; i < n; ++i) {
      double sum = -b[i];
      for (std::size_t j = 0; j < n; ++j) sum += 0.5 * (a[i * n + j] + a[j * n + i]) * value_of(params, 0)[j];
      grad_of(params, 0)[i] = sum;
    }
  }};
}

Gradient rosenbrock(Fields&, const Tensors& tensors) {
  need(tensors.size() == 1, "one vector is wanted");
  const Problem problem("rosenbrock(dimension=" + std::to_string(tensors[0].init.size()) + ")");
  return {.write = [problem](std::uint64_t, Params& params) {
    problem.gradient(value_of(params, 0), grad_of(params, 0));
  }};
}

struct Kind {
  std::string_view name;
  Gradient (*make)(Fields& fields, const Tensors& tensors);
  bool one_entry_a_step = false;  // a call reads one entry of the file, not all of it
};

constexpr Kind kKinds[] = {
    {"constant", constant, true},       {"explicit", explicit_steps, true}, {"linear_sum", linear_sum},
    {"linreg_sse", linreg_sse},         {"net_2_3_1", net_2_3_1},           {"quadratic", quadratic},
    {"quadratic_form", quadratic_form}, {"rosenbrock", rosenbrock},         {"sin", sine},
};

}  // namespace

Gradient make_gradient(const Json& json, const std::vector<Tensor>& tensors) {
  const std::string name = read_string(member(json, "kind"), "gradient kind");
  const Kind* found = find_named(kKinds, name);
  if (found == nullptr) throw Skip("gradient " + name);
  Fields fields(json, "gradient " + name);
  fields.find("kind");
  Gradient gradient = found->make(fields, tensors);
  fields.skip_unread();
  if (!found->one_entry_a_step) gradient.cost = leaves(json);
  for (const Tensor& tensor : tensors) gradient.cost += static_cast<double>(tensor.init.size());
  return gradient;
}

}  // namespace thalweg::oracle
