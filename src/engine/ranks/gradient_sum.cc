#include "ranks/gradient_sum.h"

#include <cstring>
#include <utility>

#include "transforms/transform.h"

namespace thalweg {
namespace {

constexpr std::size_t kGrain = 16 * kBlock;  // elements that one thread adds at a time

template <class T>
void add_from(const std::byte* from, std::byte* to, std::size_t begin, std::size_t end) {
  const T* a = reinterpret_cast<const T*>(from);
  T* b = reinterpret_cast<T*>(to);
  for (std::size_t i = begin; i < end; ++i) b[i] = a[i] + b[i];
}

std::byte* gradient_of(const Parameter& parameter) {
  return parameter.absent() || parameter.frozen() ? nullptr
                                                  : static_cast<std::byte*>(parameter.grad_buffer().data);
}

}  // namespace

void GradientSum::begin(std::size_t shards, Slice mine) {
  for (Part& part : parts_) spare_.push_back(std::move(part));
  if (next_ == mine_.end && !parts_.empty()) spare_.pop_back();  // the last one lay in the parameters
  parts_.clear();
  root_ = {0, shards};
  mine_ = mine;
  next_ = mine.begin;
}

GradientSum::Part& GradientSum::place_for(const ShardNode& node) {
  if (spare_.empty()) {
    Part fresh;
    for (const Parameter& parameter : params_) {
      fresh.gradients.push_back(
          static_cast<std::byte*>(arena_.allocate(parameter.size() * size_of(parameter.dtype()))));
    }
    spare_.push_back(std::move(fresh));
  }
  parts_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  parts_.back().node = node;
  return parts_.back();
}

void GradientSum::add_to_gradients(const Part& part) {
  for (std::size_t p = 0; p < params_.size(); ++p) {
    std::byte* to = gradient_of(params_[p]);
    if (to == nullptr) continue;
    const auto add = params_[p].dtype() == Dtype::f64 ? add_from<double> : add_from<float>;
    for_each_part(team_, params_[p].size(), kGrain,
                  [&](std::size_t begin, std::size_t end) { add(part.gradients[p], to, begin, end); });
  }
}

void GradientSum::add() {
  ShardNode node{next_++, 1};
  for (auto left = left_neighbour(root_, node); left && !parts_.empty() && parts_.back().node == *left;
       left = left_neighbour(root_, node)) {
    add_to_gradients(parts_.back());
    spare_.push_back(std::move(parts_.back()));
    parts_.pop_back();
    node = {left->first, left->count + node.count};
  }
  if (next_ == mine_.end) {
    parts_.push_back({node, {}});
    for (const Parameter& parameter : params_) parts_.back().gradients.push_back(gradient_of(parameter));
    return;
  }
  const Part& to = place_for(node);
  for (std::size_t p = 0; p < params_.size(); ++p) {
    const std::byte* from = gradient_of(params_[p]);
    if (from == nullptr) continue;
    const std::size_t bytes = params_[p].size() * size_of(params_[p].dtype());
    for_each_part(team_, bytes, kGrain * sizeof(float), [&](std::size_t begin, std::size_t end) {
      std::memcpy(to.gradients[p] + begin, from + begin, end - begin);
    });
  }
}

}  // namespace thalweg
