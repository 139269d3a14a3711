#include "translate/calls.h"

#include <algorithm>

#include "base/did_you_mean.h"

namespace thalweg::python {
namespace {

#define THALWEG_CALL(library, name, arguments, chain, momentum) {library, name, arguments, chain, momentum},
constexpr Call kCalls[] = {
#include "translate/calls.inc"
};
#undef THALWEG_CALL

// What every optimizer of Keras has.
constexpr std::string_view kKerasArguments =
    "weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None, use_ema=False, "
    "ema_momentum=0.99, "
    "ema_overwrite_frequency=None, loss_scale_factor=None, gradient_accumulation_steps=None, ~name=None";
constexpr std::string_view kKerasBefore =
    "accumulate(gradient_accumulation_steps, when=gradient_accumulation_steps) | "
    "clip_norm(global_clipnorm, dialect=keras, when=global_clipnorm) | "
    "clip_norm(clipnorm, per=tensor, dialect=keras, when=clipnorm) | clip_value(clipvalue, when=clipvalue)";
// The average begins at the weights after the first update.
constexpr std::string_view kKerasAfter =
    "decay(weight_decay, when=weight_decay) | lr(learning_rate) | "
    "average(decay=ema_momentum, start=1, when=use_ema)";

constexpr std::string_view kScales[] = {"ConstantLR",  "LinearLR",      "StepLR",
                                        "MultiStepLR", "ExponentialLR", "PolynomialLR"};

// Parts of dotted names that tell whose they are.
constexpr struct {
  std::string_view module, library;
} kModules[] = {{"torch", "torch"},        {"optim", "torch"},     {"lr_scheduler", "torch"},
                {"transformers", "torch"}, {"nn", "torch"},        {"utils", "torch"},
                {"keras", "keras"},        {"tf", "keras"},        {"tensorflow", "keras"},
                {"optimizers", "keras"},   {"schedules", "keras"}, {"optax", "optax"},
                {"contrib", "optax"}};

// What stands beside optimizers in programs, and is no part of a chain here.
struct Elsewhere {
  std::string_view name, here;
};
constexpr Elsewhere kElsewhere[] = {
    {"EarlyStopping", "`thalweg train --patience 5` stops a training"},
    {"ReduceLROnPlateau", "`plateau` in a chain: adam(lr=1e-3) | plateau"},
    {"ModelCheckpoint", "`thalweg train --restore-best`, or --checkpoint-every 500"},
    {"compile", "the optimizer that it is given is what is translated"},
    {"fit", "`thalweg train` trains"},
    {"Sequential", "a model: `thalweg train --model \"dense(64) | relu | dense(10)\"`"}};

std::string filled(std::string_view text, std::string_view mark, std::string_view with) {
  std::string out(text);
  if (const std::size_t at = out.find(mark); at != std::string::npos) out.replace(at, mark.size(), with);
  return out;
}

// At commas outside brackets.
std::vector<std::string> split_arguments(const std::string& text) {
  std::vector<std::string> parts;
  int depth = 0;
  std::string part;
  for (const char c : text + ",") {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c != ',' || depth > 0) {
      if (c != ' ' || depth > 0) part += c;
      continue;
    }
    if (!part.empty()) parts.push_back(std::move(part));
    part.clear();
  }
  return parts;
}

std::string_view library_of(std::string_view name) {
  std::string_view library;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos && library.empty();
       dot = name.find('.')) {
    for (const auto& [module, of] : kModules) {
      if (name.substr(0, dot) == module) library = of;
    }
    name.remove_prefix(dot + 1);
  }
  return library;
}

}  // namespace

bool Call::is_scheduler() const {
  return library == "torch" && (arguments.starts_with("optimizer") || arguments.starts_with("schedulers"));
}
bool Call::scales() const { return std::ranges::find(kScales, name) != std::end(kScales); }

std::vector<Argument> arguments_of(const Call& call) {
  std::vector<Argument> out;
  for (std::string text : split_arguments(filled(call.arguments, "$keras", kKerasArguments))) {
    Argument argument;
    if (text[0] == '~') argument.has_no_effect = true, text.erase(0, 1);
    const std::size_t equals = std::min(text.find('='), text.size());
    argument.name = text.substr(0, equals);
    if (equals < text.size()) argument.fallback = parse_expression({"default", text.substr(equals + 1)});
    const bool twice =
        std::ranges::any_of(out, [&](const Argument& one) { return one.name == argument.name; });
    if (!twice) out.push_back(std::move(argument));
  }
  return out;
}

std::string chain_of(const Call& call) {
  return filled(filled(call.chain, "$before", kKerasBefore), "$after", kKerasAfter);
}

const Call& find_call(const Expression& function, std::span<const std::string> names, const Source& source) {
  const std::string_view full = function.text, name = full.substr(full.rfind('.') + 1);
  const std::string_view library = library_of(full);
  std::vector<std::string_view> known;
  const Call* found = nullptr;
  for (const Call& call : kCalls) {
    if (!library.empty() && call.library != library) continue;
    known.push_back(call.name);
    if (call.name != name) continue;
    const std::vector<Argument> arguments = arguments_of(call);
    const bool takes_all = std::ranges::all_of(names, [&](const std::string& given) {
      return given.empty() ||
             std::ranges::any_of(arguments, [&](const Argument& one) { return one.name == given; });
    });
    if (takes_all) return call;
    if (found == nullptr) found = &call;
  }
  if (found != nullptr) return *found;
  const auto elsewhere = std::ranges::find(kElsewhere, name, &Elsewhere::name);
  const std::string hint =
      elsewhere != std::end(kElsewhere) ? std::string(elsewhere->here) : did_you_mean(name, known);
  throw source.error(function.at,
                     {"", "there is no counterpart for this here", "`" + std::string(full) + "`",
                      hint.empty() ? "an optimizer, a schedule or a clipping of " +
                                         std::string(library.empty() ? "torch, Keras or optax" : library)
                                   : "",
                      hint});
}

}  // namespace thalweg::python
