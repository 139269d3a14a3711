#include "thalweg/schedule.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "optim/schedules.h"

namespace thalweg {

struct Schedule::Shaped {
  const ScheduleShape* shape;
  Settings settings;
  std::vector<double> numbers;  // of the settings; NaN where not given or not resolved
};

namespace {

constexpr double kNone = NAN;

const ScheduleShape& find_shape(const Item& item, const Source& source) {
  std::vector<const Spec*> specs;
  for (const ScheduleShape& shape : schedule_shapes()) specs.push_back(&shape.spec);
  const Spec& spec = find_spec(specs, item, source, "a schedule");
  return *std::find_if(schedule_shapes().begin(), schedule_shapes().end(),
                       [&](const ScheduleShape& shape) { return &shape.spec == &spec; });
}

// The setting as a number, or NaN. A floor as a share is one of the peak, the first option.
double number_of(const Option& option, const Setting& setting, const Settings& all) {
  if (const double* number = std::get_if<double>(&setting)) return *number;
  const Amount* amount = std::get_if<Amount>(&setting);
  if (amount == nullptr) return kNone;
  if (amount->unit == Amount::Unit::plain) return amount->value;
  if (option.type == OptionType::amount) return std::get<double>(all[0]) * amount->value / 100.0;
  return kNone;
}

bool given(const Setting& setting) { return !std::holds_alternative<std::monostate>(setting); }

const Setting* find_setting(const Spec& spec, const Settings& settings, std::string_view name) {
  const std::optional<std::size_t> index = spec.find(name);
  return index ? &settings[*index] : nullptr;
}

// Whether a `total` that is not given stays so: cycles of a given period go on.
bool endless(const Spec& spec, const Settings& settings) {
  const Setting* period = find_setting(spec, settings, "period");
  return period != nullptr && given(*period);
}

// A share or epochs as updates; nothing while `of` is not known.
std::optional<double> updates_of(const Amount& amount, double share_of, double per_epoch) {
  if (amount.unit == Amount::Unit::plain) return amount.value;
  const bool share = amount.unit == Amount::Unit::percent;
  const double of = share ? share_of : per_epoch;
  if (!(of > 0)) return std::nullopt;
  if (amount.value == 0) return 0.0;
  // The product before the division: whole numbers stay exact, and halves are found as such.
  return std::max(1.0, std::floor(amount.value * of / (share ? 100.0 : 1.0) + 0.5));
}

void check_cycles(const Spec& spec, const Settings& settings, const Source& source, std::size_t at) {
  const Setting* cycles = find_setting(spec, settings, "cycles");
  const Setting* period = find_setting(spec, settings, "period");
  if (cycles == nullptr || period == nullptr || given(*cycles) != given(*period)) return;
  throw source.error(at, {"", "`" + std::string(spec.name) + "` needs either `cycles` or `period`",
                          given(*cycles) ? "both" : "neither", "one of the two", ""});
}

// Throws when the warm-up does not end before `total`, as soon as both are known.
void check_warmup(const Spec& spec, const std::vector<double>& numbers, const Source& source,
                  std::size_t at) {
  const std::optional<std::size_t> total = spec.find("total");
  const std::optional<std::size_t> warmup = spec.find("warmup");
  if (!total || !warmup || !(numbers[*warmup] >= numbers[*total])) return;
  throw source.error(at,
                     {"", "the warm-up does not end before `total`",
                      "warmup=" + print_number(numbers[*warmup]) + ", total=" + print_number(numbers[*total]),
                      "warmup below total", "make the run longer, or give `warmup=0`"});
}

std::vector<double> numbers_of(const Spec& spec, const Settings& settings) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    numbers.push_back(number_of(spec.options[i], settings[i], settings));
  }
  return numbers;
}

}  // namespace

Schedule::Schedule(double constant) : constant_(constant) {}

Schedule::Schedule(std::string_view text) {
  const Source source{"schedule", std::string(text)};
  const Text parsed = parse(source, [&](const Item& item, const std::string& also) {
    std::vector<const Spec*> specs;
    for (const ScheduleShape& shape : schedule_shapes()) specs.push_back(&shape.spec);
    find_spec(specs, item, source, "a schedule", also);
  });
  Value value;
  value.kind = Value::Kind::text;
  value.text = parsed;
  if (parsed.size() == 1 && parsed[0].args.empty() && read_number(parsed[0].name)) {
    value.kind = Value::Kind::word;
    value.word = parsed[0].name;
  }
  *this = Schedule(value, source);
}

Schedule::Schedule(const Value& value, const Source& source) {
  if (value.kind == Value::Kind::word) {
    if (const std::optional<double> number = read_number(value.word)) {
      constant_ = *number;
      return;
    }
  }
  if (value.kind != Value::Kind::text || value.text.size() != 1) {
    throw source.error(value.at,
                       {"", "this is no schedule", "`" + print(value) + "`", "a number or one schedule", ""});
  }
  const Item& item = value.text[0];
  Shaped shaped{&find_shape(item, source), {}, {}};
  const Spec& spec = shaped.shape->spec;
  shaped.settings = bind(spec, item, source);
  shaped.numbers = numbers_of(spec, shaped.settings);
  check_cycles(spec, shaped.settings, source, item.at);
  check_warmup(spec, shaped.numbers, source, item.at);
  shaped_ = std::make_shared<const Shaped>(std::move(shaped));
}

double Schedule::operator()(std::uint64_t k) const {
  return shaped_ ? shaped_->shape->value(shaped_->numbers, static_cast<double>(k)) : constant_;
}

std::string Schedule::unresolved() const {
  if (!shaped_) return {};
  const Spec& spec = shaped_->shape->spec;
  for (std::size_t i = 0; i < spec.options.size(); ++i) {
    const bool is_total = spec.options[i].name == "total";
    const bool needed = given(shaped_->settings[i]) || (is_total && !endless(spec, shaped_->settings));
    if (needed && std::isnan(shaped_->numbers[i])) return std::string(spec.options[i].name);
  }
  return {};
}

bool Schedule::resolved() const { return unresolved().empty(); }

Schedule Schedule::resolve(const Lengths& lengths) const {
  if (!shaped_) return *this;
  Shaped out = *shaped_;
  const Spec& spec = out.shape->spec;
  const std::optional<std::size_t> total = spec.find("total");
  const double run = static_cast<double>(lengths.updates);
  const double per_epoch = static_cast<double>(lengths.per_epoch);
  if (total && !given(out.settings[*total]) && run > 0 && !endless(spec, out.settings)) {
    out.settings[*total] = Amount{run, Amount::Unit::plain};
  }
  const auto resolve_one = [&](std::size_t i, double share_of) {
    const Amount* amount = std::get_if<Amount>(&out.settings[i]);
    if (amount == nullptr || spec.options[i].type != OptionType::length) return;
    if (const auto updates = updates_of(*amount, share_of, per_epoch)) {
      out.settings[i] = Amount{*updates, Amount::Unit::plain};
    }
  };
  double share_of = run;
  if (total) {
    resolve_one(*total, run);
    if (given(out.settings[*total]))
      share_of = number_of(spec.options[*total], out.settings[*total], out.settings);
  }
  for (std::size_t i = 0; i < out.settings.size(); ++i) resolve_one(i, share_of);
  out.numbers = numbers_of(spec, out.settings);
  Schedule resolved(0.0);
  resolved.shaped_ = std::make_shared<const Shaped>(std::move(out));
  check_warmup(spec, resolved.shaped_->numbers, {"schedule", resolved.text()}, 0);
  return resolved;
}

std::uint64_t Schedule::total() const {
  const std::optional<std::size_t> index = shaped_ ? shaped_->shape->spec.find("total") : std::nullopt;
  return index && shaped_->numbers[*index] > 0 ? static_cast<std::uint64_t>(shaped_->numbers[*index]) : 0;
}

double Schedule::lowest() const {
  if (!shaped_) return constant_;
  const Spec& spec = shaped_->shape->spec;
  const Setting* floor = find_setting(spec, shaped_->settings, "floor");
  const Setting* warmup = find_setting(spec, shaped_->settings, "warmup");
  const bool from_zero = warmup != nullptr && std::get<Amount>(*warmup).value > 0;
  double lowest = from_zero ? 0.0 : shaped_->numbers[0];
  if (floor != nullptr) lowest = std::min(lowest, shaped_->numbers[*spec.find("floor")]);
  // The peak of a late cycle may lie below the floor.
  if (const auto gamma = spec.find("gamma"); gamma && shaped_->numbers[*gamma] < 1.0) {
    const double cycles = shaped_->numbers[*spec.find("cycles")];
    const double last = shaped_->numbers[0] * std::pow(shaped_->numbers[*gamma], cycles - 1.0);
    lowest = std::isnan(cycles) ? 0.0 : std::min(lowest, last);
  }
  return lowest;
}

double Schedule::highest() const {
  if (!shaped_) return constant_;
  const Spec& spec = shaped_->shape->spec;
  double highest = shaped_->numbers[0];
  if (const auto floor = spec.find("floor")) highest = std::max(highest, shaped_->numbers[*floor]);
  if (const auto gamma = spec.find("gamma"); gamma && shaped_->numbers[*gamma] > 1.0) {
    const double cycles = shaped_->numbers[*spec.find("cycles")];
    highest = std::isnan(cycles)
                  ? INFINITY
                  : std::max(highest, shaped_->numbers[0] * std::pow(shaped_->numbers[*gamma], cycles - 1.0));
  }
  return highest;
}

std::string Schedule::text(bool every) const {
  if (!shaped_) return print_number(constant_);
  return print(Text{unbind(shaped_->shape->spec, shaped_->settings, every)});
}

}  // namespace thalweg
