#include "device/inspect.h"

#include <cmath>

namespace thalweg {
namespace {

template <class T>
Found look_at(T* grad, std::size_t number, std::size_t begin, std::size_t end, bool zero) {
  Found found;
  for (std::size_t i = begin; i < end; ++i) {
    if (std::isfinite(grad[i])) continue;
    found.add({1, number, i});
    if (zero) grad[i] = 0;
  }
  return found;
}

}  // namespace

void Inspector::look(int member, Dtype dtype, void* grad, std::size_t number, std::size_t begin,
                     std::size_t end, bool zero) {
  Found& found = found_[static_cast<std::size_t>(member)].found;
  if (dtype == Dtype::f32) found.add(look_at(static_cast<float*>(grad), number, begin, end, zero));
  if (dtype == Dtype::f64) found.add(look_at(static_cast<double*>(grad), number, begin, end, zero));
}

}  // namespace thalweg
