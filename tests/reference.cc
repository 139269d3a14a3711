#include "reference_rules.h"

#include <algorithm>
#include <cmath>

namespace thalweg::reference {
namespace {

struct Momentum : Element {
  double mu = 0.9, dampening = 0;
  bool nesterov = false, dampen_first = false, rate_inside = false;
  double b = 0;

  double update(double g, double t, double rate) override {
    if (rate_inside) g *= rate;
    if (t == 1 && !dampen_first) {
      b = mu * b + g;
    } else {
      b = mu * b + (1 - dampening) * g;
    }
    return nesterov ? g + mu * b : b;
  }
  double outer_rate(double rate) const override { return rate_inside ? 1 : rate; }
};

struct Adagrad : Element {
  double lr_decay = 0, eps = 1e-10, s = 0;
  bool inside = false;

  double update(double g, double t, double) override {
    s = s + g * g;
    const double root = inside ? std::sqrt(s + eps) : std::sqrt(s) + eps;
    return g / root / (1 + (t - 1) * lr_decay);
  }
};

struct RmsProp : Element {
  double alpha = 0.99, eps = 1e-8, momentum = 0;
  bool inside = false, centered = false, corrected = false, rate_inside = false;
  double v = 0, m = 0, b = 0;

  double update(double g, double t, double rate) override {
    v = alpha * v + (1 - alpha) * g * g;
    m = alpha * m + (1 - alpha) * g;
    const double correction = corrected ? 1 - std::pow(alpha, t) : 1;
    const double mean = centered ? m / correction : 0;
    const double variance = std::max(v / correction - mean * mean, 0.0);
    const double u = g / (inside ? std::sqrt(variance + eps) : std::sqrt(variance) + eps);
    if (momentum == 0) return u;
    b = momentum * b + (rate_inside ? rate : 1) * u;
    return b;
  }
  double outer_rate(double rate) const override { return rate_inside && momentum != 0 ? 1 : rate; }
};

struct Adam : Element {
  enum class Place { corrected, raw, inside };
  enum class Maximum { none, raw, corrected };
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, eps_root = 0;
  Place place = Place::corrected;
  Maximum maximum = Maximum::none;
  bool bias_correction = true;
  double m = 0, v = 0, largest = 0;

  double update(double g, double t, double) override {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const double c1 = bias_correction ? 1 - std::pow(beta1, t) : 1;
    const double c2 = bias_correction ? 1 - std::pow(beta2, t) : 1;
    double v_hat = v / c2;
    if (maximum == Maximum::raw) {
      largest = std::max(largest, v);
      v_hat = largest / c2;
    }
    if (maximum == Maximum::corrected) v_hat = largest = std::max(largest, v_hat);
    const double m_hat = m / c1;
    if (place == Place::inside) return m_hat / std::sqrt(v_hat + eps + eps_root);
    if (place == Place::raw) return m_hat / ((std::sqrt(v_hat * c2 + eps_root) + eps) / std::sqrt(c2));
    return m_hat / (std::sqrt(v_hat + eps_root) + eps);
  }
};

}  // namespace

Rules rules_of_sums() {
  using Place = Adam::Place;
  using Maximum = Adam::Maximum;
  return {
      rule<Momentum>("momentum", [](Momentum&) {}),
      rule<Momentum>("momentum(0.5, nesterov=true)", [](Momentum& r) { r.mu = 0.5, r.nesterov = true; }),
      rule<Momentum>("momentum(dampening=0.25)", [](Momentum& r) { r.dampening = 0.25; }),
      rule<Momentum>("momentum(dampening=0.25, first_step=dampened)",
                     [](Momentum& r) { r.dampening = 0.25, r.dampen_first = true; }),
      rule<Momentum>("momentum(rate_inside=true)", [](Momentum& r) { r.rate_inside = true; }),
      rule<Momentum>("momentum(nesterov=true, rate_inside=true)",
                     [](Momentum& r) { r.nesterov = r.rate_inside = true; }),
      rule<Adagrad>("adagrad", [](Adagrad&) {}),
      rule<Adagrad>("adagrad(initial_accumulator=0.1, lr_decay=0.5, eps=0.001, eps_place=inside)",
                    [](Adagrad& r) { r.s = 0.1, r.lr_decay = 0.5, r.eps = 0.001, r.inside = true; }),
      rule<Adagrad>("adagrad(dialect=keras)", [](Adagrad& r) { r.s = 0.1, r.eps = 1e-7, r.inside = true; }),
      rule<Momentum>("momentum(dialect=keras)", [](Momentum& r) { r.rate_inside = true; }),
      rule<RmsProp>("rmsprop", [](RmsProp&) {}),
      rule<RmsProp>("rmsprop(dialect=optax)", [](RmsProp& r) { r.alpha = 0.9, r.inside = true; }),
      rule<RmsProp>("rmsprop(dialect=keras, momentum=0.5)",
                    [](RmsProp& r) {
                      r.alpha = 0.9, r.eps = 1e-7, r.momentum = 0.5;
                      r.inside = r.rate_inside = true;
                    }),
      rule<RmsProp>("rmsprop(centered=true, eps=0.001)",
                    [](RmsProp& r) { r.centered = true, r.eps = 0.001; }),
      rule<RmsProp>("rmsprop(alpha=0.9, eps=0.001, eps_place=inside, momentum=0.5)",
                    [](RmsProp& r) { r.alpha = 0.9, r.eps = 0.001, r.inside = true, r.momentum = 0.5; }),
      rule<RmsProp>("rmsprop(alpha=0.9, eps=0.001, centered=true, momentum=0.5, rate_inside=true)",
                    [](RmsProp& r) {
                      r.alpha = 0.9, r.eps = 0.001, r.momentum = 0.5;
                      r.centered = r.rate_inside = true;
                    }),
      rule<RmsProp>("rmsprop(initial_accumulator=0.25, bias_correction=true)",
                    [](RmsProp& r) { r.v = 0.25, r.corrected = true; }),
      rule<Adam>("adam", [](Adam&) {}),
      rule<Adam>("adam(beta1=0.5, beta2=0.9, eps=0.001)",
                 [](Adam& r) { r.beta1 = 0.5, r.beta2 = 0.9, r.eps = 0.001; }),
      rule<Adam>("adam(eps=0.001, eps_root=0.0001, eps_place=raw)",
                 [](Adam& r) { r.eps = 0.001, r.place = Place::raw, r.eps_root = 1e-4; }),
      rule<Adam>("adam(eps=0.001, eps_place=inside, eps_root=0.0001)",
                 [](Adam& r) { r.eps = 0.001, r.place = Place::inside, r.eps_root = 1e-4; }),
      rule<Adam>("adam(dialect=keras)", [](Adam& r) { r.eps = 1e-7, r.place = Place::raw; }),
      rule<Adam>("adam(dialect=optax, amsgrad=true)", [](Adam& r) { r.maximum = Maximum::corrected; }),
      rule<Adam>("adam(bias_correction=false)", [](Adam& r) { r.bias_correction = false; }),
      rule<Adam>("adam(beta2=0.9, amsgrad=true)", [](Adam& r) { r.beta2 = 0.9, r.maximum = Maximum::raw; }),
      rule<Adam>("adam(beta2=0.9, amsgrad=true, amsgrad_form=corrected)",
                 [](Adam& r) { r.beta2 = 0.9, r.maximum = Maximum::corrected; }),
  };
}

std::vector<Rule> rules() {
  Rules all;
  for (const Rules& family :
       {rules_of_sums(), rules_of_adam_family(), rules_of_signs(), rules_of_parameters()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace thalweg::reference
