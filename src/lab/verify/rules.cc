// The rules of cases as parts of the engine's chains: one row for each.
#include "verify/rules.h"

#include <cmath>

#include "base/spec.h"

namespace thalweg::oracle {
namespace {

// Libraries whose velocity holds the rate: v = mu v + lr g, p -= v.
bool rate_inside(Fields& hyper) {
  return hyper.fill("{form:torch=/optax=/onnx=/keras=inside/tf=inside}") == "inside";
}

// ONNX: V = alpha V + beta g, with 1 in place of beta in the first update.
double dampening(Fields& hyper) {
  if (hyper.text("form", "") != "onnx") return hyper.number("dampening|0");
  if (hyper.number("T|0") != 0) throw Skip("form onnx from T " + print_number(hyper.number("T")));
  return 1.0 - hyper.number("beta");
}

// Without momentum nothing is remembered, and nesterov looks ahead by nothing.
Parts momentum_of(Fields& hyper, const char* mu, const std::string& nesterov) {
  const double kept = hyper.number(mu);
  const std::string form = rate_inside(hyper) ? ", rate_inside=true" : "";
  const std::string text = "momentum(" + print_number(kept) +
                           hyper.fill(", nesterov=" + nesterov + ", dampening=") +
                           print_number(dampening(hyper)) + form + ")";
  return kept == 0 ? Parts() : Parts{text};
}

Parts sgd(Fields& hyper, const Context&) { return momentum_of(hyper, "momentum|0", "{nesterov:false/true}"); }
Parts heavy_ball(Fields& hyper, const Context&) {
  return momentum_of(hyper, "momentum", "{nesterov:false/true}");
}
Parts nesterov(Fields& hyper, const Context&) {
  return momentum_of(hyper, "momentum", "{nesterov:true/false}");
}

// Where eps stands, as a library's `eps_form` says it. ONNX's Adam has the raw form.
std::string adam_eps(Fields& hyper, bool rate_inside) {
  const std::string form = hyper.text("eps_form", rate_inside ? "of " + hyper.text("form", "") : "hat");
  const bool inside = hyper.flag("eps_inside_sqrt", false);
  const std::string text = hyper.fill(", eps={eps}, eps_root={eps_root|0}");
  if (inside) return text + ", eps_place=inside";
  if (form == "hat" || hyper.number("eps") == 0) return text;
  if (form == "raw" || form == "onnx") return text + ", eps_place=raw";
  throw Skip("eps_form " + form);
}

// Whether the averages are corrected. ONNX does so from its update T = 1 on; the first of its cases is T = 0.
bool corrects(Fields& hyper, const Context& context) {
  if (hyper.text("eps_form", "hat") == "onnx") {
    hyper.find("T0");
    if (hyper.number("T|0") != 0 || context.updates != 1) throw Skip("eps_form onnx after T 0");
    return false;
  }
  return hyper.flag("bias_correction", true) && hyper.flag("bias_correction_mu", true);
}

Parts nadam_with(Fields& hyper, std::string_view momentum) {
  return {
      hyper.fill("{eps_form:hat=}nadam(beta1={beta1}, beta2={beta2}, eps={eps}, eps_root={eps_root|0}, ") +
      hyper.fill(momentum)};
}

Parts nadam(Fields& hyper, const Context&) {
  if (hyper.flag("mu_product_quirk", false)) {
    throw Skip("a fault of the library: mu enters the product twice");
  }
  return nadam_with(hyper, "momentum_decay={momentum_decay})");
}

Parts adam_with(Fields& hyper, const Context& context, bool amsgrad) {
  if (hyper.flag("nesterov", false)) return nadam_with(hyper, "mu=constant)");  // optax
  const bool inside = rate_inside(hyper);
  if (inside && context.may_be_absent)
    throw Skip("form " + hyper.text("form", "") + " with absent gradients");
  std::string reasons, text = hyper.fill("adam(beta1={beta1}, beta2={beta2}");
  collect(reasons, [&] { text += adam_eps(hyper, inside); });
  collect(reasons, [&] { text += corrects(hyper, context) ? "" : ", bias_correction=false"; });
  if (!reasons.empty()) throw Skip(reasons);
  if (hyper.flag("amsgrad", amsgrad || hyper.find("amsgrad_form") != nullptr)) {
    text += hyper.fill(", amsgrad=true, amsgrad_form={amsgrad_form:uncorrected=raw/corrected}");
  }
  return {text + ")"};
}

Parts adam(Fields& hyper, const Context& context) { return adam_with(hyper, context, false); }
Parts amsgrad(Fields& hyper, const Context& context) { return adam_with(hyper, context, true); }

Parts rmsprop(Fields& hyper, const Context&) {
  const bool inside = rate_inside(hyper) && hyper.number("momentum|0") != 0;
  return {hyper.fill("rmsprop(alpha={rho}, eps={eps}, eps_place={eps_inside_sqrt:false=outside/true=inside}, "
                     "centered={centered:false/true}, initial_accumulator={initial_scale|0}, "
                     "bias_correction={bias_correction:false/true}, momentum={momentum|0}") +
          (inside ? ", rate_inside=true)" : ")")};
}

Parts adamax(Fields& hyper, const Context&) {
  return {hyper.fill("adamax(beta1={beta1}, beta2={beta2}, eps={eps}") +
          (rate_inside(hyper) ? ", eps_place=outside)" : ")")};
}

// Only optax gives eps_root apart; elsewhere the one eps stands in both places.
Parts adabelief(Fields& hyper, const Context&) {
  const std::string threshold = hyper.fill(", threshold={sma_threshold|5})");
  return {
      hyper.fill("{eps_form:hat=}adabelief(beta1={beta1}, beta2={beta2}, eps={eps}, eps_root={eps_root|eps}, "
                 "amsgrad={amsgrad:false/true}, rectify={rectify:false/true}") +
      (hyper.flag("rectify", false) ? threshold : ")")};
}

// Libraries that correct before they add eps take a length equal to the threshold, torch does not.
Parts radam(Fields& hyper, const Context&) {
  const bool corrected = hyper.text("eps_form", "hat") == "hat";
  return {hyper.fill("radam(beta1={beta1}, beta2={beta2}, eps={eps}, eps_place={eps_form:hat=corrected/raw}, "
                     "threshold={sma_threshold|5}, amsgrad={amsgrad:false/true}, inclusive=") +
          (hyper.flag("threshold_inclusive", corrected) ? "true)" : "false)")};
}

// Of ademamix only the fast average is masked, which is the whole update where the slow one has no weight.
Parts ademamix(Fields& hyper, const Context&) {
  if (hyper.number("alpha") != 0 && hyper.flag("cautious", false)) {
    throw Skip("cautious of one of two averages");
  }
  return {hyper.fill("ademamix(beta1={beta1}, beta2={beta2}, beta3={beta3}, alpha={alpha}, eps={eps})")};
}

Parts proximal_adagrad(Fields& hyper, const Context&) {
  const bool regularises = hyper.number("l1|0") != 0 || hyper.number("l2|0") != 0;
  if (hyper.flag("sparse", false) && regularises) throw Skip("sparse gradients with l1 or l2");
  return {hyper.fill("proximal_adagrad(l1={l1|0}, l2={l2|0}, initial_accumulator={initial_accumulator})")};
}

// torch averages from the update after t0 + 1 on.
Parts asgd(Fields& hyper, const Context&) {
  return {hyper.fill("asgd(lambda={lambd}, power={alpha})"),
          "average(form=mean, start=" + print_number(hyper.number("t0") + 1) + ")"};
}

Parts rprop(Fields& hyper, const Context&) {
  if (hyper.text("form", "torch") == "delayed") {
    throw Skip("a fault of the library: it makes the move of the update before");
  }
  return {
      hyper.fill("{form:torch=}rprop(eta_minus={etas.0|0.5}, eta_plus={etas.1|1.2}, "
                 "step_min={step_sizes.0|1e-6}, step_max={step_sizes.1|50})")};
}

// The decay that a rule of that name has inside itself.
std::string own_decay(Fields& hyper) {
  const bool own = hyper.text("weight_decay_mode", "") == "in_algorithm";
  return own && hyper.number("weight_decay|0") != 0 ? hyper.fill("decay({weight_decay})") : "";
}

// The factor 1 / (1 - beta^t) of the updates t = 1, 2, ... as a part of its own.
std::string correction(double beta, std::uint64_t updates) {
  std::vector<double> values, at;
  for (std::uint64_t t = 1; t <= updates; ++t) {
    values.push_back(1.0 / (1.0 - std::pow(beta, static_cast<double>(t))));
    if (t > 1) at.push_back(static_cast<double>(t - 1));
  }
  return updates == 1 ? "scale(" + print_number(values[0]) + ")"
                      : "scale(piecewise(" + list_text(values) + ", at=" + list_text(at) + "))";
}

// What a decay before the step leaves of the parameters whose norm the ratio then takes: as a factor of the
// ratio it is exact.
double kept_before_ratio(Fields& hyper) {
  const std::string mode = hyper.text("weight_decay_mode", "");
  if (!mode.starts_with("decoupled") || hyper.number("weight_decay|0") == 0) return 1;
  const bool scaled = mode != "decoupled_lr_unscaled";
  const bool changes = hyper.find("weight_decay_schedule") != nullptr || hyper.number("total_steps|0") != 0;
  if ((scaled && hyper.find("lr_schedule") != nullptr) || changes)
    throw Skip("decay before the ratio under a schedule");
  const double kept = 1.0 - hyper.number(scaled ? "lr*weight_decay|0" : "weight_decay|0");
  if (!(kept > 0)) throw Skip("decay before the ratio that leaves nothing");
  return kept;
}

std::string ratio_of(Fields& hyper, const std::string& coefficient, const std::string& eps) {
  const double factor = hyper.number(coefficient) * kept_before_ratio(hyper);
  return (factor == 1 ? "trust_ratio(" : "trust_ratio(coefficient=" + print_number(factor) + ", ") + eps +
         ")";
}

// What pytorch_optimizer calls LAMB: only the average gradient is corrected, and that after the ratio; norms
// of parameters are bounded, and eps stands in the ratio too.
Parts lamb_of_pytorch_optimizer(Fields& hyper, const Context& context) {
  const double kept = kept_before_ratio(hyper);
  return {hyper.fill("adam(beta1={beta1}, beta2={beta2}, eps={eps}, bias_correction=false)"),
          own_decay(hyper),
          "trust_ratio(coefficient=" + print_number(kept) + hyper.fill(", eps={eps}, max_norm=") +
              print_number(hyper.number("norm_clamp") / kept) + ")",
          correction(hyper.number("beta1"), context.updates)};
}

Parts lamb(Fields& hyper, const Context& context) {
  if (hyper.text("form", "") == "no_v_correction") return lamb_of_pytorch_optimizer(hyper, context);
  return {adam(hyper, context)[0], own_decay(hyper), ratio_of(hyper, "1", "eps=0")};
}

Parts lars(Fields& hyper, const Context&) {
  const bool remembers = hyper.number("momentum|0") != 0;
  return {
      own_decay(hyper), ratio_of(hyper, "trust_coefficient|0.001", hyper.fill("eps={eps|0}")),
      remembers ? hyper.fill("momentum({momentum}, nesterov={nesterov:false/true}, rate_inside=true)") : ""};
}

// With averaging only a share of 1 - beta1 enters, but for the first gradient.
Parts novograd(Fields& hyper, const Context&) {
  const bool averages = hyper.flag("grad_averaging", false);
  return {hyper.fill("normalize(per=tensor, beta={beta2}, eps={eps}, eps_root={eps_root|0})"),
          own_decay(hyper),
          hyper.fill(averages ? "momentum({beta1}, dampening={beta1})" : "momentum({beta1})")};
}

// The paper weighs by the square of the largest rate, Keras all updates alike.
Parts schedule_free(Fields& hyper, const std::string& rule) {
  const std::string form = hyper.fill("{form:reference/optax/keras}");
  if (form != "reference" && hyper.number("warmup_steps|0") != 0) {
    throw Skip("warm-up of schedule-free, form " + form);
  }
  if (form == "keras" && hyper.number("weight_decay|0") != 0)
    throw Skip("decay of schedule-free, form keras");
  const std::string power = form == "keras" ? "{weight_lr_power|0}" : "{weight_lr_power|2}";
  return {rule, own_decay(hyper), hyper.fill("schedule_free(beta1={beta1}, r={r|0}, power=" + power + ")")};
}

Parts schedule_free_sgd(Fields& hyper, const Context&) { return schedule_free(hyper, ""); }

Parts schedule_free_adamw(Fields& hyper, const Context&) {
  return schedule_free(
      hyper, hyper.fill("{eps_form:hat=}rmsprop(alpha={beta2}, eps={eps}, "
                        "eps_place={eps_inside_sqrt:false=outside/true=inside}, bias_correction=true)"));
}

constexpr Rule kRules[] = {
    {.name = "adabelief", .parts = adabelief},
    {.name = "adabound",  // pytorch_optimizer has 1e-15 in the root
     .text = "adabound(beta1={beta1}, beta2={beta2}, eps={eps}, eps_root=1e-15, final_lr={final_lr}, "
             "gamma={gamma}, amsgrad={amsbound:false/true})"},
    {.name = "adadelta", .text = "adadelta(rho={rho}, eps={eps})"},
    {.name = "adagrad",
     .text = "adagrad(initial_accumulator={initial_accumulator|0}, lr_decay={lr_decay|0}, eps={eps}, "
             "eps_place={eps_inside_sqrt:false=outside/true=inside})",
     .without_effect = "T0"},
    {.name = "adam", .parts = adam},
    {.name = "adamax",  // it has no root whose correction eps could stand before or after
     .parts = adamax,
     .without_effect = "eps_form"},
    {.name = "adamw", .parts = adam, .decay_needs_mode = true},
    {.name = "adan",
     .text = "adan(beta1={beta1}, beta2={beta2}, beta3={beta3}, eps={eps}, eps_root={eps_root|0}, "
             "difference_factor={difference_factor:beta2/1-beta2=taken})",
     .own_decay = Place::proximal},
    {.name = "ademamix", .parts = ademamix},
    {.name = "adopt",
     .text = "adopt(beta1={beta1}, beta2={beta2}, eps={eps}, clip={clip_count:t-1=before/t=with})"},
    {.name = "amsgrad", .parts = amsgrad},
    {.name = "asgd", .parts = asgd},
    {.name = "ftrl",
     .text = "ftrl(l1={l1|0}, l2={l2|0}, l2_shrinkage={l2_shrinkage|0}, beta={beta|0}, "
             "power={-1*lr_power|-0.5}, initial_accumulator={initial_accumulator|0.1})"},
    {.name = "gd", .parts = sgd},
    {.name = "lamb", .parts = lamb, .own_decay = Place::none},
    {.name = "lars", .parts = lars, .own_decay = Place::none},
    {.name = "lion", .text = "lion(beta1={beta1}, beta2={beta2})"},
    {.name = "mars",  // the change of the gradient, its norm bounded, before Adam with 1e-15 in the root
     .text = "{mars_type:adamw=}mars(gamma={gamma}, beta1={beta1}) | clip_norm(1, form=optax, per=tensor) | "
             "adam(beta1={beta1}, beta2={beta2}, eps={eps}, eps_root=1e-15, eps_place=raw)",
     .without_effect = "betas_1d lr_1d_factor weight_decay_1d optimize_1d",
     .own_decay = Place::left_of_lr},
    {.name = "momentum", .parts = heavy_ball},
    {.name = "nadam", .parts = nadam},
    {.name = "nesterov", .parts = nesterov},
    {.name = "novograd", .parts = novograd, .own_decay = Place::none},
    {.name = "optimistic_gradient_descent", .text = "optimistic(alpha={alpha}, beta={beta})"},
    {.name = "proximal_adagrad", .parts = proximal_adagrad},
    {.name = "radam", .parts = radam},
    {.name = "rmsprop", .parts = rmsprop},
    {.name = "rprop", .parts = rprop},
    {.name = "schedule_free_adamw", .parts = schedule_free_adamw, .own_decay = Place::none},
    {.name = "schedule_free_sgd", .parts = schedule_free_sgd, .own_decay = Place::none},
    {.name = "sgd", .parts = sgd},
    {.name = "sign_sgd", .text = "sign"},
    {.name = "signum", .text = "momentum({beta1}) | sign"},  // which does not see an average from a sum
    {.name = "yogi",
     .text = "{eps_form:hat=}yogi(beta1={beta1}, beta2={beta2}, eps={eps}, "
             "initial_accumulator={initial_accumulator}, "
             "accumulator_in_m={initial_accumulator_in_m:false/true}, "
             "bias_correction={bias_correction:true/false})"},
};

}  // namespace

Parts parts_of(const Rule& rule, Fields& hyper, const Context& context) {
  for (const std::string_view key : split(rule.without_effect, " ")) hyper.find(key);
  return rule.parts == nullptr ? Parts{hyper.fill(rule.text)} : rule.parts(hyper, context);
}

const Rule& find_rule(const std::string& name) {
  if (const Rule* found = find_named(kRules, name)) return *found;
  throw Skip("algorithm " + name);
}

}  // namespace thalweg::oracle
