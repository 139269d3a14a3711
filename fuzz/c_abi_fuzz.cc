// The C ABI with wrong handles, sizes and texts, in any order: every call gives a status, every error a
// message, and what was refused changed nothing. Memory is right: from C nobody can tell whether it is.
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "target.h"
#include "thalweg/c_comm.h"

namespace thalweg::fuzz {
namespace {

constexpr std::size_t kElements = 64;  // of each of the buffers

// Takes numbers and texts off the input; zeros and empty texts when it is used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  bool done() const { return left_ == 0; }
  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  std::uint64_t number() {
    std::uint64_t out = 0;
    const int bytes = byte() % 9;
    for (int i = 0; i < bytes; ++i) out = out << 8 | byte();
    return out;
  }
  double real() {
    const std::uint64_t bits = number();
    double out = 0;
    std::memcpy(&out, &bits, sizeof out);
    return out;
  }
  // A text, one that is likely to be right, or none.
  const char* text(std::initializer_list<const char*> likely) {
    const std::uint8_t kind = byte();
    if (kind == 0) return nullptr;
    if (kind % 4 != 0) return *(likely.begin() + kind % likely.size());
    text_.clear();
    for (int length = byte() % 40; length > 0; --length) text_ += static_cast<char>(byte());
    return text_.c_str();
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
  std::string text_;
};

// Handles of one kind, among them those that were destroyed, with numbers that never were any.
template <class T>
struct Held {
  std::vector<T*> all;
  T* any(Input& in) const {
    const std::uint8_t i = in.byte();
    if (i == 255 || all.empty()) return reinterpret_cast<T*>(static_cast<std::uintptr_t>(in.number()));
    return all[i % all.size()];
  }
};

struct World {
  std::array<double, kElements> value{}, grad{}, more{};
  Held<thalweg_params> params;
  Held<thalweg_optimizer> optimizers;
  Held<thalweg_schedule> schedules;
  Held<thalweg_comm> comms;
};

void expect(thalweg_status status) {
  require(status >= THALWEG_OK && status <= THALWEG_DIVERGED, "an unknown status");
  if (status != THALWEG_OK) require(std::strlen(thalweg_last_error()) > 8, "an error without words");
}

constexpr auto kChains = {"adamw(lr=0.1)", "lr(0.1)", "clip_norm(1) | adam | lr(cosine(0.1, total=9))",
                          "momentum(0.9) | lr(0.1) | average(decay=0.9)", "accumulate(2) | lion | lr(0.01)"};

void on_params(Input& in, World& world) {
  thalweg_params* params = world.params.any(in);
  std::size_t index = 0;
  thalweg_tensor tensor = THALWEG_TENSOR_INIT;
  switch (in.byte() % 8) {
    case 0: {
      thalweg_params* made = nullptr;
      expect(thalweg_params_create(&made));
      if (made != nullptr) world.params.all.push_back(made);
      break;
    }
    case 1: {
      const auto from = static_cast<std::size_t>(in.byte() % kElements);
      const std::int64_t shape[] = {static_cast<std::int64_t>(in.number())};
      const bool fits = shape[0] <= 0 || static_cast<std::uint64_t>(shape[0]) <= kElements - from;
      if (!fits) break;
      expect(thalweg_params_adopt(params, in.text({"a", "b", "c"}), in.byte() % 2, shape,
                                  static_cast<thalweg_dtype>(in.byte() % 4), &world.value[from],
                                  in.byte() % 4 == 0 ? nullptr : &world.grad[from],
                                  static_cast<thalweg_role>(in.byte() % 8), &index));
      break;
    }
    case 2:
      expect(thalweg_params_set_absent(params, in.byte() % 5, in.byte()));
      break;
    case 3:
      expect(thalweg_params_set_frozen(params, in.byte() % 5, in.byte()));
      break;
    case 4:
      expect(thalweg_params_find(params, in.text({"a", "b"}), &index));
      break;
    case 5:
      tensor.struct_size = in.byte() % 2 == 0 ? in.number() % sizeof tensor : sizeof tensor;
      expect(thalweg_params_value(params, in.byte() % 5, &tensor));
      break;
    case 6: {
      std::array<unsigned char, 4> small{};
      expect(thalweg_params_small_pages(params, small.data(), in.byte() % 5));
      break;
    }
    default:
      expect(thalweg_params_destroy(params));
  }
}

void on_optimizer(Input& in, World& world) {
  thalweg_optimizer* o = world.optimizers.any(in);
  const char* text = nullptr;
  std::uint64_t number = 0;
  std::size_t size = 0;
  switch (in.byte() % 12) {
    case 0: {
      thalweg_optimizer_options options = THALWEG_OPTIMIZER_OPTIONS_INIT;
      options.threads = in.byte() % 3 == 0 ? -1 : 1;
      options.statistics = in.byte() % 5;
      options.nonfinite = in.text({"report", "skip", "zero", "error"});
      if (in.byte() % 4 == 0) options.struct_size = in.number() % 100;
      thalweg_optimizer* made = nullptr;
      expect(thalweg_optimizer_create(world.params.any(in), in.text(kChains), &options, &made));
      if (made != nullptr) world.optimizers.all.push_back(made);
      break;
    }
    case 1: {
      thalweg_step_input input = THALWEG_STEP_INPUT_INIT;
      thalweg_report report = THALWEG_REPORT_INIT;
      if (in.byte() % 4 == 0) input.weight = in.real();
      if (in.byte() % 4 == 0) report.struct_size = in.number() % sizeof report;
      world.grad[in.byte() % kElements] = in.real();
      expect(thalweg_optimizer_step(o, &input, &report));
      break;
    }
    case 2:
      expect(thalweg_optimizer_set_option(o, in.text({"lr", "adam.beta1", "clip_norm"}), in.real()));
      break;
    case 3:
      expect(thalweg_optimizer_begin_averaged(o));
      break;
    case 4:
      expect(thalweg_optimizer_end_averaged(o));
      break;
    case 5:
      expect(thalweg_optimizer_replan(o));
      break;
    case 6: {
      thalweg_tensor tensor = THALWEG_TENSOR_INIT;
      expect(thalweg_optimizer_state(o, in.byte() % 9, &tensor));
      expect(thalweg_optimizer_number(o, in.byte() % 9, &tensor));
      break;
    }
    case 7:
      expect(thalweg_optimizer_observe(o, in.real()));
      break;
    case 8: {
      std::vector<char> bytes(in.number() % 4096);
      for (std::size_t i = 0; i < bytes.size() && !in.done(); ++i) bytes[i] = static_cast<char>(in.byte());
      expect(thalweg_optimizer_load_memory(o, bytes.data(), bytes.size(), nullptr, &text));
      break;
    }
    case 9: {
      std::vector<char> bytes(8192);
      expect(thalweg_optimizer_save_memory(o, bytes.data(), bytes.size(), &size));
      break;
    }
    case 10:
      expect(thalweg_optimizer_clock(o, in.byte() % 5, &number));
      break;
    default:
      expect(thalweg_optimizer_destroy(o));
  }
}

// Ranks of which none but this can be reached.
thalweg_comm* new_comm(Input& in) {
  thalweg_comm_calls calls = THALWEG_COMM_CALLS_INIT;
  calls.rank = in.byte() % 4 - 1;
  calls.size = in.byte() % 4 - 1;
  if (in.byte() % 4 != 0) {
    calls.send = [](void*, int, const void*, std::size_t, std::uint64_t*) { return 1; };
    calls.receive = [](void*, int, void*, std::size_t, std::uint64_t*) { return 1; };
    calls.done = [](void*, std::uint64_t, int*) { return 1; };
  }
  if (in.byte() % 4 == 0) calls.struct_size = in.number() % 100;
  thalweg_comm* made = nullptr;
  expect(thalweg_comm_create(&calls, &made));
  return made;
}

thalweg_optimizer* new_optimizer_on(thalweg_comm* comm, Input& in, World& world) {
  thalweg_optimizer_options options = THALWEG_OPTIMIZER_OPTIONS_INIT;
  options.threads = 1;
  options.comm = comm;
  options.whole_state = in.byte() % 2;
  thalweg_optimizer* made = nullptr;
  expect(thalweg_optimizer_create(world.params.any(in), in.text(kChains), &options, &made));
  return made;
}

void on_comm(Input& in, World& world) {
  thalweg_comm* comm = world.comms.any(in);
  thalweg_comm* made = nullptr;
  int number = 0;
  switch (in.byte() % 9) {
    case 0:
      expect(thalweg_comm_create_self(&made));
      break;
    case 1:
      made = new_comm(in);
      break;
    case 2:
      expect(thalweg_comm_shape(comm, &number, nullptr));
      break;
    case 3:
      expect(thalweg_comm_set_deadline(comm, in.real()));
      break;
    case 4:
      expect(thalweg_comm_most(comm, in.byte(), &number));
      break;
    case 5:
      expect(thalweg_comm_abort(comm, in.byte(), in.text({"enough"})));
      break;
    case 6: {
      thalweg_optimizer* o = world.optimizers.any(in);
      expect(thalweg_optimizer_gather_state(o, in.byte() % 4 - 1));
      expect(thalweg_optimizer_state_is_whole(o, &number));
      if (in.byte() % 2 == 0) expect(thalweg_optimizer_state_written(o));
      break;
    }
    case 7:
      if (thalweg_optimizer* on = new_optimizer_on(comm, in, world)) world.optimizers.all.push_back(on);
      break;
    default:
      expect(thalweg_comm_destroy(comm));
  }
  if (made != nullptr) world.comms.all.push_back(made);
}

void on_texts(Input& in, World& world) {
  const char* text = nullptr;
  thalweg_schedule* schedule = world.schedules.any(in);
  double value = 0;
  switch (in.byte() % 6) {
    case 0:
      expect(thalweg_chain_print(in.text(kChains), in.byte(), &text));
      break;
    case 1:
      expect(thalweg_chain_explain(in.text(kChains), world.params.any(in), in.byte() % 2, &text));
      break;
    case 2:
      expect(thalweg_help(in.text({"adam", "cosine", "adm"}), &text));
      break;
    case 3: {
      thalweg_schedule* made = nullptr;
      expect(thalweg_schedule_create(in.text({"cosine(0.1)", "linear(1, warmup=5%)", "0.1"}), in.number(),
                                     in.byte(), &made));
      if (made != nullptr) world.schedules.all.push_back(made);
      break;
    }
    case 4:
      expect(thalweg_schedule_value(schedule, in.number(), &value));
      break;
    default:
      expect(thalweg_schedule_destroy(schedule));
  }
}

}  // namespace
}  // namespace thalweg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace thalweg::fuzz;
  Input in(data, size);
  World world;
  while (!in.done()) {
    const std::uint8_t what = in.byte();
    switch (what >= 240 ? 3 : what % 3) {
      case 3:
        on_comm(in, world);
        break;
      case 0:
        on_params(in, world);
        break;
      case 1:
        on_optimizer(in, world);
        break;
      default:
        on_texts(in, world);
    }
  }
  for (thalweg_optimizer* o : world.optimizers.all) thalweg_optimizer_destroy(o);
  for (thalweg_params* p : world.params.all) thalweg_params_destroy(p);
  for (thalweg_schedule* s : world.schedules.all) thalweg_schedule_destroy(s);
  for (thalweg_comm* c : world.comms.all) thalweg_comm_destroy(c);
  return 0;
}
