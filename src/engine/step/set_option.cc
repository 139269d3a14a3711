// Options of a bound chain that the caller sets from step to step.
#include <cmath>

#include "base/did_you_mean.h"
#include "base/spec.h"
#include "step/optimizer_impl.h"
#include "step/owner_names.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

struct Place {
  std::size_t link, option;
};

// Where the option of that name stands. Throws Error(usage) with the nearest name.
Place find_place(std::span<const Link> links, std::string_view name) {
  OwnerNames owners;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const std::string owner = owners.next(links[i]);
    for (std::size_t k = 0; k < links[i].numbers.size(); ++k) {
      known.push_back(owner + "." + std::string(links[i].transform->spec.options[k].name));
      if (name == known.back() || (k == 0 && name == owner)) return {i, k};
    }
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  throw Error(Code::usage, {"set_option", "the chain has no such option", "`" + std::string(name) + "`",
                            "a transform of the chain and its option, such as " +
                                (known.empty() ? "lr.value" : known.back()),
                            did_you_mean(name, views)});
}

// Whether the kernels of a link are the same whatever its option is.
bool is_free(const Link& link, std::size_t option) {
  std::vector<double> any = link.fixed;
  any[option] = NAN;
  const Transform& transform = *link.transform;
  const auto same = [&](auto* decides) { return decides == nullptr || decides(any) == decides(link.fixed); };
  return same(transform.kept.variant) && same(transform.rates.inside) && same(transform.rates.needs) &&
         same(transform.sum.over) && transform.scope != Scope::gate;
}

}  // namespace

void Optimizer::set_option(std::string_view name, double value) {
  const std::span<const Link> links = impl_->plan.links;
  const auto [link, number] = find_place(links, name);
  const Option& option = links[link].transform->spec.options[number];
  const std::string where = "option `" + std::string(name) + "`";
  if (option.type != OptionType::scalar || !is_free(links[link], number)) {
    throw Error(Code::usage, {where, "it decides how the chain runs", print_number(value),
                              "an option that may be a schedule", "bind another chain"});
  }
  if (!std::isnan(value) && !(option.range.contains(value) && std::isfinite(value))) {
    throw Error(Code::usage, {where, "out of range", print_number(value), print_range(option.range), ""});
  }
  impl_->step.values().give(link, number, value);
}

}  // namespace thalweg
