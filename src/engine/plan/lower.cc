#include "plan/lower.h"

#include <algorithm>

namespace thalweg {
namespace {

bool is_rate(const Transform& transform) { return transform.part == Part::rate; }
bool is_linear(const Transform& transform) { return transform.scope == Scope::affine; }

// One walk over a cohort's chain: the linear map since the last rule, and where the next numbers belong.
struct Walk {
  Affine map;
  bool rates_taken = false;  // the last rule has the rates to its right inside
  std::size_t rule = 0, landing = 0;
};

}  // namespace

Lowering::Lowering(const Params& params, const Plan& plan)
    : plan_(plan), values_(params, plan), cohorts_(params, plan, values_), rate_(first_rate()) {}

// The product of the factors of the links from `from` on that count, or of the highest that they get.
double Lowering::product(const Group& group, std::size_t from, bool (*counts)(const Transform&),
                         bool highest) {
  double product = 1.0;
  for (std::size_t j = from; j < group.links.size(); ++j) {
    const std::size_t link = group.links[j];
    const Transform& transform = *plan_.links[link].transform;
    if (!counts(transform)) continue;
    if (highest && transform.observe == nullptr) {
      product *= values_.highest(link);
    } else if (!highest) {
      product *= values_.factor(link);
    }
  }
  return product;
}

void Lowering::add_rates(Moment& now, const Group& group, std::size_t i) {
  const bool lands = plan_.links[group.links[i]].transform->scope == Scope::landing;
  now.rate = product(group, lands ? 0 : i + 1, is_rate, false);
  now.peak = product(group, lands ? 0 : i + 1, is_rate, true);
  now.scale = product(group, i + 1, is_linear, false);
}

void Lowering::add_sums(Moment& now, const Cohort& cohort, std::size_t cut, const Sums& sums) const {
  const std::size_t n = plan_.links[plan_.cuts[cut].link].transform->sum.count;
  if (plan_.cuts[cut].over == Over::all) {
    now.sums = {sums.all + cut * kMaxSums, n};
    now.size = sums.size_of_all[cut];
  } else {
    now.sums = {sums.tensor + (cut * sums.parameters + cohort.first) * kMaxSums, n};
    now.size = static_cast<double>(sums.sizes[cohort.first]);
  }
}

// A rule is prepared in its own phase; later phases only need the factor of its update. After a rule that
// has taken the rates inside they scale what was added since, not the update.
void Lowering::lower(Cohort& cohort, std::size_t phase, const Sums& sums) {
  Walk walk;
  for (const Phase& part : cohort.group->phases) {
    if (part.number > phase) break;
    const bool current = part.number == phase;
    for (std::size_t i = part.begin; i < part.end; ++i) {
      const Link& link = plan_.links[cohort.group->links[i]];
      const Transform& transform = *link.transform;
      if (transform.scope == Scope::affine || transform.scope == Scope::gate) {
        if (transform.affine == nullptr) continue;
        const Affine next = transform.affine(moment(cohort, i));
        walk.map = transform.part == Part::rate && walk.rates_taken
                       ? Affine{walk.map.a, walk.map.b * next.a, walk.map.rest}
                       : walk.map.then(next);
        continue;
      }
      if (transform.scope == Scope::landing) {
        if (current) transform.prepare(moment(cohort, i), cohort.landings[walk.landing]);
        ++walk.landing;
        continue;
      }
      const bool gathers = transform.scope == Scope::gather;
      Moment now = current ? moment(cohort, i) : Moment{};
      if (current && gathers && transform.sum.unit == nullptr) add_sums(now, cohort, part.cut, sums);
      if (gathers && transform.sum.unit != nullptr) {
        cohort.start = walk.map;
        walk.map = {};
      } else if (gathers && transform.affine != nullptr) {
        // Formed once, in the phase that it begins: it may move on what it keeps.
        if (current) cohort.gathered[part.cut] = transform.affine(now);
        walk.map = walk.map.then(cohort.gathered[part.cut]);
      }
      if (gathers && !transform.acts()) continue;
      walk.rates_taken = link.rate_inside || (walk.rates_taken && transform.part != Part::rule);
      if (current) {
        cohort.rules[walk.rule].pre = walk.map;
        cohort.scales[walk.rule] = transform.prepare(now, cohort.rules[walk.rule].coefs);
      }
      walk.map = {cohort.scales[walk.rule++], 0.0};
    }
  }
  cohort.end = walk.map;
  if (walk.rule > 0) cohort.rules[walk.rule - 1].post = walk.map;
}

double Lowering::first_rate() {
  return plan_.groups.empty() ? 1.0 : product(plan_.groups[0], 0, is_rate, false);
}

void Lowering::lower(std::size_t phase, const Sums& sums) {
  if (phase == 0 && values_.change()) rate_ = first_rate();
  for (Cohort& cohort : cohorts_.all()) {
    if (phase == 0 && cohort.group->numbers > 0) {
      std::ranges::copy(values_.of_parameter(cohort.first), cohort.numbers);
    }
    lower(cohort, phase, sums);
  }
}

void Lowering::keep_numbers() {
  if (!values_.keep_numbers()) return;
  for (std::size_t p = 0; p < plan_.group_of.size(); ++p) {
    if (!cohorts_.takes_part(p)) continue;
    const std::span<double> own = values_.of_parameter(p);
    std::copy_n(cohorts_.of(p).numbers, own.size(), own.begin());
  }
}

}  // namespace thalweg
