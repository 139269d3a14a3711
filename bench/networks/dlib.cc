// dlib, where it is installed, as one competitor of steps.py: its step is gradients, then the update of its
// solver.
//
// Usage: dlib TASK. It has no AdamW: Adam is in its place. Images and features lie ready as a tensor.
#include <dlib/dnn.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

namespace {

using Input = dlib::input<dlib::matrix<float>>;
using Image = dlib::matrix<float>;

template <long units, class Before>
using relu_fc = dlib::relu<dlib::fc<units, Before>>;
template <long units, class Before>
using tanh_fc = dlib::htan<dlib::fc<units, Before>>;
template <long channels, class Before>
using block = dlib::max_pool<2, 2, 2, 2, dlib::relu<dlib::con<channels, 3, 3, 1, 1, Before>>>;

using Xor = dlib::loss_mean_squared<dlib::fc<1, tanh_fc<16, Input>>>;
using Tiny = dlib::loss_mean_squared<dlib::fc<1, tanh_fc<32, tanh_fc<32, Input>>>>;
using Narrow = dlib::loss_multiclass_log<dlib::fc<10, relu_fc<32, Input>>>;
using Digits = dlib::loss_multiclass_log<dlib::fc<10, relu_fc<64, Input>>>;
using Mnist = dlib::loss_multiclass_log<dlib::fc<10, relu_fc<256, Input>>>;
using Convolutions = dlib::loss_multiclass_log<dlib::fc<10, relu_fc<128, block<64, block<32, Input>>>>>;

template <class Net, class Solver>
int serve(long batch, long height, long width, const Solver& solver) {
  Net net;
  std::vector<Image> images;
  std::vector<typename Net::training_label_type> targets;
  for (long i = 0; i < batch; ++i) {
    images.push_back(dlib::matrix_cast<float>(dlib::randm(height, width)));
    targets.push_back(static_cast<typename Net::training_label_type>(i % 2));
  }
  dlib::resizable_tensor x;
  net.to_tensor(images.begin(), images.end(), x);
  std::vector<Solver> solvers(net.num_computational_layers, solver);
  const auto step = [&] {
    net.compute_parameter_gradients(x, targets.begin());
    net.update_parameters(dlib::make_sstack(solvers), 1e-3);
  };
  step();
  std::printf("READY\n");
  std::fflush(stdout);
  for (long steps = 0; std::cin >> steps;) {
    const auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < steps; ++i) step();
    std::printf("T %.9f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string task = argc > 1 ? argv[1] : "";
  const dlib::sgd sgd(0, 0);
  const dlib::adam adam(0, 0.9, 0.999);
  if (task == "xor") return serve<Xor>(1, 2, 1, sgd);
  if (task == "tiny") return serve<Tiny>(32, 8, 1, adam);
  if (task == "narrow") return serve<Narrow>(32, 784, 1, sgd);
  if (task == "digits") return serve<Digits>(64, 64, 1, adam);
  if (task == "mnist") return serve<Mnist>(64, 784, 1, adam);
  if (task == "convolutions") return serve<Convolutions>(128, 28, 28, adam);
  return 2;
}
