#include "ranks/ranked_device.h"

#include <utility>
#include <vector>

#include "comm/collectives.h"
#include "ranks/ranks.h"

namespace thalweg {
namespace {

class RankedDevice : public Device {
 public:
  RankedDevice(Ranks& ranks, const Bound& bound, std::unique_ptr<Device> own)
      : ranks_(ranks), plan_(bound.plan), own_(std::move(own)) {}

  void run(const Work& work, const std::function<void(std::size_t)>& before) override {
    own_->run(work, [&](std::size_t phase) {
      const Over over = plan_.cuts[phase - 1].over;
      if (over == Over::all || over == Over::tensor)
        gather(std::as_writable_bytes(work.partials), kMaxSums * sizeof(Total), "the sums of a step");
      before(phase);
    });
    here_.found.add(own_->found());
    here_.spoiled.add(own_->spoiled());
    if (!work.apart) end_apart(work);
  }

  void end_apart(const Work& work) override {
    tell_found();
    if (!work.squares.empty()) gather_squares(work);
    if (work.measurer != nullptr) gather(*work.measurer);
    if (!work.rehearses) ranks_.all_gather_values(work.takes_part, work.meanwhile);
  }

  const Found& found() const override { return found_; }
  const Found& spoiled() const override { return spoiled_; }

  Found inspect(const Work& work, bool zero) override {
    here_.found = own_->inspect(work, zero);
    tell_found();
    return found_;
  }

  void measure(const Work& work) override {
    own_->measure(work);
    gather_squares(work);
  }

  void accumulate(const Work& work, std::span<const double> weights, double weight) override {
    own_->accumulate(work, weights, weight);
    here_ = {own_->found(), own_->spoiled()};
    tell_found();
  }

  void zero_grads(const Work& work) override { own_->zero_grads(work); }
  void copy(const Buffer& from, const Buffer& to) override { own_->copy(from, to); }
  void fill(const Buffer& to, double number) override { own_->fill(to, number); }
  int members() const override { return own_->members(); }

 private:
  // What every rank has of `each` bytes a block, on all of them.
  void gather(std::span<std::byte> blocks, std::size_t each, std::string_view what) {
    std::vector<std::size_t> parts;
    for (const std::size_t block : ranks_.first_blocks()) parts.push_back(block * each);
    all_gather(ranks_.comm(), blocks, parts, what);
  }

  void gather_squares(const Work& work) {
    gather(std::as_writable_bytes(work.squares), sizeof(Total), "the norm of the gradients");
  }

  void gather(Measurer& measurer) {
    constexpr std::string_view kWhat = "the statistics of a step";
    measurer.for_each_of_blocks(
        [&](std::span<std::byte> blocks, std::size_t each) { gather(blocks, each, kWhat); });
    const std::span<std::uint64_t> counts = measurer.counts();
    if (counts.empty()) return;
    const auto ranks = static_cast<std::size_t>(ranks_.comm().size());
    std::vector<std::uint64_t> all(counts.size() * ranks);
    std::vector<std::size_t> parts;
    for (std::size_t rank = 0; rank <= ranks; ++rank) parts.push_back(rank * counts.size_bytes());
    const auto me = static_cast<std::size_t>(ranks_.comm().rank());
    std::ranges::copy(counts, all.begin() + static_cast<std::ptrdiff_t>(me * counts.size()));
    all_gather(ranks_.comm(), std::as_writable_bytes(std::span(all)), parts, kWhat);
    std::ranges::fill(counts, 0);
    for (std::size_t i = 0; i < all.size(); ++i) counts[i % counts.size()] += all[i];
  }

  // What all ranks have found.
  void tell_found() {
    found_ = spoiled_ = {};
    for (const Both& of_one : all_values(ranks_.comm(), std::exchange(here_, {}), "what is not finite")) {
      found_.add(of_one.found);
      spoiled_.add(of_one.spoiled);
    }
  }

  struct Both {
    Found found, spoiled;
  };

  Ranks& ranks_;
  const Plan& plan_;
  std::unique_ptr<Device> own_;
  Both here_;  // found by this rank, and not told
  Found found_, spoiled_;
};

}  // namespace

std::unique_ptr<Device> make_ranked_device(Ranks& ranks, const Bound& bound, std::unique_ptr<Device> own) {
  return std::make_unique<RankedDevice>(ranks, bound, std::move(own));
}

}  // namespace thalweg
