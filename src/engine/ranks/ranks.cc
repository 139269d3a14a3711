#include "ranks/ranks.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/spec.h"
#include "comm/alike.h"
#include "ranks/held.h"
#include "ranks/ranked_device.h"
#include "thalweg/error.h"
#include "thalweg/version.h"

namespace thalweg {
namespace {

constexpr std::string_view kState = "the optimizer's state";

// What a rank knows about the gradient of a parameter.
enum Presence : char { absent, there, nowhere };  // nowhere: absent, and no memory for one

std::string yes_or_no(bool yes) { return yes ? "yes" : "no"; }

std::string text_of(const Statistics& wanted) {
  std::string out;
  for (const bool one : {wanted.norms, wanted.update_ratio, wanted.histograms}) out += one ? '1' : '0';
  return out;
}

// What all ranks say of a gradient.
struct Arrived {
  std::uint64_t count;
  double weight, norm;
  std::uint64_t last, shards, statistics;
};

Arrived arrived(std::uint64_t count, const StepInput& input) {
  const Statistics& wanted = input.statistics;
  return {count,
          input.weight,
          std::isnan(input.grad_norm) ? -1.0 : input.grad_norm,
          input.last ? 1u : 0u,
          input.sum == nullptr ? 0u : input.sum->shards(),
          (wanted.norms ? 1u : 0u) + (wanted.update_ratio ? 2u : 0u) + (wanted.histograms ? 4u : 0u)};
}

// Throws Error(usage), on all ranks, where one says something else than rank 0.
void check_arrived(Comm& comm, const Arrived& own) {
  const std::vector<Arrived> all = all_values(comm, own, "what is known of the gradients");
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    const auto check = [&](auto Arrived::*field, const char* what) {
      if (all[rank].*field == all[0].*field) return;
      throw Error(Code::usage, {name_of(comm, static_cast<int>(rank)),
                                std::string("of this step it says another ") + what + " than rank 0",
                                print_number(static_cast<double>(all[rank].*field)),
                                print_number(static_cast<double>(all[0].*field)),
                                "step as often and in the same way on every rank"});
    };
    check(&Arrived::count, "count of gradients");
    check(&Arrived::weight, "weight");
    check(&Arrived::norm, "norm (-1: none)");
    check(&Arrived::last, "end of a window");
    check(&Arrived::shards, "number of shards");
    check(&Arrived::statistics, "choice of statistics");
  }
}

Facts facts_of(const Params& params, const Plan& plan, const OptimizerOptions& options) {
  Facts facts = {{"version", std::string(version())},
                 {"chain", plan.chain.text(true)},
                 {"nonfinite", std::string(nonfinite_name(options.nonfinite))},
                 {"most_skips", std::to_string(options.most_skips)},
                 {"grad_norm", yes_or_no(options.grad_norm)},
                 {"zero_grad", yes_or_no(options.zero_grad)},
                 {"statistics", text_of(options.statistics)},
                 {"state", options.whole_state ? "whole" : "sharded"}};
  for (const Parameter& p : params) {
    facts.emplace_back("parameter", p.name() + " " + print_shape(p.shape()) + " " +
                                        std::string(dtype_name(p.dtype())) + " " +
                                        std::string(role_name(p.role())) + (p.frozen() ? " frozen" : ""));
  }
  return facts;
}

std::vector<std::size_t> checked_blocks(const Params& params, const Plan& plan,
                                        const OptimizerOptions& options) {
  check_alike(*options.comm, facts_of(params, plan, options));
  return held_blocks(params, plan, options.comm->size());
}

std::byte* bytes_of(const Buffer& buffer) { return static_cast<std::byte*>(buffer.data); }

}  // namespace

Ranks::Ranks(Params& params, const Plan& plan, const OptimizerOptions& options)
    : comm_(*options.comm),
      params_(params),
      whole_(options.whole_state),
      zero_grad_(options.zero_grad),
      exchange_(comm_, params, checked_blocks(params, plan, options)),
      portion_(whole_ ? Portion(params) : exchange_.portion(comm_.rank())),
      moved_(params.size()),
      presence_(params.size() * static_cast<std::size_t>(comm_.size())),
      values_(params.size()),
      gradients_(params.size()) {
  for (std::size_t p = 0; p < params.size(); ++p) moved_[p] = plan.group_of[p] != Plan::kNoGroup ? 1 : 0;
  for (Parameter& parameter : params) {
    broadcast(comm_, 0, {bytes_of(parameter.value_buffer()), parameter.value_buffer().bytes()},
              "the parameters");
  }
}

std::unique_ptr<Device> Ranks::make_device(const Bound& bound, const DeviceOptions& options,
                                           DeviceMaker make) {
  std::unique_ptr<Device> device = make(bound, options);
  if (whole_) return device;
  return make_ranked_device(*this, bound, std::move(device));
}

// Which gradients there are.
void Ranks::find_present() {
  const std::size_t n = values_.size();  // what was added since has no state
  std::vector<std::size_t> parts;
  for (std::size_t rank = 0; rank <= static_cast<std::size_t>(comm_.size()); ++rank)
    parts.push_back(rank * n);
  char* own = presence_.data() + parts[static_cast<std::size_t>(comm_.rank())];
  for (std::size_t p = 0; p < n; ++p) {
    const bool memory = params_[p].grad_buffer().data != nullptr || params_[p].size() == 0;
    const bool comes = moved_[p] != 0 && !params_[p].absent() && !params_[p].frozen();
    own[p] = comes ? Presence::there : memory ? Presence::absent : Presence::nowhere;
  }
  all_gather(comm_, std::as_writable_bytes(std::span(presence_)), parts, "which gradients there are");
  present_.assign(n, 0);
  for (std::size_t i = 0; i < presence_.size(); ++i)
    present_[i % n] = static_cast<char>(present_[i % n] != 0 || presence_[i] == Presence::there);
  for (std::size_t i = 0; i < presence_.size(); ++i) {
    if (presence_[i] != Presence::nowhere || present_[i % n] == 0) continue;
    throw Error(Code::usage, {params_[i % n].name(), "it has a gradient on some ranks alone",
                              "none on rank " + std::to_string(i / n), "a gradient on every rank, or on none",
                              "give it zeros where a rank has no share in it"});
  }
}

void Ranks::receive(std::uint64_t count, const StepInput& input) {
  const GradientSum* const sum = input.sum;
  check_arrived(comm_, arrived(count, input));
  find_present();
  for (std::size_t p = 0; p < values_.size(); ++p) gradients_[p] = bytes_of(params_[p].grad_buffer());
  const auto ranks = static_cast<std::size_t>(comm_.size());
  std::vector<Exchange::Part> parts;
  std::vector<std::byte*> own = gradients_;
  for (std::size_t p = 0; p < own.size(); ++p) {
    if (params_[p].absent()) own[p] = nullptr;
  }
  if (sum != nullptr) {
    for (const GradientSum::Part& part : sum->parts()) parts.push_back({part.node, part.gradients});
  } else {
    parts.push_back({{static_cast<std::size_t>(comm_.rank()), 1}, own});
  }
  exchange_.reduce_scatter(sum != nullptr ? sum->shards() : ranks, parts, present_,
                           sum != nullptr ? 1.0 : 1.0 / static_cast<double>(ranks), gradients_,
                           "the gradients");
  if (whole_) {
    exchange_.all_gather(gradients_, present_, "the gradients");
  } else if (zero_grad_) {
    zero_what_others_hold();
  }
}

// As a step does to what is held here.
void Ranks::zero_what_others_hold() {
  for (std::size_t p = 0; p < gradients_.size(); ++p) {
    if (present_[p] == 0 || gradients_[p] == nullptr) continue;
    const std::size_t each = size_of(params_[p].dtype()), size = params_[p].size();
    const auto [begin, end] = portion_.of(p, size);
    std::memset(gradients_[p], 0, begin * each);
    std::memset(gradients_[p] + end * each, 0, (size - end) * each);
  }
}

void Ranks::all_gather_values(std::span<const char> which) {
  for (std::size_t p = 0; p < values_.size(); ++p) values_[p] = bytes_of(params_[p].value_buffer());
  exchange_.all_gather(values_, which, "the parameters");
}

void Ranks::gather(int root, StreamOf streams, std::span<const char> which) {
  exchange_.gather(root, streams, which, kState);
}

void Ranks::gather_whole(int root, std::size_t parameter, const Buffer& stream) {
  const int owner = exchange_.owner(parameter), me = comm_.rank();
  if (owner == root) return;
  const std::span<std::byte> bytes{bytes_of(stream), stream.bytes()};
  Pending pending(comm_, kState);
  if (me == owner) pending.send(root, bytes);
  if (me == root) pending.receive(owner, bytes);
  pending.wait();
}

}  // namespace thalweg
