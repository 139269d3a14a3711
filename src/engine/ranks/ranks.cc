#include "ranks/ranks.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/spec.h"
#include "comm/alike.h"
#include "comm/collectives.h"
#include "device/denormals.h"
#include "ranks/ranked_device.h"
#include "thalweg/error.h"
#include "thalweg/version.h"

namespace thalweg {
namespace {

constexpr std::string_view kState = "the optimizer's state";

// What a rank knows about the gradient of a parameter.
enum Presence : char { absent, there, nowhere };  // nowhere: never, it has no memory for one or is frozen

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
void check_arrived(const Comm& comm, std::span<const Arrived> all) {
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

const Params& checked(const Params& params, const Plan& plan, const OptimizerOptions& options) {
  check_alike(*options.comm, facts_of(params, plan, options));
  return params;
}

std::byte* bytes_of(const Buffer& buffer) { return static_cast<std::byte*>(buffer.data); }

}  // namespace

Ranks::Ranks(Params& params, const Plan& plan, const OptimizerOptions& options)
    : comm_(*options.comm),
      params_(params),
      whole_(options.whole_state),
      zero_grad_(options.zero_grad),
      steps_pieces_(options.overlap.steps),
      held_(checked(params, plan, options), plan, comm_.size()),
      portion_(whole_ ? Portion(params) : held_.portion(comm_.rank())),
      reduction_(comm_, params, held_.first_blocks()),
      gathering_(comm_, params, held_.first_blocks()),
      moved_(params.size()),
      values_(params.size()),
      gradients_(params.size()) {
  for (std::size_t p = 0; p < params.size(); ++p) {
    moved_[p] = plan.group_of[p] != Plan::kNoGroup ? 1 : 0;
    numbers_.emplace(&params[p], p);
  }
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

// What this rank has, or is to have. What it does not move must not move elsewhere.
void Ranks::write_presence(std::span<char> presence) const {
  for (std::size_t p = 0; p < presence.size(); ++p) {
    const bool memory = params_[p].grad_buffer().data != nullptr || params_[p].size() == 0;
    const bool moves = moved_[p] != 0 && !params_[p].frozen() && memory;
    presence[p] = !moves ? Presence::nowhere : params_[p].absent() ? Presence::absent : Presence::there;
  }
}

// What there is of what all ranks have, one after the other.
void Ranks::find_present(std::span<const char> presence) {
  const std::size_t n = values_.size();  // what was added since has no state
  present_.assign(n, 0);
  for (std::size_t i = 0; i < presence.size(); ++i)
    present_[i % n] = static_cast<char>(present_[i % n] != 0 || presence[i] == Presence::there);
  for (std::size_t i = 0; i < presence.size(); ++i) {
    if (presence[i] != Presence::nowhere || present_[i % n] == 0) continue;
    throw Error(Code::usage,
                {params_[i % n].name(), "it has a gradient on some ranks alone",
                 "none, or frozen, on rank " + std::to_string(i / n), "a gradient on every rank, or on none",
                 "give it zeros where a rank has no share in it"});
  }
}

void Ranks::agree(std::uint64_t count, const StepInput& input) {
  if (reduction_.is_under_way()) {
    throw Error(Code::failure, {"ranks", "a step before was broken off", "", "a step that came to its end",
                                "begin anew from a checkpoint"});
  }
  const std::size_t n = values_.size(), each = sizeof(Arrived) + n;
  const auto ranks = static_cast<std::size_t>(comm_.size());
  std::vector<std::byte> said(ranks * each);
  std::vector<std::size_t> parts;
  for (std::size_t rank = 0; rank <= ranks; ++rank) parts.push_back(rank * each);
  std::byte* const own = said.data() + parts[static_cast<std::size_t>(comm_.rank())];
  const Arrived here = arrived(count, input);
  std::memcpy(own, &here, sizeof here);
  write_presence({reinterpret_cast<char*>(own + sizeof here), n});
  all_gather(comm_, said, parts, "what is known of the gradients");
  std::vector<Arrived> all(ranks);
  std::vector<char> presence(ranks * n);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    std::memcpy(&all[rank], said.data() + parts[rank], sizeof here);
    std::memcpy(presence.data() + rank * n, said.data() + parts[rank] + sizeof here, n);
  }
  check_arrived(comm_, all);
  find_present(presence);
}

void Ranks::reduce(const StepInput& input, const Reduction::Arrived& arrived) {
  const FlushDenormals keep(false);  // whoever calls: gradients are formed and added as in one process
  GradientSum* const sum = input.sum;
  for (std::size_t p = 0; p < values_.size(); ++p) gradients_[p] = bytes_of(params_[p].grad_buffer());
  const auto ranks = static_cast<std::size_t>(comm_.size());
  std::vector<Reduction::Part> parts;
  std::vector<std::byte*> own = gradients_;
  for (std::size_t p = 0; p < own.size(); ++p) {
    if (params_[p].absent()) own[p] = nullptr;
  }
  if (sum != nullptr) {
    for (const GradientSum::Part& part : sum->parts()) parts.push_back({part.node, part.gradients});
  } else {
    parts.push_back({{static_cast<std::size_t>(comm_.rank()), 1}, own});
  }
  const double scale = sum != nullptr ? 1.0 : 1.0 / static_cast<double>(ranks);
  reduction_.begin({sum != nullptr ? sum->shards() : ranks, parts, present_, scale, gradients_}, arrived);
  form(input);
  reduction_.finish();
  if (whole_) {
    gathering_.to_all(gradients_, present_, "the gradients");
  } else if (zero_grad_) {
    zero_what_others_hold();
  }
}

// What leaves: the last parameters first.
void Ranks::form(const StepInput& input) {
  std::vector<char> formed(values_.size());
  const auto ready = [&](std::size_t p) {
    if (std::exchange(formed[p], char{1}) != 0) return;
    if (input.sum != nullptr) input.sum->add(p);
    reduction_.ready(p);
  };
  if (input.backward) {
    input.backward([&](const Parameter& parameter) {
      if (const auto found = numbers_.find(&parameter); found != numbers_.end()) ready(found->second);
    });
  }
  for (std::size_t p = formed.size(); p-- > 0;) ready(p);
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

void Ranks::all_gather_values(std::span<const char> which, const std::function<void()>* meanwhile) {
  for (std::size_t p = 0; p < values_.size(); ++p) values_[p] = bytes_of(params_[p].value_buffer());
  gathering_.to_all(values_, which, "the parameters", meanwhile);
}

void Ranks::gather(int root, StreamOf streams, std::span<const char> which) {
  gathering_.to(root, streams, which, kState);
}

void Ranks::scatter(int root, StreamOf streams, std::span<const char> which) {
  if (!whole_) return gathering_.from(root, streams, which, kState);
  for (std::size_t p = 0; p < which.size(); ++p) {
    if (which[p] != 0)
      broadcast(comm_, root, {streams[p], params_[p].size() * size_of(params_[p].dtype())}, kState);
  }
}

void Ranks::gather_whole(int root, std::size_t parameter, const Buffer& stream) {
  move_whole(held_.owner(parameter), root, stream);
}

void Ranks::scatter_whole(int root, std::size_t parameter, const Buffer& stream) {
  if (whole_) return broadcast(comm_, root, {bytes_of(stream), stream.bytes()}, kState);
  move_whole(root, held_.owner(parameter), stream);
}

void Ranks::move_whole(int from, int to, const Buffer& stream) {
  const int me = comm_.rank();
  if (from == to || (me != from && me != to)) return;
  const std::span<std::byte> bytes{bytes_of(stream), stream.bytes()};
  Pending pending(comm_, kState);
  me == from ? pending.send(to, bytes) : pending.receive(from, bytes);
  pending.wait();
}

}  // namespace thalweg
