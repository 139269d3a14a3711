// Versions, lists, chains and schedules: what is asked about texts.
#include "c_abi/call.h"
#include "c_abi/objects.h"
#include "thalweg/catalog.h"
#include "thalweg/chain.h"
#include "thalweg/memory.h"
#include "thalweg/schedule.h"
#include "thalweg/version.h"

namespace thalweg::c {
namespace {

const Schedule& schedule_of(const thalweg_schedule* handle) {
  return object_of<Schedule>(Kind::schedule, handle);
}

}  // namespace
}  // namespace thalweg::c

using namespace thalweg;     // NOLINT: the functions below stand in no namespace
using namespace thalweg::c;  // NOLINT

const char* thalweg_version(void) {
  static const std::string text(version());
  return text.c_str();
}

uint32_t thalweg_abi_version(void) { return THALWEG_ABI_VERSION; }

thalweg_status thalweg_list(const char* kind, const char** json) {
  return call([&] { give_text(json, catalog_json(text_or(kind, ""), engine_catalog())); });
}

thalweg_status thalweg_help(const char* name, const char** text) {
  return call([&] { give_text(text, help_text(need_text(name, "name"), engine_catalog())); });
}

thalweg_status thalweg_memory_create(size_t bytes, void** memory) {
  return call([&] { need(memory, "memory") = allocate_memory(bytes); });
}

thalweg_status thalweg_memory_destroy(void* memory) {
  return call([&] { free_memory(memory); });
}

thalweg_status thalweg_chain_print(const char* chain, int every, const char** text) {
  return call([&] { give_text(text, Chain(need_text(chain, "chain")).text(every != 0)); });
}

thalweg_status thalweg_chain_explain(const char* chain, const thalweg_params* params, int json,
                                     const char** text) {
  return call([&] {
    const Explanation plan =
        Chain(need_text(chain, "chain")).explain(object_of<Params>(Kind::params, params));
    give_text(text, json != 0 ? plan.json() : plan.text());
  });
}

thalweg_status thalweg_chain_resolve(const char* chain, uint64_t updates, uint64_t per_epoch,
                                     const char** text) {
  return call([&] {
    const Lengths lengths{.updates = updates, .per_epoch = per_epoch};
    give_text(text, Chain(need_text(chain, "chain")).resolve(lengths).text());
  });
}

thalweg_status thalweg_schedule_create(const char* text, uint64_t updates, uint64_t per_epoch,
                                       thalweg_schedule** schedule) {
  return call([&] {
    const Schedule made =
        Schedule(need_text(text, "text")).resolve({.updates = updates, .per_epoch = per_epoch});
    if (!made.resolved()) {
      throw Error(Code::usage,
                  {"schedule", "`" + made.unresolved() + "` has no number of updates yet", made.text(),
                   "a number of updates",
                   "name `total` in it, as in cosine(1e-3, total=1000), or give the run's updates"});
    }
    give_handle(schedule, Kind::schedule, std::make_shared<Schedule>(made));
  });
}

thalweg_status thalweg_schedule_destroy(thalweg_schedule* schedule) {
  return destroy(Kind::schedule, schedule);
}

thalweg_status thalweg_schedule_value(const thalweg_schedule* schedule, uint64_t k, double* value) {
  return call([&] { need(value, "value") = schedule_of(schedule)(k); });
}

thalweg_status thalweg_schedule_values(const thalweg_schedule* schedule, uint64_t first, size_t count,
                                       double* values) {
  return call([&] {
    const Schedule& s = schedule_of(schedule);
    if (count > 0) need(values, "values");
    for (std::size_t i = 0; i < count; ++i) values[i] = s(first + i);
  });
}

thalweg_status thalweg_schedule_print(const thalweg_schedule* schedule, int every, const char** text) {
  return call([&] { give_text(text, schedule_of(schedule).text(every != 0)); });
}

thalweg_status thalweg_schedule_total(const thalweg_schedule* schedule, uint64_t* total) {
  return call([&] { need(total, "total") = schedule_of(schedule).total(); });
}
