// What torch calls the streams of a rule.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace thalweg {

struct TorchStream {
  std::string_view stream;  // "adam.m"
  std::string_view key;     // "exp_avg"

  std::string_view rule() const { return stream.substr(0, stream.find('.')); }
};

inline constexpr TorchStream kTorchStreams[] = {
    {"momentum.b", "momentum_buffer"}, {"adam.m", "exp_avg"},       {"adam.v", "exp_avg_sq"},
    {"adam.vmax", "max_exp_avg_sq"},   {"rmsprop.v", "square_avg"}, {"rmsprop.m", "grad_avg"},
    {"rmsprop.b", "momentum_buffer"},  {"adagrad.s", "sum"},
};
inline constexpr std::string_view kTorchStep = "step";
inline constexpr std::string_view kStepless = "momentum";     // torch counts no steps for it
inline constexpr std::string_view kFromTheStart = "adagrad";  // torch makes its state before the first step

// Null: torch has no such stream.
inline const TorchStream* find_torch_stream(std::string_view stream) {
  const auto* found = std::ranges::find(kTorchStreams, stream, &TorchStream::stream);
  return found == std::end(kTorchStreams) ? nullptr : found;
}

}  // namespace thalweg
