// The rules of cases as parts of the engine's chains: one function and one row for each.
#include "verify/rules.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/spec.h"
#include "transforms/transform.h"

namespace thalweg::oracle {
namespace {

// Libraries whose velocity holds the rate: v = mu v + lr g, p -= v.
bool rate_inside(const std::string& form) { return form == "keras" || form == "tf"; }

void check_form(const std::string& form) {
  if (form != "torch" && form != "optax" && form != "onnx" && !rate_inside(form)) throw Skip("form " + form);
}

std::string option(const std::string& name, double value) { return ", " + name + "=" + print_number(value); }
std::string option(const std::string& name, bool value) { return value ? ", " + name + "=true" : ""; }

// The options of a transform that a case gives under the engine's own names; `but` says which it does not.
// One that does something by default must be given.
std::string own_names(Fields& hyper, std::string_view name,
                      std::initializer_list<std::string_view> but = {}) {
  std::string args;
  const auto is_it = [&](const Transform& transform) { return transform.spec.name == name; };
  for (const Option& o : std::find_if(transforms().begin(), transforms().end(), is_it)->spec.options) {
    const std::string key(o.name);
    if (std::find(but.begin(), but.end(), o.name) != but.end()) continue;
    if (o.type == OptionType::flag) {
      const bool set = hyper.flag(key, o.fallback == "true");
      args += ", " + key + (set ? "=true" : "=false");
    } else if (o.type == OptionType::number || o.type == OptionType::scalar) {
      args += option(key, o.fallback == "0" ? hyper.number(key, 0) : hyper.number(key));
    }
  }
  return (args.empty() ? "" : args.substr(2)) +
         (hyper.flag("eps_inside_sqrt", false) ? ", eps_place=inside" : "");
}
Parts as_named(Fields& hyper, std::string_view name) { return {{std::string(name), own_names(hyper, name)}}; }

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
    if (hyper.number("T", 0) != 0 || context.updates != 1) throw Skip("eps_form onnx after T 0");
    return false;
  }
  return hyper.flag("bias_correction", true) && hyper.flag("bias_correction_mu", true);
}

std::string eps_of(Fields& hyper) {
  return "eps=" + print_number(hyper.number("eps")) +
         (hyper.flag("eps_inside_sqrt", false) ? ", eps_place=inside" : "");
}

std::string betas(Fields& hyper) {
  return "beta1=" + print_number(hyper.number("beta1")) + ", beta2=" + print_number(hyper.number("beta2"));
}

// A form that says no more than what this rule always is.
void check_eps_form(Fields& hyper, const std::string& allowed) {
  const std::string form = hyper.text("eps_form", allowed);
  if (form != allowed) throw Skip("eps_form " + form);
}

Parts nadam_with(Fields& hyper, bool constant) {
  check_eps_form(hyper, "hat");
  if (!constant) return as_named(hyper, "nadam");
  return {{"nadam", own_names(hyper, "nadam", {"momentum_decay"}) + ", mu=constant"}};
}

Parts nadam(Fields& hyper, const Context&) {
  if (hyper.flag("mu_product_quirk", false))
    throw Skip("a fault of the library: mu enters the product twice");
  return nadam_with(hyper, false);
}

Parts adam_with(Fields& hyper, const Context& context, bool amsgrad) {
  if (hyper.flag("nesterov", false)) return nadam_with(hyper, true);  // optax
  const std::string form = hyper.text("form", "torch");
  check_form(form);
  if (rate_inside(form) && context.may_be_absent) throw Skip("form " + form + " with absent gradients");
  const double beta1 = hyper.number("beta1"), beta2 = hyper.number("beta2"), eps = hyper.number("eps");
  std::string reasons, args = "beta1=" + print_number(beta1) + ", beta2=" + print_number(beta2);
  collect(reasons, [&] { args += adam_eps(hyper, eps, form); });
  collect(reasons, [&] { args += corrects(hyper, context) ? "" : ", bias_correction=false"; });
  if (!reasons.empty()) throw Skip(reasons);
  if (hyper.flag("amsgrad", amsgrad || hyper.find("amsgrad_form") != nullptr)) {
    const bool corrected = hyper.text("amsgrad_form", "uncorrected") == "corrected";
    args += corrected ? ", amsgrad=true, amsgrad_form=corrected" : ", amsgrad=true";
  }
  return {{"adam", args}};
}

Parts adam(Fields& hyper, const Context& context) { return adam_with(hyper, context, false); }
Parts amsgrad(Fields& hyper, const Context& context) { return adam_with(hyper, context, true); }

Parts adagrad(Fields& hyper, const Context&) {
  hyper.number("T0", 0);
  return as_named(hyper, "adagrad");
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

// Without an average of squares there is no root whose correction eps could stand before or after.
Parts adamax(Fields& hyper, const Context&) {
  const std::string form = hyper.text("form", "torch");
  check_form(form);
  hyper.find("eps_form");
  return {{"adamax", betas(hyper) + ", " + eps_of(hyper) + (rate_inside(form) ? ", eps_place=outside" : "")}};
}

// Only optax gives eps_root apart; elsewhere the one eps stands in both places.
Parts adabelief(Fields& hyper, const Context&) {
  check_eps_form(hyper, "hat");
  const double root = hyper.number("eps_root", hyper.number("eps")),
               length = hyper.number("sma_threshold", 5);
  const std::string args =
      own_names(hyper, "adabelief", {"eps_root", "threshold"}) + option("eps_root", root);
  return {{"adabelief", args + (hyper.flag("rectify", false) ? option("threshold", length) : "")}};
}

Parts yogi(Fields& hyper, const Context&) {
  check_eps_form(hyper, "hat");
  return {{"yogi", own_names(hyper, "yogi", {"accumulator_in_m"}) +
                       option("accumulator_in_m", hyper.flag("initial_accumulator_in_m", false))}};
}

// Libraries that correct before they add eps take a length equal to the threshold, torch does not.
Parts radam(Fields& hyper, const Context&) {
  const std::string form = hyper.text("eps_form", "hat");
  if (form != "hat" && form != "raw") throw Skip("eps_form " + form);
  const bool corrected = form == "hat";
  return {{"radam", own_names(hyper, "radam", {"threshold", "inclusive"}) +
                        (corrected ? ", eps_place=corrected" : "") +
                        option("threshold", hyper.number("sma_threshold", 5)) +
                        option("inclusive", hyper.flag("threshold_inclusive", corrected))}};
}

// The sign does not see by which factor an average differs from a sum.
Parts signum(Fields& hyper, const Context&) {
  return {{"momentum", print_number(hyper.number("beta1"))}, {"sign", ""}};
}

// Of ademamix only the fast average is masked, which is the whole update where the slow one has no weight.
Parts ademamix(Fields& hyper, const Context&) {
  if (hyper.number("alpha") != 0 && hyper.flag("cautious", false))
    throw Skip("cautious of one of two averages");
  return {{"ademamix", own_names(hyper, "ademamix", {"alpha_warmup", "beta3_warmup"})}};
}

Parts adan(Fields& hyper, const Context&) {
  const std::string factor = hyper.text("difference_factor", "beta2");
  if (factor != "beta2" && factor != "1-beta2") throw Skip("difference_factor " + factor);
  return {{"adan", own_names(hyper, "adan") + (factor == "beta2" ? "" : ", difference_factor=taken")}};
}

// Adan's decay is proximal but for a flag of the authors' code.
Place adan_decay(Fields& hyper) { return hyper.flag("no_prox", false) ? Place::left_of_lr : Place::proximal; }

Parts adopt(Fields& hyper, const Context&) {
  const std::string count = hyper.text("clip_count", "t-1");
  if (count != "t-1" && count != "t") throw Skip("clip_count " + count);
  return {{"adopt", own_names(hyper, "adopt") + (count == "t" ? ", clip=with" : "")}};
}

// pytorch_optimizer has 1e-15 in the root.
Parts adabound(Fields& hyper, const Context&) {
  return {{"adabound", own_names(hyper, "adabound", {"eps_root", "amsgrad"}) + ", eps_root=1e-15" +
                           option("amsgrad", hyper.flag("amsbound", false))}};
}

Parts ftrl(Fields& hyper, const Context&) {
  return {{"ftrl", own_names(hyper, "ftrl", {"power", "initial_accumulator"}) +
                       option("power", -hyper.number("lr_power", -0.5)) +
                       option("initial_accumulator", hyper.number("initial_accumulator", 0.1))}};
}

Parts proximal_adagrad(Fields& hyper, const Context&) {
  const bool regularises = hyper.number("l1", 0) != 0 || hyper.number("l2", 0) != 0;
  if (hyper.flag("sparse", false) && regularises) throw Skip("sparse gradients with l1 or l2");
  return as_named(hyper, "proximal_adagrad");
}

// torch averages from the update after t0 + 1 on.
Parts asgd(Fields& hyper, const Context&) {
  return {{"asgd", "lambda=" + print_number(hyper.number("lambd")) + option("power", hyper.number("alpha"))},
          {"average", "form=mean" + option("start", hyper.number("t0") + 1)}};
}

// The change of the gradient, its norm bounded, before Adam; pytorch_optimizer has 1e-15 in the root.
Parts mars(Fields& hyper, const Context&) {
  const std::string type = hyper.text("mars_type", "adamw");
  if (type != "adamw") throw Skip("mars_type " + type);
  for (const char* key : {"betas_1d", "lr_1d_factor", "weight_decay_1d", "optimize_1d"}) hyper.find(key);
  const std::string weight = "gamma=" + print_number(hyper.number("gamma"));
  return {{"mars", weight + option("beta1", hyper.number("beta1"))},
          {"clip_norm", "1, form=optax, per=tensor"},
          {"adam", betas(hyper) + ", " + eps_of(hyper) + ", eps_root=1e-15, eps_place=raw"}};
}

Place decoupled(Fields&) { return Place::left_of_lr; }

double one_of_two(Fields& hyper, const char* key, std::size_t index, double fallback) {
  const Json* pair = hyper.find(key);
  if (pair == nullptr) return fallback;
  const std::vector<double> numbers = read_numbers(*pair, key);
  if (numbers.size() != 2) throw Malformed("`" + std::string(key) + "` is not a pair");
  return numbers[index];
}

Parts rprop(Fields& hyper, const Context&) {
  const std::string form = hyper.text("form", "torch");
  if (form == "delayed") throw Skip("a fault of the library: it makes the move of the update before");
  if (form != "torch") throw Skip("form " + form);
  return {{"rprop", "eta_minus=" + print_number(one_of_two(hyper, "etas", 0, 0.5)) +
                        option("eta_plus", one_of_two(hyper, "etas", 1, 1.2)) +
                        option("step_min", one_of_two(hyper, "step_sizes", 0, 1e-6)) +
                        option("step_max", one_of_two(hyper, "step_sizes", 1, 50))}};
}

// The decay that a rule of that name has inside itself.
void add_own_decay(Fields& hyper, Parts& parts) {
  const bool own = hyper.text("weight_decay_mode", "") == "in_algorithm";
  const double rate = own ? hyper.number("weight_decay", 0) : 0.0;
  if (rate != 0) parts.push_back({"decay", print_number(rate)});
}

Place inside(Fields&) { return Place::none; }  // said by the parts

// The factor 1 / (1 - beta^t) of the updates t = 1, 2, ... as a part of its own.
Part correction(double beta, std::uint64_t updates) {
  std::string values, at;
  for (std::uint64_t t = 1; t <= updates; ++t) {
    values += (t == 1 ? "" : ", ") + print_number(1.0 / (1.0 - std::pow(beta, static_cast<double>(t))));
    if (t > 1) at += (t == 2 ? "" : ", ") + std::to_string(t - 1);
  }
  return {"scale", updates == 1 ? values : "piecewise([" + values + "], at=[" + at + "])"};
}

// What pytorch_optimizer calls LAMB: only the average gradient is corrected, and that after the ratio; norms
// of parameters are bounded, eps stands in the ratio too, and the parameters may shrink before their norm is
// taken, by 1 - lr decay.
Parts lamb_of_pytorch_optimizer(Fields& hyper, const Context& context) {
  const std::string eps = print_number(hyper.number("eps"));
  const bool before = hyper.text("weight_decay_mode", "") == "decoupled_before_ratio";
  const double kept = before ? 1.0 - hyper.number("lr") * hyper.number("weight_decay", 0) : 1.0;
  if (before && hyper.find("lr_schedule") != nullptr) throw Skip("decay before the ratio under a schedule");
  Parts parts = {{"adam", betas(hyper) + ", eps=" + eps + ", bias_correction=false"}};
  add_own_decay(hyper, parts);
  parts.push_back({"trust_ratio", "coefficient=" + print_number(kept) + ", eps=" + eps +
                                      option("max_norm", hyper.number("norm_clamp") / kept)});
  parts.push_back(correction(hyper.number("beta1"), context.updates));
  return parts;
}

Parts lamb(Fields& hyper, const Context& context) {
  if (hyper.text("form", "") == "no_v_correction") return lamb_of_pytorch_optimizer(hyper, context);
  Parts parts = adam(hyper, context);
  add_own_decay(hyper, parts);
  parts.push_back({"trust_ratio", ""});
  return parts;
}

Parts lars(Fields& hyper, const Context&) {
  Parts parts;
  add_own_decay(hyper, parts);
  parts.push_back({"trust_ratio", "coefficient=" + print_number(hyper.number("trust_coefficient", 0.001)) +
                                      option("eps", hyper.number("eps", 0))});
  const double mu = hyper.number("momentum", 0);
  if (mu != 0) {
    parts.push_back({"momentum", print_number(mu) + option("nesterov", hyper.flag("nesterov", false)) +
                                     ", rate_inside=true"});
  }
  return parts;
}

Parts novograd(Fields& hyper, const Context&) {
  Parts parts = {{"normalize", "per=tensor, beta=" + print_number(hyper.number("beta2")) +
                                   ", eps=" + print_number(hyper.number("eps")) +
                                   option("eps_root", hyper.number("eps_root", 0))}};
  add_own_decay(hyper, parts);
  // With averaging only a share of 1 - beta1 enters, but for the first gradient.
  const double beta1 = hyper.number("beta1");
  const std::string averaging = option("dampening", beta1);
  parts.push_back({"momentum", print_number(beta1) + (hyper.flag("grad_averaging", false) ? averaging : "")});
  return parts;
}

// The paper weighs by the square of the largest rate, Keras all updates alike.
void add_schedule_free(Fields& hyper, Parts& parts) {
  const std::string form = hyper.text("form", "reference");
  if (form != "reference" && form != "optax" && form != "keras") throw Skip("form " + form);
  if (form != "reference" && hyper.number("warmup_steps", 0) != 0) {
    throw Skip("warm-up of schedule-free, form " + form);
  }
  if (form == "keras" && hyper.number("weight_decay", 0) != 0)
    throw Skip("decay of schedule-free, form keras");
  add_own_decay(hyper, parts);
  const double power = form == "keras" ? 0 : 2;
  parts.push_back({"schedule_free", "beta1=" + print_number(hyper.number("beta1")) +
                                        option("r", hyper.number("r", 0)) +
                                        option("power", hyper.number("weight_lr_power", power))});
}

Parts schedule_free_sgd(Fields& hyper, const Context&) {
  Parts parts;
  add_schedule_free(hyper, parts);
  return parts;
}

Parts schedule_free_adamw(Fields& hyper, const Context&) {
  check_eps_form(hyper, "hat");
  Parts parts = {{"rmsprop", "alpha=" + print_number(hyper.number("beta2")) + ", " + eps_of(hyper) +
                                 ", bias_correction=true"}};
  add_schedule_free(hyper, parts);
  return parts;
}

constexpr Rule kRules[] = {
    {.name = "adabelief", .parts = adabelief},
    {.name = "adabound", .parts = adabound},
    {.name = "adadelta", .transform = "adadelta"},
    {.name = "adagrad", .parts = adagrad},
    {.name = "adam", .parts = adam},
    {.name = "adamax", .parts = adamax},
    {.name = "adamw", .parts = adam, .decay_needs_mode = true},
    {.name = "adan", .parts = adan, .own_decay = adan_decay},
    {.name = "ademamix", .parts = ademamix},
    {.name = "adopt", .parts = adopt},
    {.name = "amsgrad", .parts = amsgrad},
    {.name = "asgd", .parts = asgd},
    {.name = "ftrl", .parts = ftrl},
    {.name = "gd", .parts = sgd},
    {.name = "lamb", .parts = lamb, .own_decay = inside},
    {.name = "lars", .parts = lars, .own_decay = inside},
    {.name = "lion", .transform = "lion"},
    {.name = "mars", .parts = mars, .own_decay = decoupled},
    {.name = "momentum", .parts = heavy_ball},
    {.name = "nadam", .parts = nadam},
    {.name = "nesterov", .parts = nesterov},
    {.name = "novograd", .parts = novograd, .own_decay = inside},
    {.name = "optimistic_gradient_descent", .transform = "optimistic"},
    {.name = "proximal_adagrad", .parts = proximal_adagrad},
    {.name = "radam", .parts = radam},
    {.name = "rmsprop", .parts = rmsprop},
    {.name = "rprop", .parts = rprop},
    {.name = "schedule_free_adamw", .parts = schedule_free_adamw, .own_decay = inside},
    {.name = "schedule_free_sgd", .parts = schedule_free_sgd, .own_decay = inside},
    {.name = "sgd", .parts = sgd},
    {.name = "sign_sgd", .transform = "sign"},
    {.name = "signum", .parts = signum},
    {.name = "yogi", .parts = yogi},
};

}  // namespace

Parts parts_of(const Rule& rule, Fields& hyper, const Context& context) {
  return rule.parts == nullptr ? as_named(hyper, rule.transform) : rule.parts(hyper, context);
}

const Rule& find_rule(const std::string& name) {
  if (const Rule* found = find_named(kRules, name)) return *found;
  throw Skip("algorithm " + name);
}

}  // namespace thalweg::oracle
