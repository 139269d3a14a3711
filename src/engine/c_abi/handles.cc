#include "c_abi/handles.h"

#include <string>

#include "params/forever.h"
#include "thalweg/error.h"

namespace thalweg::c {
namespace {

constexpr std::string_view kKinds[] = {"params", "optimizer", "schedule", "comm",
                                       "model",  "trainer",   "predicted"};
constexpr int kIndexBits = 24;

// The lowest bit is set, which no address of an object has.
void* print(std::uint32_t index, std::uint32_t uses) {
  const std::uint64_t number = (std::uint64_t{uses} << kIndexBits | index) << 1 | 1;
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));
}

[[noreturn]] void fail(Kind kind, const std::string& got) {
  const std::string name(kKinds[static_cast<std::size_t>(kind)]);
  throw Error(Code::usage, {"handle", "it is not of thalweg_" + name, got,
                            "what thalweg_" + name + "_create gave, and nobody has destroyed", ""});
}

}  // namespace

Handles& Handles::all() { return forever<Handles>(); }

// Where the library is unloaded, or the process ends, with nothing left to forget.
[[gnu::destructor]] static void forget_places() { Handles::all().forget_unused(); }

void Handles::forget_unused() {
  const std::lock_guard lock(changing_);
  if (free_.size() < chunks_.size() * kChunk) return;  // somebody's object lives
  for (std::size_t i = 0; i < chunks_.size(); ++i) places_[i].store(nullptr, std::memory_order_release);
  std::vector<std::unique_ptr<Chunk>>().swap(chunks_);
  std::vector<std::uint32_t>().swap(free_);
}

void* Handles::add(Kind kind, std::shared_ptr<void> object) {
  const std::lock_guard lock(changing_);
  if (free_.empty()) {
    if (chunks_.size() == kMostChunks) {
      throw Error(Code::resource, {"handle", "too many objects", "", "", "destroy what is not needed"});
    }
    const auto first = static_cast<std::uint32_t>(chunks_.size() * kChunk);
    free_.reserve(free_.size() + kChunk);
    chunks_.push_back(std::make_unique<Chunk>());
    places_[chunks_.size() - 1].store(chunks_.back().get(), std::memory_order_release);
    for (std::uint32_t i = kChunk; i > 0; --i) free_.push_back(first + i - 1);
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Place& place = (*chunks_[index / kChunk])[index % kChunk];
  place.kind = kind;
  place.object = std::move(object);
  const std::uint32_t uses = place.uses.load(std::memory_order_relaxed) + 1;
  place.uses.store(uses, std::memory_order_release);
  return print(index, uses);
}

Handles::Place* Handles::find(Kind kind, const void* handle) const {
  const auto number = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(handle));
  const auto index = static_cast<std::size_t>(number >> 1 & ((1U << kIndexBits) - 1));
  const std::uint64_t uses = number >> (kIndexBits + 1);
  if ((number & 1) == 0 || uses % 2 == 0 || index / kChunk >= kMostChunks) return nullptr;
  Chunk* chunk = places_[index / kChunk].load(std::memory_order_acquire);
  if (chunk == nullptr) return nullptr;
  Place& place = (*chunk)[index % kChunk];
  return place.uses.load(std::memory_order_acquire) == uses && place.kind == kind ? &place : nullptr;
}

void* Handles::get(Kind kind, const void* handle) const {
  if (const Place* place = find(kind, handle)) return place->object.get();
  fail(kind, handle == nullptr ? "NULL" : "one that was destroyed, is of another kind or was never made");
}

std::shared_ptr<void> Handles::share(Kind kind, const void* handle) {
  const std::lock_guard lock(changing_);
  get(kind, handle);
  return find(kind, handle)->object;
}

void Handles::remove(Kind kind, void* handle) {
  std::shared_ptr<void> object;  // goes when nothing is locked
  const std::lock_guard lock(changing_);
  Place* place = find(kind, handle);
  if (place == nullptr) fail(kind, "one that was destroyed before, is of another kind or was never made");
  const auto number = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(handle));
  place->uses.fetch_add(1, std::memory_order_acq_rel);
  object.swap(place->object);
  free_.push_back(static_cast<std::uint32_t>(number >> 1 & ((1U << kIndexBits) - 1)));
}

}  // namespace thalweg::c
