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

constexpr std::size_t kFloats = 16;  // of a cache line

// Calls body(i) for every i below n. Where `ahead` is not 0, the lines of all streams are asked for that many
// elements before their use.
template <class Body, class... Streams>
[[gnu::always_inline]] inline void each(std::size_t n, std::size_t ahead, const Body& body,
                                        const Streams*... streams) {
  std::size_t i = 0;
  for (; ahead != 0 && i + kFloats <= n; i += kFloats) {
    (__builtin_prefetch(streams + i + ahead), ...);
#pragma GCC ivdep
    for (std::size_t j = i; j < i + kFloats; ++j) body(j);
  }
#pragma GCC ivdep
  for (; i < n; ++i) body(i);
}

FOR_THIS_MACHINE void sgd(float* p, const float* g, std::size_t n, std::size_t ahead, float lr) {
  each(
      n, ahead, [=](std::size_t i) { p[i] -= lr * g[i]; }, p, g);
}

FOR_THIS_MACHINE void momentum(float* p, const float* g, float* b, std::size_t n, std::size_t ahead, float mu,
                               float lr) {
  const auto body = [=](std::size_t i) {
    b[i] = mu * b[i] + g[i];
    p[i] -= lr * b[i];
  };
  each(n, ahead, body, p, g, b);
}

FOR_THIS_MACHINE void adagrad(float* p, const float* g, float* s, std::size_t n, std::size_t ahead, float lr,
                              float eps) {
  const auto body = [=](std::size_t i) {
    s[i] += g[i] * g[i];
    p[i] -= lr * (g[i] / (std::sqrt(s[i]) + eps));
  };
  each(n, ahead, body, p, g, s);
}

FOR_THIS_MACHINE void rmsprop(float* p, const float* g, float* v, std::size_t n, std::size_t ahead, float lr,
                              float alpha, float rest, float eps) {
  const auto body = [=](std::size_t i) {
    v[i] = alpha * v[i] + rest * g[i] * g[i];
    p[i] -= lr * (g[i] / (std::sqrt(v[i]) + eps));
  };
  each(n, ahead, body, p, g, v);
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

FOR_THIS_MACHINE void adam(float* p, const float* g, float* m, float* v, std::size_t n, std::size_t ahead,
                           const Adam& numbers) {
  const auto body = [=, a = numbers](std::size_t i) {
    m[i] = a.beta1 * m[i] + a.rest1 * g[i];
    v[i] = a.beta2 * v[i] + a.rest2 * g[i] * g[i];
    p[i] -= a.rate * (m[i] / (std::sqrt(v[i]) + a.eps));
  };
  each(n, ahead, body, p, g, m, v);
}

FOR_THIS_MACHINE void adamw(float* p, const float* g, float* m, float* v, std::size_t n, std::size_t ahead,
                            const Adam& numbers) {
  const auto body = [=, a = numbers](std::size_t i) {
    const float grad = a.scale * g[i];
    m[i] = a.beta1 * m[i] + a.rest1 * grad;
    v[i] = a.beta2 * v[i] + a.rest2 * grad * grad;
    p[i] -= a.rate * (m[i] / (std::sqrt(v[i]) + a.eps)) + a.decay * p[i];
  };
  each(n, ahead, body, p, g, m, v);
}

FOR_THIS_MACHINE void adamw_average(float* p, const float* g, float* m, float* v, float* mean, std::size_t n,
                                    std::size_t ahead, const Adam& numbers, float rest) {
  const auto body = [=, a = numbers](std::size_t i) {
    const float grad = a.scale * g[i];
    m[i] = a.beta1 * m[i] + a.rest1 * grad;
    v[i] = a.beta2 * v[i] + a.rest2 * grad * grad;
    p[i] -= a.rate * (m[i] / (std::sqrt(v[i]) + a.eps)) + a.decay * p[i];
    mean[i] += rest * (p[i] - mean[i]);
  };
  each(n, ahead, body, p, g, m, v, mean);
}

FOR_THIS_MACHINE double squares(const float* g, std::size_t n, std::size_t ahead) {
  constexpr std::size_t kSums = kFloats;  // as many as fill the registers and hide the adder's latency
  double sums[kSums] = {};
  const std::size_t whole = n / kSums * kSums;
  for (std::size_t i = 0; i < whole; i += kSums) {
    if (ahead != 0) __builtin_prefetch(g + i + ahead);
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
  void calibrate() override {
    ahead_ = thalweg::fastest_distance([this](std::size_t distance) {
      ahead_ = distance;
      step();
    });
  }
  std::size_t distance() const override { return ahead_; }
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
    if (name == "sgd")
      return [=, this](int, thalweg::Slice x) { sgd(s(0, x), s(1, x), n(x), ahead_, 0.01f); };
    if (name == "momentum")
      return [=, this](int, thalweg::Slice x) {
        momentum(s(0, x), s(1, x), s(2, x), n(x), ahead_, 0.9f, 0.01f);
      };
    if (name == "adagrad")
      return [=, this](int, thalweg::Slice x) {
        adagrad(s(0, x), s(1, x), s(2, x), n(x), ahead_, 0.01f, 1e-10f);
      };
    if (name == "rmsprop")
      return [=, this](int, thalweg::Slice x) {
        rmsprop(s(0, x), s(1, x), s(2, x), n(x), ahead_, 0.001f, 0.99f, float(1 - 0.99), 1e-8f);
      };
    if (name == "adam")
      return [=, this](int, thalweg::Slice x) {
        adam(s(0, x), s(1, x), s(2, x), s(3, x), n(x), ahead_, adam_numbers(t_, 0.001, 0, 1));
      };
    const bool clips = name != "adamw", averages = name.ends_with("average");
    return [=, this](int member, thalweg::Slice x) {
      const double scale = clips ? clip(member, squares(s(1, x), n(x), ahead_)) : 1.0;
      const Adam numbers = adam_numbers(t_, 0.001, 0.01, scale);
      if (averages) {
        adamw_average(s(0, x), s(1, x), s(2, x), s(3, x), s(4, x), n(x), ahead_, numbers, float(1 - 0.999));
      } else {
        adamw(s(0, x), s(1, x), s(2, x), s(3, x), n(x), ahead_, numbers);
      }
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
  std::array<float*, 5> streams_{};
  Loop loop_;
  int t_ = 0;
  std::size_t ahead_ = 0;
};

}  // namespace

std::unique_ptr<Competitor> make_fused(const Task& task) { return std::make_unique<Fused>(task); }

}  // namespace optimizer_step
