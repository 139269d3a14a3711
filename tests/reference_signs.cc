// Rules that look at signs or have no average gradient.
#include <algorithm>
#include <cmath>

#include "reference_rules.h"

namespace thalweg::reference {
namespace {

struct Adadelta : Element {
  double rho = 0.9, eps = 1e-6, squares = 0, moves = 0;

  double update(double g, double, double) override {
    squares = rho * squares + (1 - rho) * g * g;
    const double u = std::sqrt(moves + eps) / std::sqrt(squares + eps) * g;
    moves = rho * moves + (1 - rho) * u * u;
    return u;
  }
};

struct Lion : Element {
  double beta1 = 0.9, beta2 = 0.99, m = 0;

  double update(double g, double, double) override {
    const double u = sign(beta1 * m + (1 - beta1) * g);
    m = beta2 * m + (1 - beta2) * g;
    return u;
  }
};

struct Rprop : Element {
  double minus = 0.5, plus = 1.2, least = 1e-6, most = 50, step = 0, last = 0;

  double update(double g, double t, double rate) override {
    if (t == 1) step = rate;
    const double s = sign(g) * sign(last);
    if (s > 0) step *= plus;
    if (s < 0) step *= minus;
    step = std::clamp(step, least, most);
    last = s < 0 ? 0 : g;
    return sign(last) * step;
  }
  double outer_rate(double) const override { return 1; }
};

struct Optimistic : Element {
  double alpha = 1, beta = 1, last = 0;

  double update(double g, double t, double) override {
    const double change = t == 1 ? 0 : g - last;
    last = g;
    return alpha * g + beta * change;
  }
};

}  // namespace

Rules rules_of_signs() {
  return {
      rule<Adadelta>("adadelta"),
      rule<Adadelta>("adadelta(rho=0.5, eps=0.001)", [](Adadelta& r) { r.rho = 0.5, r.eps = 0.001; }),
      rule<Adadelta>("adadelta(dialect=keras)", [](Adadelta& r) { r.rho = 0.95, r.eps = 1e-7; }),
      rule<Lion>("lion"),
      rule<Lion>("lion(beta1=0.5, beta2=0.7)", [](Lion& r) { r.beta1 = 0.5, r.beta2 = 0.7; }),
      rule<Optimistic>("optimistic"),
      rule<Optimistic>("optimistic(alpha=0.5, beta=2)", [](Optimistic& r) { r.alpha = 0.5, r.beta = 2; }),
      rule<Rprop>("rprop"),
      rule<Rprop>("rprop(eta_minus=0.3, eta_plus=1.8, step_min=0.05, step_max=0.3)",
                  [](Rprop& r) { r.minus = 0.3, r.plus = 1.8, r.least = 0.05, r.most = 0.3; }),
  };
}

}  // namespace thalweg::reference
