#include "plan/lower.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace thalweg {
namespace {

bool is_rate(const Transform& transform) { return transform.is_rate; }
bool is_linear(const Transform& transform) { return transform.scope == Scope::affine; }

}  // namespace

Lowering::Lowering(const Params& params, const Plan& plan) : plan_(plan), class_of_(params.size(), kNone) {
  for (const Link& link : plan.links) {
    option_begin_.push_back(options_.size());
    for (std::size_t i = 0; i < link.numbers.size(); ++i) {
      if (std::holds_alternative<Value>(link.settings[i])) {
        scheduled_.push_back({&link.numbers[i], options_.size()});
      }
      options_.push_back(link.numbers[i](0));
    }
    highest_.push_back(link.numbers.empty() ? 1.0 : link.numbers[0].highest());
    chain_begin_.push_back(chain_numbers_.size());
    chain_numbers_.resize(chain_numbers_.size() + link.transform->chain_numbers.size());
  }
  option_begin_.push_back(options_.size());
  chain_begin_.push_back(chain_numbers_.size());
  for (std::size_t p = 0; p < params.size(); ++p) {
    number_begin_.push_back(numbers_.size());
    if (plan.group_of[p] != Plan::kNoGroup)
      numbers_.resize(numbers_.size() + plan.groups[plan.group_of[p]].numbers);
  }
  for (const Group& group : plan.groups) {
    rules_ = std::max(rules_, group.rules);
    landings_ = std::max(landings_, group.landings);
    most_numbers_ = std::max(most_numbers_, group.numbers);
  }
  classes_ = static_cast<Class*>(memory_.allocate(params.size() * sizeof(Class)));
  const auto array = [&]<class T>(T*, std::size_t each) {
    return static_cast<T*>(memory_.allocate(std::max<std::size_t>(params.size() * each, 1) * sizeof(T)));
  };
  Lowered* rules = array(static_cast<Lowered*>(nullptr), rules_);
  double* scales = array(static_cast<double*>(nullptr), rules_);
  Coefs* landings = array(static_cast<Coefs*>(nullptr), landings_);
  Affine* gathered = array(static_cast<Affine*>(nullptr), plan.gathers.size());
  double* numbers = array(static_cast<double*>(nullptr), most_numbers_);
  parts_ = {rules, scales, landings, gathered, numbers};
  evaluate(0);
  for (std::size_t i = 0; i < plan.links.size(); ++i) {
    const Transform& transform = *plan.links[i].transform;
    if (transform.begin != nullptr) transform.begin(options_of(i), chain_numbers(i));
  }
  rate_changes_ = !scheduled_.empty() || !chain_numbers_.empty();
  rate_ = first_rate();
}

std::span<double> Lowering::numbers(std::size_t parameter) {
  const std::size_t group = plan_.group_of[parameter];
  const std::size_t n = group == Plan::kNoGroup ? 0 : plan_.groups[group].numbers;
  return {numbers_.data() + number_begin_[parameter], n};
}

void Lowering::evaluate(std::uint64_t k) {
  k_ = k;
  for (const Scheduled& one : scheduled_) options_[one.option] = (*one.schedule)(k);
}

void Lowering::classify(std::span<const std::uint64_t> clocks, std::span<const char> takes_part) {
  class_count_ = 0;
  for (std::size_t p = 0; p < class_of_.size(); ++p) {
    class_of_[p] = kNone;
    if (takes_part[p] == 0) continue;
    const Class& c = class_for(plan_.groups[plan_.group_of[p]], p, clocks[p]);
    class_of_[p] = static_cast<std::uint32_t>(&c - classes_);
  }
}

void Lowering::advance() {
  for (std::size_t i = 0; i < class_count_; ++i) ++classes_[i].t;
}

bool Lowering::same_numbers(const Class& c, std::size_t parameter) const {
  const std::size_t bytes = c.group->numbers * sizeof(double);
  return bytes == 0 ||
         std::memcmp(&numbers_[number_begin_[c.first]], &numbers_[number_begin_[parameter]], bytes) == 0;
}

Class& Lowering::class_for(const Group& group, std::size_t parameter, std::uint64_t t) {
  if (group.per_tensor) return fresh_class(group, parameter, t);
  // The newest first: neighbours mostly share their class.
  for (std::size_t i = class_count_; i-- > 0;) {
    Class& c = classes_[i];
    if (c.group == &group && c.t == t && same_numbers(c, parameter)) return c;
  }
  return fresh_class(group, parameter, t);
}

Class& Lowering::fresh_class(const Group& group, std::size_t parameter, std::uint64_t t) {
  const std::size_t i = class_count_++;
  Class& c = classes_[i];
  c.group = &group;
  c.first = parameter;
  c.t = t;
  c.rules = parts_.rules + i * rules_;
  c.scales = parts_.scales + i * rules_;
  c.landings = parts_.landings + i * landings_;
  c.gathered = parts_.gathered + i * plan_.gathers.size();
  c.numbers = parts_.numbers + i * most_numbers_;
  return c;
}

// The product of the factors of the links from `from` on that count, or of the highest that they get.
double Lowering::product(const Group& group, std::size_t from, bool (*counts)(const Transform&),
                         bool highest) const {
  double product = 1.0;
  for (std::size_t j = from; j < group.links.size(); ++j) {
    const std::size_t link = group.links[j];
    const Transform& transform = *plan_.links[link].transform;
    if (!counts(transform)) continue;
    if (highest && transform.observe == nullptr) {
      product *= highest_[link];
    } else if (!highest) {
      product *= factor(link);
    }
  }
  return product;
}

double Lowering::factor(std::size_t link) const {
  Moment now;
  now.o = options_of(link);
  now.numbers = const_cast<Lowering*>(this)->chain_numbers(link);  // only read
  return plan_.links[link].transform->affine(now).a;
}

void Lowering::add_rates(Moment& now, const Group& group, std::size_t i) const {
  const bool lands = plan_.links[group.links[i]].transform->scope == Scope::landing;
  now.rate = product(group, lands ? 0 : i + 1, is_rate, false);
  now.peak = product(group, lands ? 0 : i + 1, is_rate, true);
  now.scale = product(group, i + 1, is_linear, false);
}

void Lowering::add_sums(Moment& now, const Class& c, std::size_t gather, const Sums& sums) const {
  const std::size_t n = plan_.links[plan_.gathers[gather].link].transform->sums;
  if (plan_.gathers[gather].over == Over::all) {
    now.sums = {sums.all + gather * kMaxSums, n};
    now.size = sums.size_of_all[gather];
  } else {
    now.sums = {sums.tensor + (gather * sums.parameters + c.first) * kMaxSums, n};
    now.size = static_cast<double>(sums.sizes[c.first]);
  }
}

// A rule is prepared in its own phase; later phases only need the factor of its update. Behind a rule that
// has taken the rates inside they scale what was added since, not the update.
void Lowering::lower(Class& c, std::size_t phase, const Sums& sums) {
  const std::vector<Link>& links = plan_.links;
  Affine map;
  Moment now;
  bool rates_taken = false;
  std::size_t rule = 0, landing = 0;
  for (const PhasePlan& part : c.group->phases) {
    if (part.phase > phase) break;
    const bool current = part.phase == phase;
    for (std::size_t i = part.begin; i < part.end; ++i) {
      const Link& link = links[c.group->links[i]];
      const Transform& transform = *link.transform;
      if (transform.scope == Scope::affine || transform.scope == Scope::gate) {
        if (transform.affine == nullptr) continue;
        turn_to(now, c, i);
        const Affine next = transform.affine(now);
        map = transform.is_rate && rates_taken ? Affine{map.a, map.b * next.a} : map.then(next);
        continue;
      }
      if (transform.scope == Scope::landing) {
        if (current) {
          turn_to(now, c, i);
          transform.prepare(now, c.landings[landing]);
        }
        ++landing;
        continue;
      }
      const bool gathers = transform.scope == Scope::gather;
      if (current) {
        turn_to(now, c, i);
        if (gathers && transform.unit == nullptr) add_sums(now, c, part.gather, sums);
      }
      if (gathers && transform.unit != nullptr) {
        c.start = map;
        map = {};
      } else if (gathers && transform.affine != nullptr) {
        // Formed once, in the phase that it begins: it may move on what it keeps.
        if (current) c.gathered[part.gather] = transform.affine(now);
        map = map.then(c.gathered[part.gather]);
      }
      if (gathers && !transform.acts) continue;
      rates_taken = link.rate_inside || (rates_taken && !transform.is_rule);
      if (current) {
        c.rules[rule].pre = map;
        c.scales[rule] = transform.prepare(now, c.rules[rule].coefs);
      }
      map = {c.scales[rule++], 0.0};
    }
  }
  c.end = map;
  if (rule > 0) c.rules[rule - 1].post = map;
}

double Lowering::first_rate() const {
  return plan_.groups.empty() ? 1.0 : product(plan_.groups[0], 0, is_rate, false);
}

void Lowering::lower(std::size_t phase, const Sums& sums) {
  if (phase == 0 && rate_changes_) rate_ = first_rate();
  for (std::size_t i = 0; i < class_count_; ++i) {
    Class& c = classes_[i];
    if (phase == 0 && c.group->numbers > 0) {
      std::memcpy(c.numbers, &numbers_[number_begin_[c.first]], c.group->numbers * sizeof(double));
    }
    lower(c, phase, sums);
  }
}

void Lowering::keep_numbers() {
  for (std::size_t p = 0; p < class_of_.size(); ++p) {
    if (class_of_[p] == kNone) continue;
    const Class& c = of(p);
    std::copy_n(c.numbers, c.group->numbers,
                numbers_.begin() + static_cast<std::ptrdiff_t>(number_begin_[p]));
  }
}

}  // namespace thalweg
