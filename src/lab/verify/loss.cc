// The losses of cases. A case is taken row by row, a row being what has one loss of its own before the
// reduction: an element, a position with its classes, a pair or triple of vectors. What a mean divides by is
// the engine's Loss::mass.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/spec.h"
#include "thalweg/error.h"
#include "thalweg/loss.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

using Sizes = std::vector<std::size_t>;

std::size_t product(std::span<const std::size_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::size_t{1}, std::multiplies<>());
}

constexpr double kMostElements = 1 << 24;  // of a case

struct Array {
  std::string name;
  Sizes shape;
  std::vector<double> values;
};

void need(bool kept, const std::string& rule) {
  if (!kept) throw Malformed(rule);
}

Array read_array_of(const Json& json, const std::string& what) {
  Array out{json.contains("name") ? read_string(json.at("name"), what) : what, {}, {}};
  double elements = 1;
  for (const double size : read_numbers(read_array(member(json, "shape"), "shape"), "shape")) {
    elements *= size;
    need(size >= 0 && size == std::trunc(size) && std::max(size, elements) <= kMostElements,
         "`" + out.name + "` has an impossible shape");
    out.shape.push_back(static_cast<std::size_t>(size));
  }
  out.values = read_numbers(member(json, "values"), out.name);
  need(out.values.size() == product(out.shape), "`" + out.name + "` has another size than its shape");
  return out;
}

std::vector<Array> read_arrays(const Json& test, const char* key) {
  std::vector<Array> out;
  for (const Json& one : read_array(member(test, key), key)) out.push_back(read_array_of(one, key));
  return out;
}

// The shape to which all of them can be stretched, as NumPy has it.
Sizes broadcast(const std::vector<Sizes>& shapes) {
  Sizes out;
  for (const Sizes& shape : shapes) {
    if (shape.size() > out.size()) out.insert(out.begin(), shape.size() - out.size(), 1);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      std::size_t& size = out[out.size() - shape.size() + i];
      need(size == shape[i] || size == 1 || shape[i] == 1, "the shapes do not fit together");
      size = size == 1 ? shape[i] : size;
    }
  }
  double elements = 1;
  for (const std::size_t size : out) elements *= static_cast<double>(size);
  need(elements <= kMostElements, "the shapes make too many elements");
  return out;
}

// Which element of a tensor is at an element of the shape that it is stretched to.
std::size_t stretched(std::size_t at, const Sizes& to, const Sizes& shape) {
  std::size_t out = 0, stride = 1;
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::size_t place = at % to[to.size() - 1 - i];
    at /= to[to.size() - 1 - i];
    if (i >= shape.size()) continue;
    const std::size_t size = shape[shape.size() - 1 - i];
    if (size > 1) out += stride * place;
    stride *= size;
  }
  return out;
}

// One number of the predictions: which input it is from.
struct Cell {
  std::size_t input, element;
};

// A case cut into rows.
struct Rows {
  std::size_t columns = 1;
  std::vector<Cell> cells = {};  // rows x columns
  std::vector<std::int32_t> labels = {};
  std::vector<double> values = {};  // rows x values of a row
  Sizes shape = {};                 // of the losses without a reduction

  std::size_t size() const { return cells.size() / columns; }
};

using Arrays = std::vector<Array>;

std::int32_t to_label(double value) {
  need(value == std::trunc(value) && std::abs(value) < 1e9, "a target is no label");
  return static_cast<std::int32_t>(value);
}

// A variance may lack the last axis of what it is for.
Rows elements(Arrays inputs, const Arrays& targets) {
  if (inputs.size() == 2 && inputs[1].shape.size() + 1 == inputs[0].shape.size() &&
      std::equal(inputs[1].shape.begin(), inputs[1].shape.end(), inputs[0].shape.begin())) {
    inputs[1].shape.push_back(1);
  }
  need(targets.size() == 1, "one target is wanted");
  Rows out{inputs.size()};
  std::vector<Sizes> shapes = {targets[0].shape};
  for (const Array& input : inputs) shapes.push_back(input.shape);
  out.shape = broadcast(shapes);
  for (std::size_t at = 0; at < product(out.shape); ++at) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      out.cells.push_back({i, stretched(at, out.shape, inputs[i].shape)});
    out.values.push_back(targets[0].values[stretched(at, out.shape, targets[0].shape)]);
  }
  return out;
}

// Classes are the second axis, or the only one.
Rows classes(Arrays inputs, const Arrays& targets) {
  need(inputs.size() == 1 && targets.size() == 1 && !inputs[0].shape.empty(),
       "one input with classes and one target are wanted");
  const Sizes& shape = inputs[0].shape;
  const std::size_t axis = shape.size() > 1 ? 1 : 0;
  Rows out{shape[axis]};
  const std::size_t after = product(std::span(shape).subspan(axis + 1));
  const bool shares = targets[0].shape == shape;
  need(out.columns > 0 && (shares || targets[0].values.size() * out.columns == inputs[0].values.size()),
       "the target has another size than the input");
  out.shape = shape;
  out.shape.erase(out.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  for (std::size_t row = 0; row < inputs[0].values.size() / out.columns; ++row) {
    if (!shares) out.labels.push_back(to_label(targets[0].values[row]));
    for (std::size_t c = 0; c < out.columns; ++c) {
      const std::size_t element = (row / after * out.columns + c) * after + row % after;
      out.cells.push_back({0, element});
      if (shares) out.values.push_back(targets[0].values[element]);
    }
  }
  return out;
}

// Vectors are the last axis.
Rows vectors(Arrays inputs, const Arrays& targets) {
  std::vector<Sizes> shapes;
  std::size_t size = 0;
  for (Array& input : inputs) {
    need(!input.shape.empty() && (size == 0 || size == input.shape.back()), "vectors of one size are wanted");
    size = input.shape.back();
    input.shape.pop_back();
    shapes.push_back(input.shape);
  }
  for (const Array& target : targets) shapes.push_back(target.shape);
  Rows out{inputs.size() * size};
  need(out.columns > 0, "the vectors are empty");
  out.shape = broadcast(shapes);
  for (std::size_t at = 0; at < product(out.shape); ++at) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::size_t vector = stretched(at, out.shape, inputs[i].shape);
      for (std::size_t j = 0; j < size; ++j) out.cells.push_back({i, vector * size + j});
    }
    for (const Array& target : targets)
      out.values.push_back(target.values[stretched(at, out.shape, target.shape)]);
  }
  return out;
}

struct Known {
  std::string_view name;
  std::string_view text;  // without its closing bracket
  std::size_t inputs;
  Rows (*cut)(Arrays inputs, const Arrays& targets);
  bool per_element = false;  // weights are those of elements
};

constexpr Known kKnown[] = {
    {"binary_cross_entropy", "bce(true", 1, elements, true},
    {"binary_cross_entropy_with_logits", "bce(", 1, elements, true},
    {"cosine_embedding_loss", "cosine_embedding({margin|0}", 2, vectors},
    {"cross_entropy", "cross_entropy({label_smoothing|0}, ignore={ignore_index|-100}", 1, classes},
    {"gaussian_nll_loss", "gaussian_nll({full:false/true}, eps={eps|1e-6}", 2, elements},
    {"hinge_embedding_loss", "hinge_embedding({margin|1}", 1, elements},
    {"huber_loss", "huber({delta|1}", 1, elements, true},
    {"kl_div", "kl_div({log_target:false/true}", 1, elements},
    {"l1_loss", "mae(", 1, elements, true},
    {"log_cosh", "log_cosh(", 1, elements},
    {"mse_loss", "mse(", 1, elements, true},
    {"multi_margin_loss", "multi_margin({p|1}, margin={margin|1}", 1, classes},
    {"nll_loss", "nll(ignore={ignore_index|-100}", 1, classes},
    {"poisson_nll_loss", "poisson_nll({log_input:true/false}, full={full:false/true}, eps={eps|1e-8}", 1,
     elements},
    {"quantile", "quantile({q|0.5}", 1, elements},
    {"sigmoid_focal_loss", "focal({gamma|2}, alpha={alpha|0.25}", 1, elements},
    {"smooth_l1_loss", "smooth_l1({beta|1}", 1, elements},
    {"triplet_margin_loss", "triplet_margin({margin|1}, p={p|2}, eps={eps|1e-6}, swap={swap:false/true}", 3,
     vectors},
};

// The texts of all rows: one, or one for each where elements have weights of their own.
class Texts {
 public:
  Texts(Fields& options, const Known& known, const Rows& rows)
      : begin_(options.fill(known.text)), rows_(rows), per_element_(known.per_element) {
    if (known.text == "bce(") add(options, "pos_weight");
    add(options, "weight");
  }

  std::string of(std::size_t row) const {
    std::string out = begin_;
    for (const List& list : lists_) {
      const std::string numbers = per_element_
                                      ? list_text({list.values[stretched(row, rows_.shape, list.shape)]})
                                      : list_text(list.values);
      out += (out.ends_with('(') ? "" : ", ") + list.name + "=" + numbers;
    }
    return out + ")";
  }
  bool same() const { return lists_.empty() || !per_element_; }

 private:
  struct List {
    std::string name;
    Sizes shape;
    std::vector<double> values;
  };

  void add(Fields& options, const std::string& name) {
    const Json* json = options.find(name);
    if (json == nullptr) return;
    List list{name, {}, read_numbers(*json, name)};
    for (const Json* level = json; level->is_array() && !level->empty(); level = &level->front())
      list.shape.push_back(level->size());
    const bool flat = list.shape.size() == 1 && !rows_.shape.empty() && list.shape[0] != rows_.shape.back();
    if (flat && list.values.size() == product(rows_.shape)) list.shape = rows_.shape;
    need(list.values.size() == product(list.shape), "`" + name + "` is no array");
    need(!per_element_ || broadcast({rows_.shape, list.shape}) == rows_.shape,
         "`" + name + "` does not fit the input");
    lists_.push_back(std::move(list));
  }

  std::string begin_;
  const Rows& rows_;
  bool per_element_;
  std::vector<List> lists_;
};

// What the losses of the rows are multiplied by for the gradient, and divided by for the value.
struct Reduction {
  std::vector<double> upstream;  // of the reduction none; else empty
  double divisor = 1;

  double scale(std::size_t row) const { return upstream.empty() ? 1 / divisor : upstream[row]; }
};

double mass_of(const std::vector<Loss>& losses, const Rows& rows) {
  double mass = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    Targets targets;
    if (!rows.labels.empty()) targets.labels = std::span(rows.labels).subspan(row, 1);
    mass += losses[losses.size() == 1 ? 0 : row].mass(targets, 1);
  }
  return mass;
}

Reduction reduction_of(const Json& test, const std::vector<Loss>& losses, const Rows& rows) {
  const std::string name = read_string(member(test, "reduction"), "reduction");
  if (name == "none") {
    Reduction out{read_numbers(member(test, "upstream"), "upstream")};
    need(out.upstream.size() == rows.size(), "`upstream` has another size than the losses");
    return out;
  }
  if (name == "sum") return {};
  if (name == "mean") return {{}, mass_of(losses, rows)};
  if (name != "batchmean") throw Skip("reduction " + name);
  return {{}, rows.shape.empty() ? 1.0 : static_cast<double>(rows.shape[0])};
}

std::vector<Loss> make_losses(const Texts& texts, std::size_t rows) {
  std::vector<Loss> out;
  for (std::size_t row = 0; row < (texts.same() ? 1 : rows); ++row) out.emplace_back(texts.of(row));
  return out;
}

void replay(const Json& test, const std::vector<Loss>& losses, const Rows& rows, const Arrays& inputs,
            Comparison& comparison) {
  const Reduction reduction = reduction_of(test, losses, rows);
  const std::size_t columns = rows.columns, n = rows.size();
  std::vector<std::vector<double>> gradients;
  for (const Array& input : inputs) gradients.emplace_back(input.values.size());
  std::vector<double> p(columns), grad(columns), each;
  for (std::size_t row = 0; row < n; ++row) {
    const std::span<const Cell> cells = std::span(rows.cells).subspan(row * columns, columns);
    std::ranges::transform(cells, p.begin(),
                           [&](const Cell& c) { return inputs[c.input].values[c.element]; });
    Targets targets;
    const std::size_t width = rows.values.size() / n;
    targets.exact = std::span(rows.values).subspan(row * width, width);
    if (!rows.labels.empty()) targets.labels = std::span(rows.labels).subspan(row, 1);
    const Loss& loss = losses[losses.size() == 1 ? 0 : row];
    each.push_back(loss.evaluate(p, columns, targets, reduction.scale(row), grad));
    for (std::size_t j = 0; j < columns; ++j) gradients[cells[j].input][cells[j].element] += grad[j];
  }
  if (reduction.upstream.empty()) each = {std::accumulate(each.begin(), each.end(), 0.0) / reduction.divisor};
  const std::vector<double> value = read_numbers(member(member(test, "value"), "values"), "value");
  need(value.size() == each.size(), "`value` has another size than the losses");
  for (std::size_t i = 0; i < each.size(); ++i) comparison.add(0, "value", i, each[i], value[i]);
  for (const Json& wanted : read_array(member(test, "gradients"), "gradients")) {
    const std::string name = read_string(member(wanted, "name"), "gradients");
    const auto input = std::ranges::find(inputs, name, &Array::name);
    need(input != inputs.end(), "a gradient of `" + name + "`, which is no input");
    const std::vector<double>& got = gradients[static_cast<std::size_t>(input - inputs.begin())];
    const std::vector<double> want = read_numbers(member(wanted, "values"), name);
    need(want.size() == got.size(), "the gradient of `" + name + "` has another size");
    for (std::size_t i = 0; i < got.size(); ++i) comparison.add(0, name, i, got[i], want[i]);
  }
}

}  // namespace

void replay_loss(const Json& test, Comm*, Comparison& comparison) {
  const std::string name = read_string(member(test, "loss"), "loss");
  const Known* known = find_named(kKnown, name);
  if (known == nullptr) throw Skip("loss " + name);
  const Json none = Json::object();
  Fields options(test.contains("options") ? test.at("options") : none, "loss " + name);
  options.find("target");  // says whether class targets are labels, as their shape does
  const Arrays inputs = read_arrays(test, "inputs");
  need(inputs.size() == known->inputs, "another number of inputs than the loss has");
  const Rows rows = known->cut(inputs, read_arrays(test, "targets"));
  const Texts texts(options, *known, rows);
  options.skip_unread();
  need(rows.size() > 0, "there are no losses");
  try {
    replay(test, make_losses(texts, rows.size()), rows, inputs, comparison);
  } catch (const Error& error) {
    throw Skip("refused by design: " + refusal(error));
  }
}

}  // namespace thalweg::oracle
