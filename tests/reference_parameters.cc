// Rules that see the parameter and have the rate inside.
#include <algorithm>
#include <cmath>

#include "reference_rules.h"

namespace thalweg::reference {
namespace {

struct Inside : Element {
  double outer_rate(double) const override { return 1; }
};

struct Madgrad : Inside {
  double momentum = 0.9, eps = 1e-6, squares = 0, sum = 0, first = 0;

  double update(double g, double t, double rate) override {
    if (t == 1) first = p;
    const double weight = rate * std::sqrt(t);
    squares += weight * g * g;
    sum += weight * g;
    const double z = first - sum / (std::cbrt(squares) + eps);
    return p - (momentum * p + (1 - momentum) * z);
  }
};

struct Ftrl : Inside {
  double l1 = 0, l2 = 0, shrinkage = 0, beta = 0, power = 0.5, n = 0.1, z = 0;

  double update(double g, double, double rate) override {
    if (rate == 0) return 0;
    const double old = std::pow(n, power) / rate;
    n += g * g;
    const double curvature = std::pow(n, power) / rate;
    z += g + 2 * shrinkage * p - (curvature - old) * p;
    return p - (std::clamp(z, -l1, l1) - z) / (curvature + 2 * (l2 + beta / (2 * rate)));
  }
};

struct Asgd : Inside {
  double lambda = 1e-4, power = 0.75;

  double update(double g, double t, double rate) override {
    const double eta = rate / std::pow(1 + lambda * rate * (t - 1), power);
    return eta * g + lambda * eta * p;
  }
};

struct ProximalAdagrad : Inside {
  double l1 = 0, l2 = 0, s = 0.1;

  double update(double g, double, double rate) override {
    s += g * g;
    const double a = rate / std::sqrt(s), w = p - a * g;
    return p - sign(w) * std::max(std::abs(w) - a * l1, 0.0) / (1 + a * l2);
  }
};

}  // namespace

Rules rules_of_parameters() {
  return {
      rule<Madgrad>("madgrad"),
      rule<Madgrad>("madgrad(momentum=0, eps=0.01)", [](Madgrad& r) { r.momentum = 0, r.eps = 0.01; }),
      rule<Ftrl>("ftrl"),
      rule<Ftrl>("ftrl(l1=0.1, l2=0.05, l2_shrinkage=0.02, beta=0.3, power=0.4, initial_accumulator=0.5)",
                 [](Ftrl& r) {
                   r.l1 = 0.1, r.l2 = 0.05, r.shrinkage = 0.02, r.beta = 0.3, r.power = 0.4, r.n = 0.5;
                 }),
      rule<Ftrl>("ftrl(dialect=paper, l1=0.1)", [](Ftrl& r) { r.l1 = 0.1, r.beta = 1, r.n = 0; }),
      rule<Asgd>("asgd"),
      rule<Asgd>("asgd(lambda=0.5, power=1)", [](Asgd& r) { r.lambda = 0.5, r.power = 1; }),
      rule<ProximalAdagrad>("proximal_adagrad"),
      rule<ProximalAdagrad>("proximal_adagrad(l1=0.1, l2=0.5, initial_accumulator=0.5)",
                            [](ProximalAdagrad& r) { r.l1 = 0.1, r.l2 = 0.5, r.s = 0.5; }),
  };
}

}  // namespace thalweg::reference
