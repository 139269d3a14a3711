// The core alone keeps a training: in a file, in memory, for another rule, and for torch.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>

#include "thalweg/checkpoint.h"
#include "thalweg/torch_state.h"

using namespace thalweg;

namespace {

struct Fit {  // of three numbers to 1, 2 and 3
  explicit Fit(const std::string& chain)
      : w(params.add("w", {3}, Role::weight)), optimizer(params, Chain(chain)) {}

  void train(int updates) {
    for (int k = 0; k < updates; ++k) {
      for (std::size_t i = 0; i < 3; ++i)
        w.grad<float>()[i] = w.value<float>()[i] - static_cast<float>(i + 1);
      optimizer.step();
    }
  }
  bool same(const Fit& other) const { return std::ranges::equal(w.value<float>(), other.w.value<float>()); }

  Params params;
  Parameter& w;
  Optimizer optimizer;
};

}  // namespace

int main() {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "thalweg-example.safetensors";
  Fit first("adam | lr(0.1)"), resumed("adam | lr(0.1)"), lion("lion | lr(0.01)"),
      from_torch("adam | lr(0.1)");
  first.train(20);
  save_checkpoint(path, first.params, first.optimizer, {.metadata = {{"note", "20 updates"}}, .threads = 2});
  const LoadReport report = load_checkpoint(path, resumed.params, resumed.optimizer);
  std::filesystem::remove(path);
  std::cout << report.metadata.at("note") << ": " << report.kept.size() << " tensors\n";
  first.train(20);
  resumed.train(20);

  const LoadReport moved = load_checkpoint(checkpoint_bytes(first.params, first.optimizer), lion.params,
                                           lion.optimizer, {.other_chain = true});
  for (const auto& [from, to] : moved.kept) std::cout << from << " -> " << to << "\n";

  load_torch_state(torch_state_bytes(first.params, first.optimizer), from_torch.params, from_torch.optimizer);
  load_parameters(parameter_bytes(first.params, 40), from_torch.params);
  first.train(5);
  from_torch.train(5);
  return resumed.optimizer.updates() == 40 && moved.dropped.size() == 1 && from_torch.same(first) ? 0 : 1;
}
