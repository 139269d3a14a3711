#include "checkpoint/counterparts.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string_view>

namespace thalweg {
namespace {

using Entry = TensorPlaces::value_type;

// Streams of one line mean the same, whatever share of them their rules keep. A rule that is not here shares
// its state with no other.
constexpr std::string_view kGradient[] = {"adam.m",    "adabelief.m", "adabound.m", "adamax.m",
                                          "adan.m",    "lion.m",      "nadam.m",    "radam.m",
                                          "rmsprop.m", "yogi.m",      "ademamix.m"};
constexpr std::string_view kSquare[] = {"adam.v",  "adabound.v", "adadelta.v", "ademamix.v",
                                        "nadam.v", "radam.v",    "rmsprop.v",  "adopt.v"};
constexpr std::string_view kGreatest[] = {"adam.vmax", "adabound.vmax", "radam.vmax"};
constexpr std::string_view kSquares[] = {"adagrad.s", "proximal_adagrad.s"};
constexpr std::span<const std::string_view> kMeanings[] = {kGradient, kSquare, kGreatest, kSquares};

// What is 0 as long as nothing has come: a maximum, a sum that forgets, an open window.
constexpr std::string_view kLate[] = {"vmax", "b", "sum", "weight"};
constexpr std::string_view kLateOwners[] = {"adam",     "adabelief", "adabound",  "radam",
                                            "momentum", "rmsprop",   "accumulate"};

}  // namespace

void find_counterparts(const std::vector<Slot>& slots,
                       const std::map<std::string, const Entry*, std::less<>>& entries,
                       std::vector<const Entry*>& found, std::set<const Entry*>& used) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Slot& slot = slots[i];
    if (found[i] != nullptr || slot.kind != Slot::Kind::state) continue;
    const TensorName parts = take_apart(slot.name);
    const std::string_view stream = parts.rest.substr(1);
    const std::string before = std::string(parts.prefix) + std::string(parts.owner) + "/";
    const Entry* only = nullptr;
    std::size_t times = 0;
    for (const std::span<const std::string_view> meaning : kMeanings) {
      if (std::ranges::find(meaning, stream) == meaning.end()) continue;
      for (const std::string_view other : meaning) {
        const auto entry = entries.find(before + std::string(other));
        if (entry == entries.end() || used.contains(entry->second)) continue;
        const TensorPlace& place = entry->second->second;
        if (place.type != slot.type || place.shape != slot.shape) continue;
        only = entry->second;
        ++times;
      }
    }
    if (times != 1) continue;
    found[i] = only;
    used.insert(only);
  }
}

bool may_start_late(const Slot& slot) {
  if (slot.kind != Slot::Kind::state && slot.kind != Slot::Kind::number) return false;
  const std::string_view stream = take_apart(slot.name).rest.substr(1);
  const std::size_t dot = stream.find('.');
  std::string_view rule = stream.substr(0, dot);
  while (!rule.empty() && rule.back() >= '0' && rule.back() <= '9') rule.remove_suffix(1);  // a second one
  return std::ranges::find(kLateOwners, rule) != std::end(kLateOwners) &&
         std::ranges::find(kLate, stream.substr(dot + 1)) != std::end(kLate);
}

}  // namespace thalweg
