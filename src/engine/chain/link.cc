#include "chain/link.h"

#include <algorithm>
#include <cmath>

#include "chain/custom_transform.h"
#include "schedule/schedules.h"

namespace thalweg {
namespace {

void check_bounds(const Option& option, const Schedule& schedule, const Value& value, const Source& source) {
  if (option.range.contains(schedule.lowest()) && option.range.contains(schedule.highest())) return;
  throw source.error(value.at, {"", "the schedule leaves the range of `" + std::string(option.name) + "`",
                                print_number(schedule.lowest()) + " to " + print_number(schedule.highest()),
                                "values that the option allows", ""});
}

Schedule number_of(const Option& option, const Setting& setting, const Source& source) {
  if (std::holds_alternative<std::monostate>(setting)) return NAN;  // not given
  if (const std::optional<double> number = as_number(option, setting)) return *number;
  const Value& value = std::get<Value>(setting);
  const Schedule schedule = read_schedule(value, source);
  check_bounds(option, schedule, value, source);
  return schedule;
}

// What decides on the kernel: numbers that stand fast; NaN for schedules.
std::vector<double> fixed_numbers(const std::vector<Schedule>& numbers, const Settings& settings) {
  std::vector<double> fixed;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    fixed.push_back(std::holds_alternative<Value>(settings[i]) ? NAN : numbers[i](0));
  }
  return fixed;
}

}  // namespace

const Transform* find_transform(std::string_view name) {
  const std::span<const Transform> all = transforms();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Transform& transform) { return transform.spec.name == name; });
  return found == all.end() ? find_custom_transform(name) : &*found;
}

Link Link::read(const Item& item, const Source& source) {
  const Transform* transform = find_transform(item.name);
  Settings settings = bind(transform->spec, item, source);
  std::vector<Schedule> numbers;
  for (std::size_t i = 0; i + 1 < settings.size(); ++i) {
    numbers.push_back(number_of(transform->spec.options[i], settings[i], source));
    if (std::holds_alternative<Value>(settings[i])) settings[i] = to_value(numbers.back());
  }
  Selector on(std::get<Value>(settings.back()));
  std::vector<double> fixed = fixed_numbers(numbers, settings);
  const std::size_t variant = transform->kept.variant != nullptr ? transform->kept.variant(fixed) : 0;
  const Rates& rates = transform->rates;
  const bool inside = rates.inside != nullptr && rates.inside(fixed);
  const bool needs_rates =
      inside || transform->scope == Scope::landing || (rates.needs != nullptr && rates.needs(fixed));
  return {transform, std::move(settings), std::move(numbers), std::move(on), variant,
          inside,    needs_rates,         std::move(fixed)};
}

Over Link::over() const {
  if (transform->scope == Scope::matrix) return Over::nothing;
  return transform->sum.over != nullptr ? transform->sum.over(fixed) : Over::all;
}

Item Link::item(bool every) const {
  if (!every) return unbind(transform->spec, settings);
  Settings full = settings;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (std::holds_alternative<Value>(full[i])) full[i] = to_value(numbers[i], true);
  }
  return unbind(transform->spec, full, true);
}

Link Link::resolve(const Lengths& lengths) const {
  Link out = *this;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!std::holds_alternative<Value>(settings[i])) continue;
    out.numbers[i] = numbers[i].resolve(lengths);
    out.settings[i] = to_value(out.numbers[i]);
  }
  return out;
}

}  // namespace thalweg
