// thalweg_optimizer_...: binding, stepping, what is told between steps.
#include "thalweg/optimizer.h"

#include "base/threads.h"
#include "c_abi/call.h"
#include "c_abi/objects.h"

namespace thalweg::c {
namespace {

Statistics read_statistics(int flags) {
  constexpr int kAll = THALWEG_UPDATE_RATIO | THALWEG_NORMS;
  if ((flags & ~kAll) == 0) {
    return {.update_ratio = (flags & THALWEG_UPDATE_RATIO) != 0, .norms = (flags & THALWEG_NORMS) != 0};
  }
  throw Error(Code::usage, {"statistics", "unknown", std::to_string(flags),
                            "THALWEG_UPDATE_RATIO and THALWEG_NORMS, added", ""});
}

StepInput read_input(const thalweg_step_input* input) {
  const thalweg_step_input given = read_struct<thalweg_step_input>(input, THALWEG_STEP_INPUT_INIT);
  StepInput out{
      .weight = given.weight, .last = given.last != 0, .statistics = read_statistics(given.statistics)};
  if (!(given.grad_norm < 0)) out.grad_norm = given.grad_norm;
  return out;
}

std::uint64_t& clock_at(Optimizer& optimizer, std::size_t index) {
  const std::span<std::uint64_t> clocks = optimizer.clocks();
  if (index < clocks.size()) return clocks[index];
  throw Error(Code::usage, {"index", "there is no such parameter", std::to_string(index),
                            "below " + std::to_string(clocks.size()), "replan after adding parameters"});
}

// A number of updates from which counting goes on.
std::uint64_t read_count(std::uint64_t count) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  if (count <= kMost) return count;
  throw Error(Code::usage, {"updates", "too many", std::to_string(count), "at most 2^62", ""});
}

}  // namespace

Use::Use(BoundOptimizer& optimizer) : optimizer_(optimizer) {
  if (!optimizer.in_use.exchange(true, std::memory_order_acquire)) return;
  throw Error(Code::usage, {"optimizer", "another thread is using it", "", "one thread at a time", ""});
}

Use::Use(const thalweg_optimizer* handle) : Use(object_of<BoundOptimizer>(Kind::optimizer, handle)) {}

Optimizer& BoundOptimizer::at_work() const {
  if (!averaged) return *optimizer;
  throw Error(Code::usage, {"optimizer", "the parameters hold averages", "", "",
                            "call thalweg_optimizer_end_averaged first"});
}

int read_threads(int threads) {
  if (threads < 0) throw Error(Code::usage, {"threads", "below 0", std::to_string(threads), "0 or more", ""});
  return threads == 0 ? available_threads() : threads;
}

Nonfinite read_nonfinite(const char* policy) { return parse_nonfinite(text_or(policy, "report")); }

// Keeps the comm for `made`.
OptimizerOptions read_options(const thalweg_optimizer_options* options, BoundOptimizer& made) {
  const thalweg_optimizer_options given =
      read_struct<thalweg_optimizer_options>(options, THALWEG_OPTIMIZER_OPTIONS_INIT);
  if (given.comm != nullptr) made.comm = shared_object<Comm>(Kind::comm, given.comm);
  return {.threads = read_threads(given.threads),
          .grad_norm = given.grad_norm != 0,
          .seconds = given.seconds != 0,
          .nonfinite = read_nonfinite(given.nonfinite),
          .most_skips = given.most_skips,
          .statistics = read_statistics(given.statistics),
          .zero_grad = given.zero_grad != 0,
          .simd = text_or(given.simd, ""),
          .comm = made.comm.get(),
          .whole_state = given.whole_state != 0};
}

thalweg_report report_of(const Report& report, Params& params) {
  std::int64_t at = -1;
  for (std::size_t p = 0; report.nonfinite_parameter != nullptr && at < 0; ++p) {
    if (&params[p] == report.nonfinite_parameter) at = static_cast<std::int64_t>(p);
  }
  return {sizeof(thalweg_report), report.update,    report.lr, report.grad_norm,       report.update_ratio,
          report.seconds,         report.nonfinite, at,        report.nonfinite_index, report.overflows,
          report.skipped,         report.waits,     0};
}

}  // namespace thalweg::c

using namespace thalweg;     // NOLINT: the functions below stand in no namespace
using namespace thalweg::c;  // NOLINT

thalweg_status thalweg_optimizer_create(thalweg_params* params, const char* chain,
                                        const thalweg_optimizer_options* options,
                                        thalweg_optimizer** optimizer) {
  return call([&] {
    need(optimizer, "optimizer");
    auto made = std::make_shared<BoundOptimizer>();
    made->params = shared_object<Params>(Kind::params, params);
    made->optimizer = std::make_shared<Optimizer>(*made->params, Chain(need_text(chain, "chain")),
                                                  read_options(options, *made));
    give_handle(optimizer, Kind::optimizer, std::move(made));
  });
}

thalweg_status thalweg_optimizer_destroy(thalweg_optimizer* optimizer) {
  if (optimizer == nullptr) return THALWEG_OK;
  return call([&] {
    { const Use unused(optimizer); }
    Handles::all().remove(Kind::optimizer, optimizer);
  });
}

thalweg_status thalweg_optimizer_step(thalweg_optimizer* optimizer, const thalweg_step_input* input,
                                      thalweg_report* report) {
  return call([&] {
    const Use o(optimizer);
    if (report != nullptr) check_struct_size(report->struct_size);
    o->last = o->at_work().step(read_input(input));
    if (report != nullptr) write_struct(report, report_of(o->last, *o->params));
  });
}

thalweg_status thalweg_optimizer_parameter_report(thalweg_optimizer* optimizer, size_t index,
                                                  thalweg_parameter_report* report) {
  return call([&] {
    const Use o(optimizer);
    parameter_at(*o->params, index);
    thalweg_parameter_report out = THALWEG_PARAMETER_REPORT_INIT;
    out.grad_norm = out.value_norm = out.update_norm = out.update_ratio =
        std::numeric_limits<double>::quiet_NaN();
    if (index < o->last.parameters.size()) {
      const ParameterReport& one = o->last.parameters[index];
      out = {sizeof(out), one.grad_norm, one.value_norm, one.update_norm, one.update_ratio};
    }
    write_struct(report, out);
  });
}

thalweg_status thalweg_optimizer_set_option(thalweg_optimizer* optimizer, const char* name, double value) {
  return call([&] { Use(optimizer)->optimizer->set_option(need_text(name, "name"), value); });
}

thalweg_status thalweg_optimizer_observe(thalweg_optimizer* optimizer, double metric) {
  return call([&] { Use(optimizer)->optimizer->observe(metric); });
}

thalweg_status thalweg_optimizer_begin_averaged(thalweg_optimizer* optimizer) {
  return call([&] {
    const Use o(optimizer);
    Optimizer& optimizer_at_work = o->at_work();
    o->averaged.emplace(o->lend ? o->lend() : optimizer_at_work.averaged());
  });
}

thalweg_status thalweg_optimizer_end_averaged(thalweg_optimizer* optimizer) {
  return call([&] { Use(optimizer)->averaged.reset(); });
}

thalweg_status thalweg_optimizer_replan(thalweg_optimizer* optimizer) {
  return call([&] {
    const Use o(optimizer);
    Optimizer before = o->at_work().replan();
    if (!o->state.empty()) o->replaced.push_back(std::move(before));
    o->last = {};  // of before
    o->state.clear();
    o->numbers.clear();
  });
}

thalweg_status thalweg_optimizer_loss_scale(thalweg_optimizer* optimizer, double* scale) {
  return call([&] { need(scale, "scale") = Use(optimizer)->optimizer->loss_scale(); });
}

thalweg_status thalweg_optimizer_chain(thalweg_optimizer* optimizer, const char** text) {
  return call([&] { give_text(text, Use(optimizer)->optimizer->chain().text()); });
}

thalweg_status thalweg_optimizer_updates(thalweg_optimizer* optimizer, uint64_t* updates) {
  return call([&] { need(updates, "updates") = Use(optimizer)->optimizer->updates(); });
}

thalweg_status thalweg_optimizer_set_updates(thalweg_optimizer* optimizer, uint64_t updates) {
  return call([&] { Use(optimizer)->optimizer->set_updates(read_count(updates)); });
}

thalweg_status thalweg_optimizer_clock(thalweg_optimizer* optimizer, size_t index, uint64_t* clock) {
  return call([&] { need(clock, "clock") = clock_at(*Use(optimizer)->optimizer, index); });
}

thalweg_status thalweg_optimizer_set_clock(thalweg_optimizer* optimizer, size_t index, uint64_t clock) {
  return call([&] { clock_at(Use(optimizer)->at_work(), index) = read_count(clock); });
}
