#include "device/cpu.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/did_you_mean.h"
#include "base/threads.h"
#include "device/cpu_member.h"
#include "device/denormals.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kWorthForking = 256 << 10;  // bytes of a step below which one thread does it
constexpr std::uint64_t kPastCaches = 64 << 20;  // bytes of a step that no cache keeps until the next phase

// Elements at which a loop past the caches fetches: two cores of a Sapphire Rapids gain by it what their own
// prefetchers leave (AdamW 4 to 12 %), those of a Zen 4 lose as much wherever it is more than 256.
std::size_t distance_of_fetch() {
#if defined(__x86_64__) || defined(__i386__)
  if (__builtin_cpu_is("intel")) return 1024;
#endif
  return 0;
}

const SimdTable& find_simd(std::string_view name) {
  std::vector<std::string_view> names;
  for (const SimdTable& table : simd_tables()) {
    if (name.empty() || table.target == name) return table;
    names.push_back(table.target);
  }
  throw Error(Code::usage, {"simd", "unknown SIMD target, or one that this machine does not support",
                            "`" + std::string(name) + "`", join(names, ", "), did_you_mean(name, names)});
}

std::size_t checked_tile(std::size_t tile) {
  if (tile > 0 && tile <= kBlock && tile % kLanes == 0) return tile;
  throw Error(Code::usage,
              {"tile", "invalid size", std::to_string(tile),
               "a multiple of " + std::to_string(kLanes) + " up to " + std::to_string(kBlock), ""});
}

// That a step reads and writes.
std::uint64_t bytes_of_step(const Bound& bound) {
  std::uint64_t bytes = bound.plan.state_bytes(bound.params);
  for (const Parameter& parameter : bound.params) bytes += 2 * parameter.size() * size_of(parameter.dtype());
  return bytes;
}

class Cpu : public Device {
 public:
  Cpu(const Bound& bound, const DeviceOptions& options)
      : shared_(bound, options), team_(bytes_of_step(bound) >= kWorthForking ? options.threads : 1) {
    for (int member = 0; member < team_.size(); ++member) {
      members_.push_back(std::make_unique<CpuMember>(shared_, member, team_.size()));
    }
  }

  void run(const Work& work, const std::function<void(std::size_t)>& before) override {
    const bool meet = shared_.plan.phases > 1;
    each(work, meet, [&](int member) {
      at(member).run_phase(0);
      for (std::size_t phase = 1; phase < shared_.plan.phases; ++phase) run_phase(phase, member, before);
    });
  }

  const Found& found() const override { return found_; }
  const Found& spoiled() const override { return spoiled_; }

  Found inspect(const Work& work, bool zero) override {
    each(work, false, [&](int member) { at(member).inspect(zero); });
    return found_;
  }
  void measure(const Work& work) override {
    each(work, false, [&](int member) { at(member).measure(); });
  }
  void accumulate(const Work& work, std::span<const double> weights, double weight) override {
    each(work, false, [&](int member) { at(member).accumulate(weights, weight); });
  }
  void zero_grads(const Work& work) override {
    if (shared_.zero_grad) each(work, false, [&](int member) { at(member).zero_grads(); });
  }

  void copy(const Buffer& from, const Buffer& to) override {
    if (to.size() > 0) std::memcpy(to.data, from.data, to.bytes());
  }
  void fill(const Buffer& to, double number) override {
    constexpr double kMost = std::numeric_limits<float>::max();
    switch (to.dtype) {
      case Dtype::f32:
        std::fill_n(static_cast<float*>(to.data), to.size(),
                    static_cast<float>(std::clamp(number, -kMost, kMost)));
        break;
      case Dtype::f64:
        std::fill_n(static_cast<double*>(to.data), to.size(), number);
        break;
      case Dtype::u8:
        std::fill_n(static_cast<std::uint8_t*>(to.data), to.size(), static_cast<std::uint8_t>(number));
    }
  }

  int members() const override { return team_.size(); }

 private:
  CpuMember& at(int member) { return *members_[static_cast<std::size_t>(member)]; }

  void run_phase(std::size_t phase, int member, const std::function<void(std::size_t)>& before) {
    const Over over = shared_.plan.cuts[phase - 1].over;
    team_.barrier();
    if (over == Over::unit) {
      at(member).gather_units(phase - 1);
      team_.barrier();
    }
    if (member == 0) before(phase);
    team_.barrier();
    if (over == Over::nothing) {
      at(member).map_matrices(phase);
      team_.barrier();
    }
    at(member).run_phase(phase);
  }

  // f(member) for each member; each on a thread of its own where they `meet`. Threads take denormal numbers
  // as zero meanwhile.
  template <class F>
  void each(const Work& work, bool meet, const F& f) {
    shared_.work = &work;
    const auto flushed = [&f](auto member) {
      const FlushDenormals flush;
      f(static_cast<int>(member));
    };
    if (team_.size() == 1) {
      f(0);  // the caller's thread flushes already
    } else if (meet) {
      team_.run(std::ref(flushed));
    } else {
      team_.share(members_.size(), std::ref(flushed));
    }
    if (found_.count > 0) found_ = {};
    if (spoiled_.count > 0) spoiled_ = {};
    for (const auto& member : members_) member->hand_over(found_, spoiled_);
  }

  CpuShared shared_;
  Team team_;
  std::vector<std::unique_ptr<CpuMember>> members_;
  Found found_, spoiled_;
};

}  // namespace

CpuShared::CpuShared(const Bound& bound, const DeviceOptions& options)
    : plan(bound.plan),
      params(bound.params),
      memory(bound.memory),
      lowering(bound.lowering),
      simd(find_simd(options.simd)),
      portion(bound.portion),
      tile(checked_tile(options.tile)),
      zero_grad(options.zero_grad),
      past_caches(bytes_of_step(bound) >= kPastCaches),
      ahead(past_caches ? distance_of_fetch() : 0) {
  splits.resize(plan.phases);
  for (const Group& group : plan.groups) {
    for (const Phase& phase : group.phases) add_phase(phase, group);
  }
  const bool by_unit =
      std::any_of(plan.cuts.begin(), plan.cuts.end(), [](const Cut& cut) { return cut.over == Over::unit; });
  if (!by_unit) return;
  unit_begin.push_back(0);
  for (const Parameter& parameter : params) {
    const std::size_t each = unit_size(parameter);
    unit_begin.push_back(unit_begin.back() + (each == 0 ? 0 : parameter.size() / each));
  }
  units = std::make_unique<UnitMap[]>(unit_begin.back());
}

const RuleKernels& CpuShared::kernels(std::size_t link, Dtype dtype) const {
  const Link& l = plan.links[link];
  return simd.rules[l.transform->kernels.first + l.variant][static_cast<std::size_t>(dtype)];
}

bool CpuShared::apply(std::size_t link, Dtype dtype, const Coefs& coefs, void* u,
                      const Streams& streams) const {
  const Link& rule = plan.links[link];
  const CustomApply* custom = rule.transform->kernels.custom;
  if (custom == nullptr) return kernels(link, dtype).tile(coefs, u, streams);
  (*custom)(dtype, coefs, u, streams);
  bool finite = true;
  for (std::size_t i = 0; i < rule.state().size(); ++i)
    finite &= core(dtype).finite(streams.state[i], streams.n);
  return finite;
}

const void* CpuShared::source(const Phase& phase, const Piece& piece) const {
  const std::size_t p = piece.parameter;
  return offset(phase.source == Phase::Source::kept ? memory.kept(p) : entered(p), piece.begin,
                memory.dtype(p));
}

void CpuShared::add_phase(const Phase& phase, const Group& group) {
  if (!crosses_parameters(phase, group)) splits[phase.number] = 1;
  if (phase.entry != Phase::Entry::matrix) return;
  const std::size_t link = group.links[phase.begin];
  for (const std::size_t p : group.parameters) {
    MatrixCall call{p, phase.number, link, phase.first_rule - 1, memory.kept_buffer(p), {}};
    for (std::size_t i = 0; i < group.states.size(); ++i) {
      if (group.states[i].link == link) call.states.push_back(memory.state_buffer(p, i));
    }
    matrices.push_back(std::move(call));
  }
}

CpuMember::CpuMember(const CpuShared& shared, int member, int members)
    : shared_(shared), member_(member), members_(members), stand_in_(shared) {
  const auto tile = [&] { return scratch_.allocate(kBlock * sizeof(double)); };
  tile_ = tile();
  old_ = tile();
  noise_ = tile();
}

void CpuMember::hand_over(Found& found, Found& spoiled) {
  if (found_.count > 0) found.add(std::exchange(found_, {}));
  if (spoiled_.count > 0) spoiled.add(std::exchange(spoiled_, {}));
}

std::unique_ptr<Device> make_cpu(const Bound& bound, const DeviceOptions& options) {
  return std::make_unique<Cpu>(bound, options);
}

}  // namespace thalweg
