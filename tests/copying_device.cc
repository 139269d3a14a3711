#include "copying_device.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "device/noise.h"
#include "device/partition.h"
#include "device/reduce.h"

namespace thalweg {
namespace {

using Block = std::array<double, kBlock>;  // memory for a block of either type

// One block of every stream of a parameter.
struct Copies {
  alignas(64) Block value, before, source, entered, update, noise;
  std::array<Block, kMaxState * 4> states;
};

class CopyingDevice : public Device {
 public:
  CopyingDevice(const Bound& bound, const DeviceOptions& options)
      : bound_(bound), zero_grad_(options.zero_grad), simd_(simd_tables().back()), blocks_(bound.params) {}

  void run(const Work& work, const std::function<void(std::size_t)>& before) override {
    found_ = spoiled_ = {};
    if (!work.squares.empty()) measure(work);
    for (std::size_t number = 0; number < bound_.plan.phases; ++number) {
      units_.clear();
      if (number > 0 && bound_.plan.cuts[number - 1].over == Over::unit) gather_units(work, number - 1);
      if (number > 0) before(number);
      for_each_phase(number, [&](const Phase& phase, const Cohort& cohort, std::size_t p) {
        if (phase.entry == Phase::Entry::matrix) map_whole(phase, cohort, p);
        if (dtype(p) == Dtype::f32) run_phase<float>(work, phase, cohort, p);
        if (dtype(p) == Dtype::f64) run_phase<double>(work, phase, cohort, p);
      });
    }
  }

  const Found& found() const override { return found_; }
  const Found& spoiled() const override { return spoiled_; }

  Found inspect(const Work& work, bool zero) override {
    Found found;
    for_each_taking_part(work, [&](std::size_t p) {
      found.add(find_nonfinite(p, dtype(p), entered(work, p), 0, size(p), zero));
    });
    return found;
  }

  void measure(const Work& work) override {
    for (std::size_t p = 0; p < work.takes_part.size(); ++p) {
      for (std::size_t block = 0; block < blocks_.of(p); ++block) {
        const std::size_t begin = block * kBlock, n = std::min(kBlock, size(p) - begin);
        work.squares[blocks_.first[p] + block] =
            work.takes_part[p] == 0
                ? Total{}
                : Total{core(dtype(p)).squares({}, offset(entered(work, p), begin, dtype(p)), nullptr, n)};
      }
    }
  }

  void accumulate(const Work& work, std::span<const double> weights, double weight) override {
    found_ = spoiled_ = {};
    for_each_taking_part(work, [&](std::size_t p) {
      if (dtype(p) == Dtype::f32) add<float>(p, weights[p] == 0.0, weight);
      if (dtype(p) == Dtype::f64) add<double>(p, weights[p] == 0.0, weight);
      found_.add(find_nonfinite(p, dtype(p), bound_.memory.grad(p), 0, size(p)));
      spoiled_.add(find_nonfinite(p, dtype(p), bound_.memory.window(p), 0, size(p)));
    });
    zero_grads(work);
  }

  void zero_grads(const Work& work) override {
    if (!zero_grad_) return;
    for_each_taking_part(work, [&](std::size_t p) {
      if (size(p) > 0) std::memset(bound_.memory.grad(p), 0, size(p) * size_of(dtype(p)));
    });
  }

  void copy(const Buffer& from, const Buffer& to) override {
    if (to.bytes() > 0) std::memcpy(to.data, from.data, to.bytes());
  }

  void fill(const Buffer& to, double number) override {
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (to.dtype == Dtype::f32) static_cast<float*>(to.data)[i] = static_cast<float>(number);
      if (to.dtype == Dtype::f64) static_cast<double*>(to.data)[i] = number;
      if (to.dtype == Dtype::u8) static_cast<std::uint8_t*>(to.data)[i] = static_cast<std::uint8_t>(number);
    }
  }

  int members() const override { return 1; }

 private:
  Dtype dtype(std::size_t p) const { return bound_.memory.dtype(p); }
  std::size_t size(std::size_t p) const { return bound_.memory.size(p); }
  const CoreKernels& core(Dtype dtype) const { return simd_.core[static_cast<std::size_t>(dtype)]; }
  void* entered(const Work& work, std::size_t p) const {
    return work.from_window ? bound_.memory.window(p) : bound_.memory.grad(p);
  }
  const RuleKernels& kernels(std::size_t link, Dtype dtype) const {
    const Link& l = bound_.plan.links[link];
    return simd_.rules[l.transform->kernels.first + l.variant][static_cast<std::size_t>(dtype)];
  }

  template <class F>
  void for_each_taking_part(const Work& work, const F& f) const {
    for (std::size_t p = 0; p < work.takes_part.size(); ++p) {
      if (work.takes_part[p] != 0) f(p);
    }
  }

  template <class F>
  void for_each_phase(std::size_t number, const F& f) {
    Cohorts& cohorts = bound_.lowering.cohorts();
    for (std::size_t p = 0; p < bound_.plan.group_of.size(); ++p) {
      if (!cohorts.takes_part(p)) continue;
      const Cohort& cohort = cohorts.of(p);
      for (const Phase& phase : cohort.group->phases) {
        if (phase.number == number) f(phase, cohort, p);
      }
    }
  }

  template <class T>
  void add(std::size_t p, bool fresh, double weight) {
    const T* grad = static_cast<const T*>(bound_.memory.grad(p));
    T* sum = static_cast<T*>(bound_.memory.window(p));
    for (std::size_t i = 0; i < size(p); ++i)
      sum[i] = fresh ? T(weight) * grad[i] : sum[i] + T(weight) * grad[i];
  }

  // u = a * u + b * p.
  template <class T>
  static void map(const Affine& affine, T* u, const T* value, std::size_t n) {
    const T a = T(affine.a), b = T(affine.b);
    for (std::size_t i = 0; i < n; ++i) u[i] = affine.b == 0.0 ? a * u[i] : a * u[i] + b * value[i];
  }

  void copy_in(const Work& work, const Phase& phase, std::size_t p, std::size_t begin, std::size_t n) {
    const auto in = [&](const void* from, Block& to) {
      if (from != nullptr) std::memcpy(to.data(), offset(from, begin, dtype(p)), n * size_of(dtype(p)));
    };
    in(bound_.memory.value(p), copies_.value);
    in(bound_.memory.value(p), copies_.before);
    in(entered(work, p), copies_.entered);
    in(phase.source == Phase::Source::kept ? bound_.memory.kept(p) : entered(work, p), copies_.source);
    const std::span<const Stream> states = bound_.memory.states(p);
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i].size == size(p) && states[i].dtype == dtype(p)) in(states[i].data, copies_.states.at(i));
    }
  }

  void copy_out(std::size_t p, std::size_t begin, std::size_t n) const {
    const auto out = [&](const Block& from, void* to) {
      std::memcpy(offset(to, begin, dtype(p)), from.data(), n * size_of(dtype(p)));
    };
    out(copies_.value, bound_.memory.value(p));
    const std::span<const Stream> states = bound_.memory.states(p);
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i].size == size(p) && states[i].dtype == dtype(p)) out(copies_.states.at(i), states[i].data);
    }
  }

  Streams streams(std::size_t first_state, std::size_t n) {
    Streams out;
    out.value = copies_.value.data();
    out.grad = copies_.source.data();
    out.entered = copies_.entered.data();
    out.noise = copies_.noise.data();
    out.n = n;
    for (std::size_t i = 0; i < kMaxState; ++i) out.state[i] = copies_.states.at(first_state + i).data();
    return out;
  }

  template <class T>
  void run_phase(const Work& work, const Phase& phase, const Cohort& cohort, std::size_t p) {
    for (std::size_t begin = 0; begin < size(p); begin += kBlock) {
      const std::size_t n = std::min(kBlock, size(p) - begin);
      copy_in(work, phase, p, begin, n);
      if (&phase == &cohort.group->phases[cohort.group->looks_in]) {
        found_.add(find_nonfinite(p, dtype(p), entered(work, p), begin, begin + n));
      }
      form<T>(phase, cohort, p, begin, n);
      if (!phase.updates()) {
        look_back(phase, p, begin, n);
        end_for_sums(work, phase, cohort, p, begin, n);
        continue;
      }
      update<T>(phase, cohort, n);
      look_back(phase, p, begin, n);
      if (work.rehearses) continue;
      if (work.measurer != nullptr) {
        work.measurer->add(core(dtype(p)), 0, p, begin / kBlock, copies_.entered.data(),
                           copies_.before.data(), copies_.value.data(), n);
      }
      copy_out(p, begin, n);
      if (zero_grad_ && !work.from_window)
        std::memset(offset(bound_.memory.grad(p), begin, dtype(p)), 0, n * sizeof(T));
    }
  }

  // The update before the linear map that ends the phase.
  template <class T>
  void form(const Phase& phase, const Cohort& cohort, std::size_t p, std::size_t begin, std::size_t n) {
    T* u = reinterpret_cast<T*>(copies_.update.data());
    const T* value = reinterpret_cast<const T*>(copies_.value.data());
    copies_.update = copies_.source;
    if (phase.entry == Phase::Entry::units) {
      map(cohort.start, u, value, n);
      const std::size_t each = unit_size(bound_.params[p]);
      for (std::size_t i = 0; i < n; ++i) {
        const UnitMap& unit = units_[first_unit(p) + (begin + i) / each];
        u[i] = T(unit.a) * u[i] + T(unit.offset);
      }
    }
    for (std::size_t i = 0; i < phase.rules.size(); ++i) {
      const Lowered& lowered = cohort.rules[phase.first_rule + i];
      const std::size_t link = phase.rules[i].link;
      if (lowered.pre.a != 1.0 || lowered.pre.b != 0.0) map(lowered.pre, u, value, n);
      Values& values = bound_.lowering.values();
      if (const auto seed = bound_.plan.links[link].transform->seed; seed != nullptr) {
        fill_noise(seed(values.options(link)), bound_.params[p].name(), values.updates(), begin, n, dtype(p),
                   copies_.noise.data());
      }
      kernels(link, dtype(p)).tile(lowered.coefs, u, streams(phase.rules[i].state, n));
    }
  }

  template <class T>
  void update(const Phase& phase, const Cohort& cohort, std::size_t n) {
    T* u = reinterpret_cast<T*>(copies_.update.data());
    T* value = reinterpret_cast<T*>(copies_.value.data());
    map(cohort.end, u, value, n);
    if (phase.former == Phase::Former::engine) {
      for (std::size_t i = 0; i < n; ++i) value[i] = value[i] - u[i];
    }
    for (std::size_t i = 0; i < phase.landings.size(); ++i) {
      Streams s = streams(phase.landings[i].state, n);
      s.grad = copies_.before.data();
      kernels(phase.landings[i].link, cohort.group->dtype).land(cohort.landings[i], u, s);
    }
  }

  // Counts what is not finite of what a phase has left.
  void look_back(const Phase& phase, std::size_t p, std::size_t begin, std::size_t n) {
    const auto look = [&](Block& block) {
      Found found = find_nonfinite(p, dtype(p), block.data(), 0, n);
      found.index += begin;
      if (found.count > 0) spoiled_.add(found);
    };
    if (phase.updates()) look(copies_.value);
    for (const std::vector<ElementStep>* steps : {&phase.rules, &phase.landings}) {
      for (const ElementStep& step : *steps) {
        const std::size_t states = bound_.plan.links[step.link].state().size();
        for (std::size_t i = 0; i < states; ++i) look(copies_.states.at(step.state + i));
      }
    }
  }

  // What is kept, and the sums of the block, where the phase ends for them.
  void end_for_sums(const Work& work, const Phase& phase, const Cohort& cohort, std::size_t p,
                    std::size_t begin, std::size_t n) {
    if (phase.kind == Phase::Kind::keep) {
      std::memcpy(offset(bound_.memory.kept(p), begin, dtype(p)), copies_.update.data(),
                  n * size_of(dtype(p)));
      if (!work.rehearses) copy_out(p, begin, n);
    }
    const Over over = bound_.plan.cuts[phase.number].over;
    if (over == Over::unit || over == Over::nothing) return;
    Streams s = streams(0, n);
    s.grad = copies_.update.data();
    LaneSums sums;
    const std::size_t link = cohort.group->links[phase.end];
    kernels(link, dtype(p)).gather(cohort.end, s, sums);
    Total* partial = &work.partials[(blocks_.first[p] + begin / kBlock) * kMaxSums];
    for (std::size_t m = 0; m < bound_.plan.links[link].transform->sum.count; ++m)
      partial[m] = {sums.total(m)};
  }

  std::size_t first_unit(std::size_t p) const {
    std::size_t first = 0;
    for (std::size_t q = 0; q < p; ++q) {
      const std::size_t each = unit_size(bound_.params[q]);
      first += each == 0 ? 0 : size(q) / each;
    }
    return first;
  }

  void gather_units(const Work& work, std::size_t cut) {
    units_.resize(first_unit(bound_.params.size()));
    for_each_phase(cut, [&](const Phase& phase, const Cohort& cohort, std::size_t p) {
      if (phase.updates()) return;
      const std::size_t each = unit_size(bound_.params[p]), first = first_unit(p);
      for (std::size_t unit = 0; unit * each < size(p); ++unit) {
        units_[first + unit] = unit_map(work, phase, cohort, p, unit * each, each);
      }
    });
  }

  UnitMap unit_map(const Work& work, const Phase& phase, const Cohort& cohort, std::size_t p,
                   std::size_t from, std::size_t each) {
    const std::size_t link = cohort.group->links[phase.end];
    const Transform& transform = *bound_.plan.links[link].transform;
    std::vector<std::vector<double>> parts(transform.sum.count);
    for (std::size_t begin = from; begin < from + each; begin += kBlock) {
      const std::size_t n = std::min(kBlock, from + each - begin);
      copy_in(work, phase, p, begin, n);
      Streams s = streams(0, n);
      if (phase.kind == Phase::Kind::keep) {
        std::memcpy(copies_.source.data(), offset(bound_.memory.kept(p), begin, dtype(p)),
                    n * size_of(dtype(p)));
      }
      LaneSums sums;
      kernels(link, dtype(p)).gather(cohort.end, s, sums);
      for (std::size_t m = 0; m < parts.size(); ++m) parts[m].push_back(sums.total(m));
    }
    std::vector<Total> all;
    for (const std::vector<double>& part : parts) all.push_back({tree_sum(part)});
    Moment now = bound_.lowering.moment(cohort, phase.end);
    now.sums = all;
    now.size = static_cast<double>(each);
    return transform.sum.unit(now, bound_.params[p].shape().size());
  }

  void map_whole(const Phase& phase, const Cohort& cohort, std::size_t p) {
    const std::size_t link = cohort.group->links[phase.begin];
    const Buffer update = bound_.memory.kept_buffer(p), value = bound_.memory.value_buffer(p);
    const Lowered& lowered = cohort.rules[phase.first_rule - 1];
    if (dtype(p) == Dtype::f32) {
      map(lowered.pre, static_cast<float*>(update.data), static_cast<float*>(value.data), size(p));
    } else {
      map(lowered.pre, static_cast<double*>(update.data), static_cast<double*>(value.data), size(p));
    }
    std::vector<Buffer> states;
    for (std::size_t i = 0; i < cohort.group->states.size(); ++i) {
      if (cohort.group->states[i].link == link) states.push_back(bound_.memory.state_buffer(p, i));
    }
    bound_.plan.links[link].transform->whole(lowered.coefs, {update, value, states});
  }

  const Bound bound_;
  const bool zero_grad_;
  const SimdTable& simd_;
  const Blocks blocks_;
  Copies copies_{};
  std::vector<UnitMap> units_;
  Found found_, spoiled_;
};

}  // namespace

std::unique_ptr<Device> make_copying_device(const Bound& bound, const DeviceOptions& options) {
  return std::make_unique<CopyingDevice>(bound, options);
}

}  // namespace thalweg
