// sum, mean and expand: a large tensor and a small one that lacks some of its dimensions. A sum folds the
// large one into the small one; its gradient, and expand, spread the small one out; the gradient of expand is
// a sum.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/threads.h"
#include "nn/ops/shapes.h"
#include "nn/ops/sums.h"
#include "nn/tape.h"
#include "thalweg/arithmetic.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

constexpr std::size_t kColumns = 64;     // of runs that stay, summed at a time
constexpr std::size_t kGrain = 1 << 14;  // elements of the large tensor that are worth a thread's while

// Which elements of the large tensor meet in which of the small one. Its last dimensions are a run, which is
// folded or stays as a whole; `stays` and `folds` say where runs begin.
struct Fold : Prepared {
  std::size_t run = 1;
  bool run_stays = false;
  std::vector<std::size_t> stays = {0}, folds = {0};
  double divisor = 1;

  // Parts of the small tensor, each one thread's: of a run that stays some of its columns.
  std::size_t columns() const { return run_stays ? std::min(run, kColumns) : 1; }
  std::size_t parts_of_run() const { return run_stays ? (run + kColumns - 1) / kColumns : 1; }
  std::size_t parts() const { return stays.size() * parts_of_run(); }
  std::size_t grain() const {
    const std::size_t each = folds.size() * (run_stays ? columns() : run);
    return std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, each));
  }
};

// Every offset of `offsets` again for each place of a dimension outside of them.
std::vector<std::size_t> repeated(const std::vector<std::size_t>& offsets, std::size_t size,
                                  std::size_t step) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < size; ++i) {
    for (const std::size_t offset : offsets) out.push_back(i * step + offset);
  }
  return out;
}

std::unique_ptr<Fold> make_fold(const Shape& shape, const std::vector<char>& folded) {
  auto fold = std::make_unique<Fold>();
  std::size_t step = 1;
  bool in_run = true, begun = false;
  for (std::size_t i = shape.size(); i-- > 0;) {
    const auto size = static_cast<std::size_t>(shape[i]);
    if (size == 1) continue;
    const bool stays = folded[i] == 0;
    if (!begun) fold->run_stays = stays;
    begun = true;
    in_run = in_run && stays == fold->run_stays;
    if (in_run) {
      fold->run *= size;
    } else {
      auto& offsets = stays ? fold->stays : fold->folds;
      offsets = repeated(offsets, size, step);
    }
    step *= size;
  }
  return fold;
}

// Calls f(first element of the small tensor, first of the large one, columns) for each part.
template <class F>
void for_each_part_of(Team& team, const Fold& fold, const F& f) {
  const std::size_t each = fold.parts_of_run();
  for_each_part(team, fold.parts(), fold.grain(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = begin; part < end; ++part) {
      const std::size_t i = part / each, column = part % each * kColumns;
      const std::size_t width = fold.run_stays ? fold.run : 1;
      f(i * width + column, fold.stays[i] + column, fold.run_stays ? std::min(kColumns, width - column) : 1);
    }
  });
}

// small = the sums of large, divided.
template <class T>
void fold_into(Team& team, const Fold& fold, const T* large, Sink<T> small) {
  for_each_part_of(team, fold, [&](std::size_t to, std::size_t from, std::size_t columns) {
    std::array<double, kColumns> sums{};
    for (const std::size_t offset : fold.folds) {
      const T* x = large + from + offset;
      if (fold.run_stays) {
        for (std::size_t j = 0; j < columns; ++j) sums[j] += static_cast<double>(x[j]);
      } else {
        sums[0] += sum_of(fold.run, [=](std::size_t j) { return static_cast<double>(x[j]); });
      }
    }
    write(Sink<T>{small.data + to, small.add}, 0, columns,
          [&](std::size_t j) { return static_cast<T>(sums[j] / fold.divisor); });
  });
}

// large = the element of small that it belongs to, divided.
template <class T>
void spread_out(Team& team, const Fold& fold, const T* small, Sink<T> large) {
  const T divisor = static_cast<T>(fold.divisor);
  for_each_part_of(team, fold, [&](std::size_t from, std::size_t to, std::size_t columns) {
    const T* x = small + from;
    for (const std::size_t offset : fold.folds) {
      const Sink<T> here{large.data + to + offset, large.add};
      if (fold.run_stays) {
        write(here, 0, columns, [=](std::size_t j) { return x[j] / divisor; });
      } else {
        const T one = x[0] / divisor;
        write(here, 0, fold.run, [=](std::size_t) { return one; });
      }
    }
  });
}

template <class T>
void sum_forward(Call& call) {
  fold_into(call.team(), call.prepared<Fold>(), call.input<T>(0), Sink<T>{call.value<T>(), false});
}
template <class T>
void sum_backward(Call& call) {
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data != nullptr) spread_out(call.team(), call.prepared<Fold>(), call.grad<T>(), dx);
}
constexpr Op kSum{{sum_forward<float>, sum_forward<double>}, {sum_backward<float>, sum_backward<double>}};

template <class T>
void expand_forward(Call& call) {
  spread_out(call.team(), call.prepared<Fold>(), call.input<T>(0), Sink<T>{call.value<T>(), false});
}
template <class T>
void expand_backward(Call& call) {
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data != nullptr) fold_into(call.team(), call.prepared<Fold>(), call.grad<T>(), dx);
}
constexpr Op kExpand{{expand_forward<float>, expand_forward<double>},
                     {expand_backward<float>, expand_backward<double>}};

Tensor record_sum(Tape& tape, Tensor x, const char* name, const std::vector<int>& axes, bool keep,
                  bool divide) {
  const Shape shape = tape.shape(x);
  std::vector<char> folded(shape.size(), axes.empty() ? 1 : 0);
  for (const int axis : axes) {
    char& here = folded[checked_axis(name, axis, shape)];
    if (here != 0) {
      throw Error(Code::usage, {name, "an axis is named twice",
                                std::to_string(axis) + " of " + print_shape(shape), "each axis once", ""});
    }
    here = 1;
  }
  Shape small;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (folded[i] == 0) small.push_back(shape[i]);
    if (folded[i] != 0 && keep) small.push_back(1);
  }
  std::unique_ptr<Fold> fold = make_fold(shape, folded);
  for (std::size_t i = 0; divide && i < shape.size(); ++i)
    fold->divisor *= folded[i] != 0 ? static_cast<double>(shape[i]) : 1.0;
  return tape.impl().add(kSum, {{row_major(tape, x)}}, std::move(small), std::move(fold));
}

}  // namespace

Tensor sum(Tape& tape, Tensor x, const std::vector<int>& axes, bool keep) {
  return record_sum(tape, x, "sum", axes, keep, false);
}
Tensor mean(Tape& tape, Tensor x, const std::vector<int>& axes, bool keep) {
  return record_sum(tape, x, "mean", axes, keep, true);
}

Tensor expand(Tape& tape, Tensor x, Shape shape) {
  const Shape small = tape.shape(x);
  if (small == shape) return x;
  if (small.size() > shape.size() || broadcast("expand", small, shape) != shape) {
    throw Error(Code::usage,
                {"expand", "the shape does not fit", print_shape(small) + " to " + print_shape(shape),
                 "sizes that are equal, or 1 in x, from the last dimension on", ""});
  }
  std::vector<char> folded(shape.size(), 1);
  const std::size_t missing = shape.size() - small.size();
  for (std::size_t i = 0; i < small.size(); ++i) folded[missing + i] = small[i] != shape[missing + i] ? 1 : 0;
  std::unique_ptr<Fold> fold = make_fold(shape, folded);
  return tape.impl().add(kExpand, {{row_major(tape, x)}}, std::move(shape), std::move(fold));
}

}  // namespace thalweg
