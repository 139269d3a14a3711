#include "train/shards.h"

#include <algorithm>

#include "comm/collectives.h"
#include "device/reduce.h"

namespace thalweg {
namespace {

// Calls f(number) with every number of the statistics, in order.
template <class F>
void for_each_number(const std::vector<Parameter*>& statistics, const F& f) {
  for (Parameter* parameter : statistics) std::ranges::for_each(parameter->value<float>(), f);
}

}  // namespace

Shards::Shards(Module& model, std::size_t shards, Comm* comm, int threads)
    : statistics_(model.statistics()),
      wanted_(shards),
      comm_(comm),
      team_(threads),
      sum_(model.params(), team_) {}

Slice Shards::mine_of(std::size_t parts) const {
  return comm_ == nullptr ? Slice{0, parts} : shards_of(parts, comm_->rank(), comm_->size());
}

Slice Shards::first_samples(std::size_t samples) const {
  const std::size_t parts = std::min(wanted_, samples);
  const Slice mine = mine_of(parts);
  return mine.begin == mine.end ? Slice{0, 0}
                                : slice(samples, static_cast<int>(mine.begin), static_cast<int>(parts));
}

Slice Shards::begin(std::size_t samples) {
  samples_ = samples;
  count_ = static_cast<int>(std::min(wanted_, samples));
  kept_.clear();
  for_each_number(statistics_, [&](float x) { kept_.push_back(x); });
  told_.assign(static_cast<std::size_t>(count_) * (1 + kept_.size()), 0.0);
  const auto parts = static_cast<std::size_t>(count_);
  const Slice mine = mine_of(parts);
  sum_.begin(parts, mine);
  return mine;
}

void Shards::begin_part() {
  auto kept = kept_.begin();
  for_each_number(statistics_, [&](float& x) { x = *kept++; });
}

void Shards::end_part(std::size_t shard, double loss) {
  const bool last = shard + 1 == mine_of(static_cast<std::size_t>(count_)).end;
  last ? sum_.begin_last() : sum_.keep();
  auto told = told_by(shard).begin();
  *told++ = loss;
  for_each_number(statistics_, [&](float x) { *told++ = static_cast<double>(x); });
}

double Shards::finish() {
  const auto parts = static_cast<std::size_t>(count_);
  const std::size_t each = 1 + kept_.size();
  if (comm_ != nullptr) {
    std::vector<std::size_t> bytes;
    for (int rank = 0; rank <= comm_->size(); ++rank) {
      const std::size_t first = rank == comm_->size() ? parts : shards_of(parts, rank, comm_->size()).begin;
      bytes.push_back(first * each * sizeof(double));
    }
    all_gather(*comm_, std::as_writable_bytes(std::span(told_)), bytes, "the losses of an update");
  }
  for (std::size_t shard = 0; shard < parts; ++shard) {  // a mean over samples
    const auto [begin, end] = samples_of(shard);
    const double share = static_cast<double>(end - begin) / static_cast<double>(samples_);
    for (double& number : told_by(shard).subspan(1)) number *= share;
  }
  const auto sum_of = [&](std::size_t i) {
    return tree_sum(0, parts, [&](std::size_t shard) { return told_by(shard)[i]; });
  };
  std::size_t i = 1;
  for_each_number(statistics_, [&](float& x) { x = static_cast<float>(sum_of(i++)); });
  return sum_of(0);
}

}  // namespace thalweg
