// thalweg_optimizer_...: state as tensors, checkpoints.
#include "base/json.h"
#include "base/threads.h"
#include "c_abi/call.h"
#include "c_abi/objects.h"
#include "thalweg/checkpoint.h"
#include "thalweg/torch_state.h"

namespace thalweg::c {
namespace {

template <class T>
const T& at(const std::vector<T>& all, std::size_t index, const char* count) {
  if (index < all.size()) return all[index];
  throw Error(Code::usage, {"index", "there is no such state", std::to_string(index),
                            "below " + std::to_string(all.size()) + ", what " + count + " gives", ""});
}

LoadOptions read_load_options(const thalweg_load_options* options) {
  const thalweg_load_options given = read_struct<thalweg_load_options>(options, THALWEG_LOAD_OPTIONS_INIT);
  LoadOptions out{.other_chain = given.other_chain != 0, .partial = given.partial != 0};
  for (std::size_t i = 0; i < given.renames; ++i) {
    out.remap.push_back({std::string(need_text((&need(given.from, "from"))[i], "from")),
                         std::string(need_text((&need(given.to, "to"))[i], "to"))});
  }
  out.threads = available_threads();
  return out;
}

// What a load did, where the caller wants to know.
void tell(const char** out, const LoadReport& report) {
  if (out == nullptr) return;
  const auto kept = [](const LoadReport::Kept& one) {
    return JsonObject().add("from", one.from).add("to", one.to).text();
  };
  give_text(out, JsonObject()
                     .raw("kept", json_list(report.kept, kept))
                     .add("fresh", report.fresh)
                     .add("dropped", report.dropped)
                     .text());
}

}  // namespace
}  // namespace thalweg::c

using namespace thalweg;     // NOLINT: the functions below stand in no namespace
using namespace thalweg::c;  // NOLINT

thalweg_status thalweg_optimizer_state_bytes(thalweg_optimizer* optimizer, uint64_t* bytes) {
  return call([&] { need(bytes, "bytes") = Use(optimizer)->optimizer->state_bytes(); });
}

thalweg_status thalweg_optimizer_state_count(thalweg_optimizer* optimizer, size_t* count) {
  return call([&] {
    const Use o(optimizer);
    o->state = o->optimizer->state();
    need(count, "count") = o->state.size();
  });
}

thalweg_status thalweg_optimizer_state(thalweg_optimizer* optimizer, size_t index, thalweg_tensor* state) {
  return call([&] {
    const Use o(optimizer);
    if (o->state.empty()) o->state = o->optimizer->state();
    const StateTensor& one = at(o->state, index, "thalweg_optimizer_state_count");
    write_struct(state, tensor_of(one.name, one.buffer));
  });
}

thalweg_status thalweg_optimizer_number_count(thalweg_optimizer* optimizer, size_t* count) {
  return call([&] {
    const Use o(optimizer);
    o->numbers = o->optimizer->numbers();
    need(count, "count") = o->numbers.size();
  });
}

thalweg_status thalweg_optimizer_number(thalweg_optimizer* optimizer, size_t index, thalweg_tensor* number) {
  return call([&] {
    const Use o(optimizer);
    o->numbers = o->optimizer->numbers();  // whoever writes one is told of to the cohorts
    const StateNumber& one = at(o->numbers, index, "thalweg_optimizer_number_count");
    write_struct(number, tensor_of(one.name, {.data = one.value, .dtype = Dtype::f64}));
  });
}

thalweg_status thalweg_optimizer_save(thalweg_optimizer* optimizer, const char* path) {
  return call([&] {
    const Use o(optimizer);
    save_checkpoint(need_text(path, "path"), *o->params, o->at_work(), {.threads = available_threads()});
  });
}

thalweg_status thalweg_optimizer_begin_save(thalweg_optimizer* optimizer, const char* path) {
  return call([&] {
    const Use o(optimizer);
    Optimizer& at_work = o->at_work();
    if (!o->writer) o->writer.emplace(WriterOptions{.threads = available_threads()});
    o->writer->add(need_text(path, "path"), *o->params, at_work);
    o->writer->begin();
  });
}

thalweg_status thalweg_optimizer_end_save(thalweg_optimizer* optimizer) {
  return call([&] {
    const Use o(optimizer);
    if (o->writer) o->writer->wait();
  });
}

thalweg_status thalweg_optimizer_save_memory(thalweg_optimizer* optimizer, void* buffer, size_t capacity,
                                             size_t* size) {
  return call([&] {
    const Use o(optimizer);
    const std::vector<std::byte> bytes = checkpoint_bytes(*o->params, o->at_work());
    need(size, "size") = bytes.size();
    if (buffer == nullptr) return;
    if (capacity < bytes.size()) {
      throw Error(Code::usage, {"buffer", "too small", std::to_string(capacity) + " bytes",
                                std::to_string(bytes.size()), ""});
    }
    std::memcpy(buffer, bytes.data(), bytes.size());
  });
}

thalweg_status thalweg_optimizer_load(thalweg_optimizer* optimizer, const char* path,
                                      const thalweg_load_options* options, const char** report) {
  return call([&] {
    const Use o(optimizer);
    tell(report,
         load_checkpoint(need_text(path, "path"), *o->params, o->at_work(), read_load_options(options)));
  });
}

thalweg_status thalweg_optimizer_load_memory(thalweg_optimizer* optimizer, const void* bytes, size_t size,
                                             const thalweg_load_options* options, const char** report) {
  return call([&] {
    const Use o(optimizer);
    const std::span given(&need(static_cast<const std::byte*>(bytes), "bytes"), size);
    tell(report, load_checkpoint(given, *o->params, o->at_work(), read_load_options(options)));
  });
}

thalweg_status thalweg_optimizer_save_torch(thalweg_optimizer* optimizer, const char* path, int by_name) {
  return call([&] {
    const Use o(optimizer);
    save_torch_state(need_text(path, "path"), *o->params, o->at_work(),
                     by_name != 0 ? TorchKeys::name : TorchKeys::index, {.threads = available_threads()});
  });
}

thalweg_status thalweg_optimizer_load_torch(thalweg_optimizer* optimizer, const char* path,
                                            const thalweg_load_options* options, const char** report) {
  return call([&] {
    const Use o(optimizer);
    tell(report,
         load_torch_state(need_text(path, "path"), *o->params, o->at_work(), read_load_options(options)));
  });
}
