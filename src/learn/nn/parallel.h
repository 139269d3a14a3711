// Splits work over a team without allocating.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

#include "base/threads.h"

namespace thalweg {

// Calls f(i) for i in 0 .. n-1, each by one member. What f(i) computes must not depend on who calls it.
template <class F>
void for_each_block(Team& team, std::size_t n, F&& f) {
  if (team.size() == 1 || n <= 1) {
    for (std::size_t i = 0; i < n; ++i) f(i);
    return;
  }
  const auto share = [&](int member) {
    const Slice part = slice(n, member, team.size());
    for (std::size_t i = part.begin; i < part.end; ++i) f(i);
  };
  team.run(std::ref(share));  // a std::function of a reference fits in itself
}

// Calls f(begin, end) for parts of 0 .. n-1 of `grain` elements, the last one shorter.
template <class F>
void for_each_part(Team& team, std::size_t n, std::size_t grain, F&& f) {
  for_each_block(team, (n + grain - 1) / grain,
                 [&](std::size_t i) { f(i * grain, std::min(n, (i + 1) * grain)); });
}

}  // namespace thalweg
