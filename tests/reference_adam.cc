// Rules with moving averages of gradient and square, as their papers and libraries write them.
#include <algorithm>
#include <cmath>

#include "reference_rules.h"

namespace thalweg::reference {
namespace {

// What all of them have.
struct Averages : Element {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double m = 0, v = 0;

  void average(double g) { m = beta1 * m + (1 - beta1) * g; }
  void average_square(double g) { v = beta2 * v + (1 - beta2) * g * g; }
  double m_hat(double t) const { return m / (1 - std::pow(beta1, t)); }
  double v_hat(double t) const { return v / (1 - std::pow(beta2, t)); }
};

struct Adamax : Averages {
  bool outside = false, corrected = true;

  double update(double g, double t, double) override {
    average(g);
    v = std::max(beta2 * v, std::abs(g) + (outside ? 0 : eps));
    return (corrected ? m_hat(t) : m) / (v + (outside ? eps : 0));
  }
};

struct Yogi : Averages {
  bool corrected = true;
  Yogi() { eps = 1e-3, v = 1e-6; }

  double update(double g, double t, double) override {
    average(g);
    v = v - (1 - beta2) * sign(v - g * g) * g * g;
    return corrected ? m_hat(t) / (std::sqrt(v_hat(t)) + eps) : m / (std::sqrt(v) + eps);
  }
};

// Length of the average square, and how far it is trusted.
struct Trust {
  Trust(double beta2, double t) : longest(2 / (1 - beta2) - 1) {
    r = longest - 2 * t * std::pow(beta2, t) / (1 - std::pow(beta2, t));
  }
  double l() const { return std::sqrt((r - 4) * (r - 2) * longest / ((longest - 4) * (longest - 2) * r)); }

  double longest, r;
};

struct Adabelief : Averages {
  double eps_root = 1e-16, largest = 0;
  bool amsgrad = false, rectify = false;
  Adabelief() { eps = 1e-16; }

  double update(double g, double t, double) override {
    average(g);
    v = beta2 * v + (1 - beta2) * (g - m) * (g - m) + eps_root;
    largest = amsgrad ? std::max(largest, v) : v;
    const double u = m_hat(t) / (std::sqrt(largest / (1 - std::pow(beta2, t))) + eps);
    const Trust trust(beta2, t);
    if (!rectify) return u;
    return trust.r >= 5 ? trust.l() * u : m_hat(t);
  }
};

struct Radam : Averages {
  double threshold = 5, largest = 0;
  bool inclusive = false, corrected = false, amsgrad = false;

  double update(double g, double t, double) override {
    average(g);
    average_square(g);
    largest = amsgrad ? std::max(largest, v) : v;
    const Trust trust(beta2, t);
    if (inclusive ? trust.r < threshold : trust.r <= threshold) return m_hat(t);
    const double c2 = 1 - std::pow(beta2, t);
    if (corrected) return trust.l() * m_hat(t) / (std::sqrt(largest / c2) + eps);
    return trust.l() * m_hat(t) * std::sqrt(c2) / (std::sqrt(largest) + eps);
  }
};

struct Ademamix : Averages {
  double beta3 = 0.9999, alpha = 5, alpha_warmup = 0, beta3_warmup = 0, slow = 0;

  static double half_life(double beta) { return std::log(0.5) / std::log(beta); }

  double update(double g, double t, double) override {
    double kept = beta3, weight = alpha;
    if (t < beta3_warmup) {
      const double s = t / beta3_warmup;
      kept = std::pow(0.5, 1 / ((1 - s) * half_life(beta1) + s * half_life(beta3)));
    }
    if (t < alpha_warmup) weight = alpha * t / alpha_warmup;
    average(g);
    average_square(g);
    slow = kept * slow + (1 - kept) * g;
    return (m_hat(t) + weight * slow) / (std::sqrt(v_hat(t)) + eps);
  }
};

struct Adan : Averages {
  double beta3 = 0.99, eps_root = 0, n = 0, last = 0;
  bool taken = false;
  Adan() { beta1 = 0.98, beta2 = 0.92; }

  double update(double g, double t, double) override {
    const double d = t == 1 ? 0 : g - last, f = taken ? 1 - beta2 : beta2;
    last = g;
    average(g);
    v = beta2 * v + (1 - beta2) * d;
    n = beta3 * n + (1 - beta3) * (g + f * d) * (g + f * d);
    const double n_hat = n / (1 - std::pow(beta3, t));
    return (m_hat(t) + f * v_hat(t)) / (std::sqrt(n_hat + eps_root) + eps);
  }
};

struct Adopt : Averages {
  bool clips = true, with_this = false;
  Adopt() { beta2 = 0.9999, eps = 1e-6; }

  double update(double g, double t, double) override {
    if (t == 1) {
      v = g * g;
      return 0;
    }
    double normalised = g / std::max(std::sqrt(v), eps);
    const double bound = std::pow(with_this ? t : t - 1, 0.25);
    if (clips) normalised = std::clamp(normalised, -bound, bound);
    average(normalised);
    average_square(g);
    return m;
  }
};

struct Nadam : Averages {
  double eps_root = 0, decay = 0.004, product = 1;
  bool constant = false;

  double mu(double t) const { return constant ? beta1 : beta1 * (1 - 0.5 * std::pow(0.96, t * decay)); }

  double update(double g, double t, double) override {
    average(g);
    average_square(g);
    product *= mu(t);
    const double now = (1 - mu(t)) / (1 - product) * g;
    const double next = mu(t + 1) / (1 - product * mu(t + 1)) * m;
    return (now + next) / (std::sqrt(v_hat(t) + eps_root) + eps);
  }
};

struct Adabound : Averages {
  double eps_root = 0, final_lr = 0.1, gamma = 0.001, largest = 0;
  bool amsgrad = false;

  double update(double g, double t, double rate) override {
    average(g);
    average_square(g);
    largest = amsgrad ? std::max(largest, v) : v;
    const double step = rate * std::sqrt(1 - std::pow(beta2, t)) / (1 - std::pow(beta1, t));
    const double end = final_lr * rate / peak;
    const double low = end * (1 - 1 / (gamma * t + 1)), high = end * (1 + 1 / (gamma * t));
    return m * std::clamp(step / (std::sqrt(largest + eps_root) + eps), low, high);
  }
  double outer_rate(double) const override { return 1; }
};

}  // namespace

Rules rules_of_adam_family() {
  return {
      rule<Nadam>("nadam"),
      rule<Nadam>(
          "nadam(beta1=0.5, beta2=0.9, eps=0.001, eps_root=1e-4, momentum_decay=0.5)",
          [](Nadam& r) { r.beta1 = 0.5, r.beta2 = 0.9, r.eps = 0.001, r.eps_root = 1e-4, r.decay = 0.5; }),
      rule<Nadam>("nadam(mu=constant)", [](Nadam& r) { r.constant = true; }),
      rule<Nadam>("nadam(dialect=keras)", [](Nadam& r) { r.eps = 1e-7, r.decay = 1; }),
      rule<Adabound>("adabound"),
      rule<Adabound>("adabound(beta1=0.5, beta2=0.9, eps=0.001, eps_root=1e-4, final_lr=0.5, gamma=0.1)",
                     [](Adabound& r) {
                       r.beta1 = 0.5, r.beta2 = 0.9, r.eps = 0.001, r.eps_root = 1e-4;
                       r.final_lr = 0.5, r.gamma = 0.1;
                     }),
      rule<Adabound>("adabound(beta2=0.9, gamma=0.1, amsgrad=true)",
                     [](Adabound& r) { r.beta2 = 0.9, r.gamma = 0.1, r.amsgrad = true; }),
      rule<Adamax>("adamax"),
      rule<Adamax>("adamax(beta1=0.5, beta2=0.9, eps=0.01)",
                   [](Adamax& r) { r.beta1 = 0.5, r.beta2 = 0.9, r.eps = 0.01; }),
      rule<Adamax>("adamax(eps=0.01, eps_place=outside, bias_correction=false)",
                   [](Adamax& r) { r.eps = 0.01, r.outside = true, r.corrected = false; }),
      rule<Adamax>("adamax(dialect=keras)", [](Adamax& r) { r.eps = 1e-7, r.outside = true; }),
      rule<Adabelief>("adabelief"),
      rule<Adabelief>("adabelief(beta1=0.5, beta2=0.9, eps=0.001, eps_root=1e-4)",
                      [](Adabelief& r) { r.beta1 = 0.5, r.beta2 = 0.9, r.eps = 0.001, r.eps_root = 1e-4; }),
      rule<Adabelief>("adabelief(beta2=0.9, amsgrad=true, rectify=true)",
                      [](Adabelief& r) { r.beta2 = 0.9, r.amsgrad = r.rectify = true; }),
      rule<Yogi>("yogi"),
      rule<Yogi>("yogi(beta1=0.5, beta2=0.9, eps=0.1, initial_accumulator=0.25, accumulator_in_m=true)",
                 [](Yogi& r) { r.beta1 = 0.5, r.beta2 = 0.9, r.eps = 0.1, r.m = r.v = 0.25; }),
      rule<Yogi>("yogi(bias_correction=false)", [](Yogi& r) { r.corrected = false; }),
      rule<Yogi>("yogi(dialect=optax)", [](Yogi& r) { r.m = r.v; }),
      rule<Yogi>("yogi(dialect=paper)", [](Yogi& r) { r.corrected = false; }),
      rule<Radam>("radam"),
      rule<Radam>("radam(dialect=optax)", [](Radam& r) { r.corrected = r.inclusive = true; }),
      rule<Radam>("radam(dialect=paper, beta2=0.9)", [](Radam& r) { r.beta2 = 0.9, r.threshold = 4; }),
      rule<Radam>("radam(beta2=0.9, eps=0.001)", [](Radam& r) { r.beta2 = 0.9, r.eps = 0.001; }),
      rule<Radam>("radam(beta2=0.9, eps=0.001, eps_place=corrected, threshold=4, inclusive=true)",
                  [](Radam& r) {
                    r.beta2 = 0.9, r.eps = 0.001, r.threshold = 4;
                    r.corrected = r.inclusive = true;
                  }),
      rule<Radam>("radam(beta2=0.9, eps=0.001, amsgrad=true)",
                  [](Radam& r) { r.beta2 = 0.9, r.eps = 0.001, r.amsgrad = true; }),
      rule<Ademamix>("ademamix"),
      rule<Ademamix>(
          "ademamix(beta1=0.5, beta2=0.9, beta3=0.99, alpha=2, eps=0.001)",
          [](Ademamix& r) { r.beta1 = 0.5, r.beta2 = 0.9, r.beta3 = 0.99, r.alpha = 2, r.eps = 0.001; }),
      rule<Ademamix>("ademamix(alpha_warmup=20, beta3_warmup=30)",
                     [](Ademamix& r) { r.alpha_warmup = 20, r.beta3_warmup = 30; }),
      rule<Adan>("adan"),
      rule<Adan>("adan(beta1=0.9, beta2=0.8, beta3=0.95, eps=0.001, eps_root=1e-4, difference_factor=taken)",
                 [](Adan& r) {
                   r.beta1 = 0.9, r.beta2 = 0.8, r.beta3 = 0.95, r.eps = 0.001, r.eps_root = 1e-4;
                   r.taken = true;
                 }),
      rule<Adan>("adan(dialect=optax)", [](Adan& r) { r.taken = true; }),
      rule<Adopt>("adopt"),
      rule<Adopt>("adopt(beta1=0.5, beta2=0.9, eps=0.1, clip=with)",
                  [](Adopt& r) { r.beta1 = 0.5, r.beta2 = 0.9, r.eps = 0.1, r.with_this = true; }),
      rule<Adopt>("adopt(beta2=0.9, eps=0.1, clip=none)",
                  [](Adopt& r) { r.beta2 = 0.9, r.eps = 0.1, r.clips = false; }),
  };
}

}  // namespace thalweg::reference
