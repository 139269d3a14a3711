// What a good programmer writes by hand for one rule: one loop over all streams, vectorised by the compiler
// for the machine that it runs on. It has the library's arenas and threads, so that only the loops differ.
#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "base/arena.h"
#include "base/threads.h"
#include "task.h"

#if defined(__x86_64__)
#define FOR_THIS_MACHINE [[gnu::target_clones("avx512f", "avx2", "default")]]
#else
#define FOR_THIS_MACHINE
#endif

namespace optimizer_step {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEps = 1e-8;  // of adam
constexpr std::size_t kPart = 2048;                          // threads divide whole parts

FOR_THIS_MACHINE void sgd(float* __restrict p, const float* __restrict g, std::size_t n, float lr) {
  for (std::size_t i = 0; i < n; ++i) p[i] -= lr * g[i];
}

FOR_THIS_MACHINE void momentum(float* __restrict p, const float* __restrict g, float* __restrict b,
                               std::size_t n, float mu, float lr) {
  for (std::size_t i = 0; i < n; ++i) {
    b[i] = mu * b[i] + g[i];
    p[i] -= lr * b[i];
  }
}

FOR_THIS_MACHINE void adagrad(float* __restrict p, const float* __restrict g, float* __restrict s,
                              std::size_t n, float lr, float eps) {
  for (std::size_t i = 0; i < n; ++i) {
    s[i] += g[i] * g[i];
    p[i] -= lr * (g[i] / (std::sqrt(s[i]) + eps));
  }
}

FOR_THIS_MACHINE void rmsprop(float* __restrict p, const float* __restrict g, float* __restrict v,
                              std::size_t n, float lr, float alpha, float rest, float eps) {
  for (std::size_t i = 0; i < n; ++i) {
    v[i] = alpha * v[i] + rest * g[i] * g[i];
    p[i] -= lr * (g[i] / (std::sqrt(v[i]) + eps));
  }
}

// The numbers of one step, both bias corrections folded into rate and eps.
struct Adam {
  float scale, beta1, rest1, beta2, rest2, eps, rate, decay;
};

Adam adam_numbers(int t, double lr, double decay, double scale) {
  const double c1 = 1 - std::pow(kBeta1, t), root2 = std::sqrt(1 - std::pow(kBeta2, t));
  return {float(scale),      float(kBeta1),       float(1 - kBeta1),        float(kBeta2),
          float(1 - kBeta2), float(kEps * root2), float(lr * (root2 / c1)), float(lr * decay)};
}

FOR_THIS_MACHINE void adam(float* __restrict p, const float* __restrict g, float* __restrict m,
                           float* __restrict v, std::size_t n, const Adam& numbers) {
  const Adam a = numbers;
  for (std::size_t i = 0; i < n; ++i) {
    m[i] = a.beta1 * m[i] + a.rest1 * g[i];
    v[i] = a.beta2 * v[i] + a.rest2 * g[i] * g[i];
    p[i] -= a.rate * (m[i] / (std::sqrt(v[i]) + a.eps));
  }
}

FOR_THIS_MACHINE void adamw(float* __restrict p, const float* __restrict g, float* __restrict m,
                            float* __restrict v, std::size_t n, const Adam& numbers) {
  const Adam a = numbers;
  for (std::size_t i = 0; i < n; ++i) {
    const float grad = a.scale * g[i];
    m[i] = a.beta1 * m[i] + a.rest1 * grad;
    v[i] = a.beta2 * v[i] + a.rest2 * grad * grad;
    p[i] -= a.rate * (m[i] / (std::sqrt(v[i]) + a.eps)) + a.decay * p[i];
  }
}

FOR_THIS_MACHINE double squares(const float* __restrict g, std::size_t n) {
  constexpr std::size_t kSums = 16;  // as many as fill the registers and hide the adder's latency
  double sums[kSums] = {};
  const std::size_t whole = n / kSums * kSums;
  for (std::size_t i = 0; i < whole; i += kSums) {
    for (std::size_t j = 0; j < kSums; ++j) sums[j] += double(g[i + j]) * double(g[i + j]);
  }
  for (std::size_t i = whole; i < n; ++i) sums[0] += double(g[i]) * double(g[i]);
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

class Fused : public Competitor {
 public:
  explicit Fused(const Task& task)
      : size_(task.size), team_(task.threads), squares_(static_cast<std::size_t>(team_.size())) {
    for (int stream = 0; stream < 2 + task.rule.states; ++stream) {
      arenas_.emplace_back(stream);
      streams_[static_cast<std::size_t>(stream)] =
          static_cast<float*>(arenas_.back().allocate(size_ * sizeof(float)));
    }
    loop_ = loop_of(task.rule.name);
    team_.run([this](int member) { fill(part_of(member)); });
  }

  void step() override {
    ++t_;
    team_.run([this](int member) { loop_(member, part_of(member)); });
  }
  std::span<const float> values() const override { return {streams_[0], size_}; }

 private:
  using Loop = std::function<void(int member, thalweg::Slice part)>;

  thalweg::Slice part_of(int member) const {
    const thalweg::Slice parts = thalweg::slice((size_ + kPart - 1) / kPart, member, team_.size());
    return {std::min(parts.begin * kPart, size_), std::min(parts.end * kPart, size_)};
  }

  void fill(thalweg::Slice part) {
    for (std::size_t i = part.begin; i < part.end; ++i) {
      streams_[0][i] = sample(static_cast<std::uint32_t>(i), kValueScale);
      streams_[1][i] = sample(static_cast<std::uint32_t>(~i), kGradScale);
      for (std::size_t j = 2; j < streams_.size() && streams_[j] != nullptr; ++j) streams_[j][i] = 0;
    }
  }

  Loop loop_of(std::string_view name) {
    const auto s = [this](std::size_t stream, thalweg::Slice part) { return streams_[stream] + part.begin; };
    const auto n = [](thalweg::Slice part) { return part.end - part.begin; };
    if (name == "sgd") return [=](int, thalweg::Slice x) { sgd(s(0, x), s(1, x), n(x), 0.01f); };
    if (name == "momentum")
      return [=](int, thalweg::Slice x) { momentum(s(0, x), s(1, x), s(2, x), n(x), 0.9f, 0.01f); };
    if (name == "adagrad")
      return [=](int, thalweg::Slice x) { adagrad(s(0, x), s(1, x), s(2, x), n(x), 0.01f, 1e-10f); };
    if (name == "rmsprop")
      return [=](int, thalweg::Slice x) {
        rmsprop(s(0, x), s(1, x), s(2, x), n(x), 0.001f, 0.99f, float(1 - 0.99), 1e-8f);
      };
    if (name == "adam")
      return [=, this](int, thalweg::Slice x) {
        adam(s(0, x), s(1, x), s(2, x), s(3, x), n(x), adam_numbers(t_, 0.001, 0, 1));
      };
    const bool clips = name != "adamw";
    return [=, this](int member, thalweg::Slice x) {
      const double scale = clips ? clip(member, squares(s(1, x), n(x))) : 1.0;
      adamw(s(0, x), s(1, x), s(2, x), s(3, x), n(x), adam_numbers(t_, 0.001, 0.01, scale));
    };
  }

  // The factor that brings the norm of the gradient down to 1.
  double clip(int member, double mine) {
    squares_[static_cast<std::size_t>(member)] = mine;
    team_.barrier();
    double sum = 0;
    for (const double part : squares_) sum += part;
    team_.barrier();  // before the next step writes again
    return std::min(1.0, 1.0 / (std::sqrt(sum) + 1e-6));
  }

  std::size_t size_;
  thalweg::Team team_;
  std::vector<double> squares_;
  std::vector<thalweg::Arena> arenas_;
  std::array<float*, 4> streams_{};
  Loop loop_;
  int t_ = 0;
};

}  // namespace

std::unique_ptr<Competitor> make_fused(const Task& task) { return std::make_unique<Fused>(task); }

}  // namespace optimizer_step
