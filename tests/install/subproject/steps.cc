// One step of AdamW with hand-made numbers, by text and by typed factories, in memory of the caller: both are
// 0.9 on the first step, as m / sqrt(v) is 1 then, up to eps. Exits with 0 if so.
#include <thalweg/factories.h>
#include <thalweg/optimizer.h>

#include <cmath>
#include <iostream>

namespace {

float stepped(const thalweg::Chain& chain) {
  float value = 1, gradient = 0.5f;
  thalweg::Params params;
  params.adopt("w", {1}, &value, &gradient);
  thalweg::Optimizer(params, chain).step();
  return value;
}

}  // namespace

int main() {
  const float by_text = stepped(thalweg::Chain("adam | lr(0.1)"));
  const float by_factory = stepped(thalweg::adam({.beta2 = 0.999}) | thalweg::lr(0.1));
  std::cout << "stepped to " << by_text << " and " << by_factory << "\n";
  return std::abs(by_text - 0.9f) < 1e-6f && by_text == by_factory ? 0 : 1;
}
