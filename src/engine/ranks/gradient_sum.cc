#include "ranks/gradient_sum.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "transforms/transform.h"

namespace thalweg {
namespace {

constexpr std::size_t kGrain = 16 * kBlock;  // elements that one thread adds at a time

std::byte* gradient_of(const Parameter& parameter) {
  return parameter.absent() || parameter.frozen() ? nullptr
                                                  : static_cast<std::byte*>(parameter.grad_buffer().data);
}

}  // namespace

// f(parameter, begin, end), by all threads, for every parameter that has a gradient.
template <class F>
void GradientSum::for_each_gradient(const F& f) {
  for (std::size_t p = 0; p < params_.size(); ++p) {
    if (gradient_of(params_[p]) == nullptr) continue;
    for_each_part(team_, params_[p].size(), kGrain,
                  [&](std::size_t begin, std::size_t end) { f(p, begin, end); });
  }
}

void GradientSum::begin(std::size_t shards, Slice mine) {
  if (std::exchange(ends_, false)) parts_.pop_back();  // it lies in the parameters
  for (std::vector<Part>* parts : {&waiting_, &parts_}) {
    std::ranges::move(*parts, std::back_inserter(spare_));
    parts->clear();
  }
  root_ = {0, shards};
  next_ = mine.begin;
}

GradientSum::Part& GradientSum::memory_for(const ShardNode& node) {
  std::erase_if(spare_, [&](const Part& part) { return part.gradients.size() != params_.size(); });
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

// Whether a node is the right half of what the last of so many parts is the left half of.
bool GradientSum::completes(const ShardNode& node, std::size_t parts) const {
  return parts > 0 && left_neighbour(root_, node) == parts_[parts - 1].node;
}

void GradientSum::keep() {
  const ShardNode part{next_++, 1};
  if (!completes(part, parts_.size())) {
    const Part& to = memory_for(part);
    return for_each_gradient([&](std::size_t p, std::size_t begin, std::size_t end) {
      const std::size_t each = size_of(params_[p].dtype());
      std::memcpy(to.gradients[p] + begin * each, gradient_of(params_[p]) + begin * each,
                  (end - begin) * each);
    });
  }
  for_each_gradient([&](std::size_t p, std::size_t begin, std::size_t end) {
    add_numbers(params_[p].dtype(), gradient_of(params_[p]), parts_.back().gradients[p], begin, end);
  });
  ++parts_.back().node.count;
  while (completes(parts_.back().node, parts_.size() - 1)) {
    Part& to = parts_[parts_.size() - 2];
    for_each_gradient([&](std::size_t p, std::size_t begin, std::size_t end) {
      add_numbers(params_[p].dtype(), parts_.back().gradients[p], to.gradients[p], begin, end);
    });
    to.node.count += parts_.back().node.count;
    spare_.push_back(std::move(parts_.back()));
    parts_.pop_back();
  }
}

void GradientSum::begin_last() {
  ShardNode node{next_, 1};
  std::vector<ShardNode> given{node};
  for (; completes(node, parts_.size()); parts_.pop_back()) {
    const ShardNode& left = parts_.back().node;
    given.insert(given.begin(), left);
    node = {left.first, left.count + node.count};
    waiting_.insert(waiting_.begin(), std::move(parts_.back()));
  }
  last_ = NodeSum(node, given);
  parts_.push_back({node, {}});
  for (const Parameter& parameter : params_) parts_.back().gradients.push_back(gradient_of(parameter));
  ends_ = true;
}

void GradientSum::add(std::size_t p) {
  if (waiting_.empty()) return;  // nothing to add, or no part at all
  std::byte* const own = parts_.back().gradients[p];
  if (own == nullptr) return;
  std::vector<std::byte*> given;
  for (const Part& part : waiting_) given.push_back(part.gradients[p]);
  given.push_back(own);
  for_each_part(team_, params_[p].size(), kGrain, [&](std::size_t begin, std::size_t end) {
    last_.add(params_[p].dtype(), given, begin, end);
  });
}

void GradientSum::add_all() {
  for (std::size_t p = 0; p < params_.size(); ++p) add(p);
}

}  // namespace thalweg
