// thalweg_optimizer_...: state as tensors, checkpoints.
#include "c_abi/call.h"
#include "c_abi/objects.h"
#include "thalweg/checkpoint.h"

namespace thalweg::c {
namespace {

BoundOptimizer& bound(const thalweg_optimizer* handle) {
  return object_of<BoundOptimizer>(Kind::optimizer, handle);
}

template <class T>
const T& at(const std::vector<T>& all, std::size_t index, const char* count) {
  if (index < all.size()) return all[index];
  throw Error(Code::usage, {"index", "there is no such state", std::to_string(index),
                            "below " + std::to_string(all.size()) + ", what " + count + " gives", ""});
}

}  // namespace
}  // namespace thalweg::c

using namespace thalweg;     // NOLINT: the functions below stand in no namespace
using namespace thalweg::c;  // NOLINT

thalweg_status thalweg_optimizer_state_bytes(thalweg_optimizer* optimizer, uint64_t* bytes) {
  return call([&] { need(bytes, "bytes") = bound(optimizer).optimizer->state_bytes(); });
}

thalweg_status thalweg_optimizer_state_count(thalweg_optimizer* optimizer, size_t* count) {
  return call([&] {
    BoundOptimizer& o = bound(optimizer);
    o.state = o.optimizer->state();
    need(count, "count") = o.state.size();
  });
}

thalweg_status thalweg_optimizer_state(thalweg_optimizer* optimizer, size_t index, thalweg_tensor* state) {
  return call([&] {
    BoundOptimizer& o = bound(optimizer);
    if (o.state.empty()) o.state = o.optimizer->state();
    const StateTensor& one = at(o.state, index, "thalweg_optimizer_state_count");
    write_struct(state, tensor_of(one.name, one.buffer));
  });
}

thalweg_status thalweg_optimizer_number_count(thalweg_optimizer* optimizer, size_t* count) {
  return call([&] {
    BoundOptimizer& o = bound(optimizer);
    o.numbers = o.optimizer->numbers();
    need(count, "count") = o.numbers.size();
  });
}

thalweg_status thalweg_optimizer_number(thalweg_optimizer* optimizer, size_t index, thalweg_tensor* number) {
  return call([&] {
    BoundOptimizer& o = bound(optimizer);
    o.numbers = o.optimizer->numbers();  // whoever writes one is told of to the cohorts
    const StateNumber& one = at(o.numbers, index, "thalweg_optimizer_number_count");
    write_struct(number, tensor_of(one.name, {.data = one.value, .dtype = Dtype::f64}));
  });
}
