// The rules of cases as parts of the engine's chains: one function and one row for each.
#include "study/verify_rules.h"

#include <algorithm>
#include <iterator>

#include "base/spec.h"

namespace thalweg::oracle {
namespace {

// Libraries whose velocity holds the rate: v = mu v + lr g, p -= v.
bool rate_inside(const std::string& form) { return form == "keras" || form == "tf"; }

void check_form(const std::string& form) {
  if (form != "torch" && form != "optax" && form != "onnx" && !rate_inside(form)) throw Skip("form " + form);
}

std::string option(const std::string& name, double value) { return ", " + name + "=" + print_number(value); }
std::string option(const std::string& name, bool value) { return value ? ", " + name + "=true" : ""; }

// ONNX: V = alpha V + beta g, with 1 in place of beta in the first update.
double dampening(Fields& hyper, const std::string& form) {
  if (form != "onnx") return hyper.number("dampening", 0);
  if (hyper.number("T", 0) != 0) throw Skip("form onnx from T " + print_number(hyper.number("T", 0)));
  return 1.0 - hyper.number("beta");
}

Parts momentum(Fields& hyper, double mu, bool nesterov) {
  const std::string form = hyper.text("form", "torch");
  check_form(form);
  const double dampened = dampening(hyper, form);
  if (mu == 0) return {};  // nothing is remembered, and nesterov looks ahead by nothing
  return {{"momentum", print_number(mu) + option("nesterov", nesterov) + option("dampening", dampened) +
                           option("rate_inside", rate_inside(form))}};
}

Parts sgd(Fields& hyper, const Context&) {
  return momentum(hyper, hyper.number("momentum", 0), hyper.flag("nesterov", false));
}

Parts heavy_ball(Fields& hyper, const Context&) {
  return momentum(hyper, hyper.number("momentum"), hyper.flag("nesterov", false));
}

Parts nesterov(Fields& hyper, const Context&) {
  return momentum(hyper, hyper.number("momentum"), hyper.flag("nesterov", true));
}

// Where eps stands, as a library's `eps_form` says it. ONNX's Adam has the raw form.
std::string adam_eps(Fields& hyper, double eps, const std::string& form) {
  const std::string place = hyper.text("eps_form", rate_inside(form) ? "of " + form : "hat");
  const bool inside = hyper.flag("eps_inside_sqrt", false);
  std::string text = ", eps=" + print_number(eps) + option("eps_root", hyper.number("eps_root", 0));
  if (inside) return text + ", eps_place=inside";
  if (place == "hat" || eps == 0) return text;
  if (place == "raw" || place == "onnx") return text + ", eps_place=raw";
  throw Skip("eps_form " + place);
}

// Whether the averages are corrected. ONNX does so from its update T = 1 on; the first of its cases is T = 0.
bool corrects(Fields& hyper, const Context& context) {
  if (hyper.text("eps_form", "hat") == "onnx") {
    hyper.number("T0", 0);
    if (hyper.number("T", 0) != 0 || context.updates != 1) throw Skip("eps_form onnx behind T 0");
    return false;
  }
  return hyper.flag("bias_correction", true) && hyper.flag("bias_correction_mu", true);
}

Parts adam_with(Fields& hyper, const Context& context, bool amsgrad) {
  const std::string form = hyper.text("form", "torch");
  check_form(form);
  if (rate_inside(form) && context.may_be_absent) throw Skip("form " + form + " with absent gradients");
  const double beta1 = hyper.number("beta1"), beta2 = hyper.number("beta2"), eps = hyper.number("eps");
  std::string reasons, args = "beta1=" + print_number(beta1) + ", beta2=" + print_number(beta2);
  collect(reasons, [&] { args += adam_eps(hyper, eps, form); });
  collect(reasons, [&] { args += corrects(hyper, context) ? "" : ", bias_correction=false"; });
  if (hyper.flag("nesterov", false)) add_reason(reasons, "nesterov of adam");
  if (!reasons.empty()) throw Skip(reasons);
  if (hyper.flag("amsgrad", amsgrad || hyper.find("amsgrad_form") != nullptr)) {
    const bool corrected = hyper.text("amsgrad_form", "uncorrected") == "corrected";
    args += corrected ? ", amsgrad=true, amsgrad_form=corrected" : ", amsgrad=true";
  }
  return {{"adam", args}};
}

Parts adam(Fields& hyper, const Context& context) { return adam_with(hyper, context, false); }
Parts amsgrad(Fields& hyper, const Context& context) { return adam_with(hyper, context, true); }

std::string eps_of(Fields& hyper) {
  return "eps=" + print_number(hyper.number("eps")) +
         (hyper.flag("eps_inside_sqrt", false) ? ", eps_place=inside" : "");
}

Parts adagrad(Fields& hyper, const Context&) {
  hyper.number("T0", 0);
  return {{"adagrad", eps_of(hyper) + option("initial_accumulator", hyper.number("initial_accumulator", 0)) +
                          option("lr_decay", hyper.number("lr_decay", 0))}};
}

Parts rmsprop(Fields& hyper, const Context&) {
  const std::string form = hyper.text("form", "torch");
  check_form(form);
  const double mu = hyper.number("momentum", 0);
  return {{"rmsprop", "alpha=" + print_number(hyper.number("rho")) + ", " + eps_of(hyper) +
                          option("centered", hyper.flag("centered", false)) +
                          option("initial_accumulator", hyper.number("initial_scale", 0)) +
                          option("bias_correction", hyper.flag("bias_correction", false)) +
                          option("momentum", mu) + option("rate_inside", mu != 0 && rate_inside(form))}};
}

std::string betas(Fields& hyper) {
  return "beta1=" + print_number(hyper.number("beta1")) + ", beta2=" + print_number(hyper.number("beta2"));
}

// A form that says no more than what this rule always is.
void check_eps_form(Fields& hyper, const std::string& allowed) {
  const std::string form = hyper.text("eps_form", allowed);
  if (form != allowed) throw Skip("eps_form " + form);
}

Parts adadelta(Fields& hyper, const Context&) {
  return {{"adadelta", "rho=" + print_number(hyper.number("rho")) + ", " + eps_of(hyper)}};
}

// Without an average of squares there is no root whose correction eps could stand before or behind.
Parts adamax(Fields& hyper, const Context&) {
  const std::string form = hyper.text("form", "torch");
  check_form(form);
  hyper.find("eps_form");
  return {{"adamax", betas(hyper) + ", " + eps_of(hyper) + (rate_inside(form) ? ", eps_place=outside" : "")}};
}

// Only optax gives eps_root apart; elsewhere the one eps stands in both places.
Parts adabelief(Fields& hyper, const Context&) {
  check_eps_form(hyper, "hat");
  const double eps = hyper.number("eps"), threshold = hyper.number("sma_threshold", 5);
  const bool rectify = hyper.flag("rectify", false);
  return {{"adabelief", betas(hyper) + ", " + eps_of(hyper) +
                            option("eps_root", hyper.number("eps_root", eps)) +
                            option("amsgrad", hyper.flag("amsgrad", false)) + option("rectify", rectify) +
                            (rectify ? option("threshold", threshold) : "")}};
}

Parts yogi(Fields& hyper, const Context&) {
  check_eps_form(hyper, "hat");
  return {{"yogi", betas(hyper) + ", " + eps_of(hyper) +
                       option("initial_accumulator", hyper.number("initial_accumulator")) +
                       option("accumulator_in_m", hyper.flag("initial_accumulator_in_m", false)) +
                       (hyper.flag("bias_correction", true) ? "" : ", bias_correction=false")}};
}

// Libraries that correct before they add eps take a length equal to the threshold, torch does not.
Parts radam(Fields& hyper, const Context&) {
  const std::string form = hyper.text("eps_form", "hat");
  if (form != "hat" && form != "raw") throw Skip("eps_form " + form);
  const bool corrected = form == "hat";
  return {{"radam", betas(hyper) + ", " + eps_of(hyper) + (corrected ? ", eps_place=corrected" : "") +
                        option("threshold", hyper.number("sma_threshold", 5)) +
                        option("inclusive", hyper.flag("threshold_inclusive", corrected)) +
                        option("amsgrad", hyper.flag("amsgrad", false))}};
}

Parts lion(Fields& hyper, const Context&) { return {{"lion", betas(hyper)}}; }

Parts sign_sgd(Fields&, const Context&) { return {{"sign", ""}}; }

// The sign does not see by which factor an average differs from a sum.
Parts signum(Fields& hyper, const Context&) {
  return {{"momentum", print_number(hyper.number("beta1"))}, {"sign", ""}};
}

Parts ademamix(Fields& hyper, const Context&) {
  return {{"ademamix", betas(hyper) + option("beta3", hyper.number("beta3")) +
                           option("alpha", hyper.number("alpha")) + ", " + eps_of(hyper)}};
}

Parts adan(Fields& hyper, const Context&) {
  const std::string factor = hyper.text("difference_factor", "beta2");
  if (factor != "beta2" && factor != "1-beta2") throw Skip("difference_factor " + factor);
  return {{"adan", betas(hyper) + option("beta3", hyper.number("beta3")) + ", " + eps_of(hyper) +
                       option("eps_root", hyper.number("eps_root", 0)) +
                       (factor == "beta2" ? "" : ", difference_factor=taken")}};
}

// Adan's decay is proximal but for a flag of the authors' code.
Place adan_decay(Fields& hyper) { return hyper.flag("no_prox", false) ? Place::left_of_lr : Place::proximal; }

Parts adopt(Fields& hyper, const Context&) {
  const std::string count = hyper.text("clip_count", "t-1");
  if (count != "t-1" && count != "t") throw Skip("clip_count " + count);
  return {{"adopt", betas(hyper) + ", " + eps_of(hyper) + (count == "t" ? ", clip=with" : "")}};
}

double one_of_two(Fields& hyper, const char* key, std::size_t index, double fallback) {
  const Json* pair = hyper.find(key);
  if (pair == nullptr) return fallback;
  const std::vector<double> numbers = read_numbers(*pair, key);
  if (numbers.size() != 2) throw Malformed("`" + std::string(key) + "` is no pair");
  return numbers[index];
}

Parts rprop(Fields& hyper, const Context&) {
  const std::string form = hyper.text("form", "torch");
  if (form != "torch") throw Skip("form " + form);
  return {{"rprop", "eta_minus=" + print_number(one_of_two(hyper, "etas", 0, 0.5)) +
                        option("eta_plus", one_of_two(hyper, "etas", 1, 1.2)) +
                        option("step_min", one_of_two(hyper, "step_sizes", 0, 1e-6)) +
                        option("step_max", one_of_two(hyper, "step_sizes", 1, 50))}};
}

constexpr Rule kRules[] = {
    {.name = "adabelief", .parts = adabelief},
    {.name = "adadelta", .parts = adadelta},
    {.name = "adagrad", .parts = adagrad},
    {.name = "adam", .parts = adam},
    {.name = "adamax", .parts = adamax},
    {.name = "adamw", .parts = adam, .decay_needs_mode = true},
    {.name = "adan", .parts = adan, .own_decay = adan_decay},
    {.name = "ademamix", .parts = ademamix},
    {.name = "adopt", .parts = adopt},
    {.name = "amsgrad", .parts = amsgrad},
    {.name = "gd", .parts = sgd},
    {.name = "lion", .parts = lion},
    {.name = "momentum", .parts = heavy_ball},
    {.name = "nesterov", .parts = nesterov},
    {.name = "radam", .parts = radam},
    {.name = "rmsprop", .parts = rmsprop},
    {.name = "rprop", .parts = rprop},
    {.name = "sgd", .parts = sgd},
    {.name = "sign_sgd", .parts = sign_sgd},
    {.name = "signum", .parts = signum},
    {.name = "yogi", .parts = yogi},
};

}  // namespace

const Rule& find_rule(const std::string& name) {
  const auto found =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& rule) { return rule.name == name; });
  if (found == std::end(kRules)) throw Skip("algorithm " + name);
  return *found;
}

}  // namespace thalweg::oracle
