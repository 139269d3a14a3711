#include "thalweg/schedule.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "schedule/schedules.h"
#include "schedule/warmup.h"

namespace thalweg {

struct Schedule::Shaped {
  const ScheduleShape* shape;
  Settings settings;
  ScheduleOptions options;
  std::string unresolved;  // the first option that is not resolved yet

  Shaped(const ScheduleShape* of, Settings all, std::vector<Schedule> parts);
  void check(const Source& source, std::size_t at) const;
  Bounds bounds() const;
};

struct ScheduleReader {
  static Schedule read(const Value& value, const Source& source);
  static schedules::Wide wide(const Schedule& schedule, std::uint64_t k);
};

namespace {

constexpr double kNone = NAN;

const ScheduleShape& find_shape(const Item& item, const Source& source, const std::string& also = {}) {
  std::vector<const Spec*> specs;
  for (const ScheduleShape& shape : schedule_shapes()) specs.push_back(&shape.spec);
  return schedule_shapes()[find_spec(specs, item, source, "a schedule", "`thalweg list schedules`", also)];
}

// The setting as a number, or NaN. A share that is not a length is one of the peak, the first option.
double number_of(const Option& option, const Setting& setting, const Settings& all) {
  if (const Amount* amount = std::get_if<Amount>(&setting)) {
    if (amount->unit == Amount::Unit::plain) return amount->value;
    if (option.type == OptionType::amount) return std::get<double>(all[0]) * amount->value / 100.0;
  }
  return as_number(option, setting).value_or(kNone);
}

std::vector<double> list_of(const Setting& setting) {
  std::vector<double> out;
  if (const auto* amounts = std::get_if<std::vector<Amount>>(&setting)) {
    for (const Amount& one : *amounts) out.push_back(one.unit == Amount::Unit::plain ? one.value : kNone);
  }
  return out;
}

ScheduleOptions options_of(const ScheduleShape& shape, const Settings& settings,
                           std::vector<Schedule> parts) {
  const Spec& spec = shape.spec;
  ScheduleOptions out;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    out.numbers.push_back(number_of(spec.options[i], settings[i], settings));
    out.lists.push_back(list_of(settings[i]));
  }
  out.parts = std::move(parts);
  const auto common = [&](const char* name) {
    const std::optional<std::size_t> i = spec.find(name);
    return i ? out.numbers[*i] : 0.0;
  };
  out.total = common("total");
  out.floor = common("floor");
  out.warmup = common("warmup");
  out.warmup_from = common("warmup_from");
  out.warmup_shape = common("warmup_shape");
  out.ahead = common("align");
  out.peak = shape.peak != nullptr ? shape.peak(out) : out.numbers[0];
  return out;
}

// Whether a `total` that is not given stays so: cycles of a given period repeat.
bool needs_no_total(const ScheduleShape& shape, const Settings& settings) {
  return !shape.for_total.empty() &&
         std::all_of(shape.for_total.begin(), shape.for_total.end(),
                     [&](std::string_view option) { return given(settings[*shape.spec.find(option)]); });
}

bool holds_schedules(const Option& option) {
  return option.type == OptionType::schedules || option.type == OptionType::scalar;
}

// Whether the option has no number yet, though it has or needs a value.
bool is_open(const ScheduleShape& shape, std::size_t i, const Settings& settings,
             const ScheduleOptions& options) {
  const Option& option = shape.spec.options[i];
  if (holds_schedules(option)) return false;  // the parts tell
  if (option.type == OptionType::lengths || option.type == OptionType::numbers) {
    const std::vector<double>& list = options.lists[i];
    return std::any_of(list.begin(), list.end(), [](double x) { return std::isnan(x); });
  }
  const bool needed = given(settings[i]) || (option.name == "total" && !needs_no_total(shape, settings));
  return needed && std::isnan(options.numbers[i]);
}

std::string first_open(const ScheduleShape& shape, const Settings& settings, const ScheduleOptions& options) {
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (is_open(shape, i, settings, options)) return std::string(shape.spec.options[i].name);
  }
  for (const Schedule& part : options.parts) {
    if (std::string open = part.unresolved(); !open.empty()) return open;
  }
  return {};
}

void resolve_lengths(const ScheduleShape& shape, Settings& settings, const Lengths& lengths) {
  const Spec& spec = shape.spec;
  const double run = static_cast<double>(lengths.updates);
  const double per_epoch = static_cast<double>(lengths.per_epoch);
  double share_of = run;
  if (const std::optional<std::size_t> total = spec.find("total")) {
    Setting& setting = settings[*total];
    const bool open = !given(setting) && run > 0 && !needs_no_total(shape, settings);
    if (open) setting = Amount{run, Amount::Unit::plain};
    if (given(setting)) {
      const Amount updates = updates_of(std::get<Amount>(setting), run, per_epoch);
      setting = updates;
      share_of = updates.unit == Amount::Unit::plain ? updates.value : 0.0;
    }
  }
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (spec.options[i].type == OptionType::length && given(settings[i])) {
      settings[i] = updates_of(std::get<Amount>(settings[i]), share_of, per_epoch);
    } else if (spec.options[i].type == OptionType::lengths) {
      for (Amount& one : std::get<std::vector<Amount>>(settings[i])) {
        one = updates_of(one, share_of, per_epoch);
      }
    }
  }
}

// The schedules of the options that hold some, in their order.
std::vector<Schedule> read_parts(const Spec& spec, const Settings& settings, const Source& source) {
  std::vector<Schedule> parts;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (!holds_schedules(spec.options[i])) continue;
    const Value* value = std::get_if<Value>(&settings[i]);
    if (value == nullptr) {
      parts.emplace_back(std::get<double>(settings[i]));
    } else if (value->kind == Value::Kind::list) {
      for (const Value& one : value->list) parts.push_back(read_schedule(one, source));
    } else {
      parts.push_back(read_schedule(*value, source));
    }
  }
  return parts;
}

// The update at which it ends; 0: never, NaN: not known yet.
double end_of(const ScheduleShape& shape, const ScheduleOptions& options) {
  return shape.end != nullptr ? shape.end(options) : options.total;
}

// Throws when the warm-up does not end before the schedule does, as soon as both are known.
void check_warmup(const ScheduleShape& shape, const ScheduleOptions& options, const Source& source,
                  std::size_t at) {
  const double end = end_of(shape, options);
  if (!(end > 0 && options.warmup >= end)) return;
  throw source.error(at, {"", "the warm-up does not end before `total`",
                          "warmup=" + print_number(options.warmup) + ", total=" + print_number(end),
                          "warmup below total", "make the run longer, or give `warmup=0`"});
}

}  // namespace

Amount updates_of(const Amount& amount, double share_of, double per_epoch) {
  if (amount.unit == Amount::Unit::plain) return amount;
  const bool share = amount.unit == Amount::Unit::percent;
  const double of = share ? share_of : per_epoch;
  if (!(of > 0)) return amount;
  if (amount.value == 0) return {0.0, Amount::Unit::plain};
  // The product before the division: whole numbers stay exact, and halves are found as such.
  const double updates = std::floor(amount.value * of / (share ? 100.0 : 1.0) + 0.5);
  return {std::max(1.0, updates), Amount::Unit::plain};
}

Value to_value(const Schedule& schedule, bool every) {
  Value value;
  value.kind = Value::Kind::text;
  value.text = parse({"schedule", schedule.text(every)});
  return value;
}

Schedule::Shaped::Shaped(const ScheduleShape* of, Settings all, std::vector<Schedule> parts)
    : shape(of),
      settings(std::move(all)),
      options(options_of(*of, settings, std::move(parts))),
      unresolved(first_open(*of, settings, options)) {}

void Schedule::Shaped::check(const Source& source, std::size_t at) const {
  if (shape->check != nullptr) {
    if (std::optional<Message> message = shape->check(settings, options)) {
      throw source.error(at, *std::move(message));
    }
  }
  check_warmup(*shape, options, source, at);  // an end needs parts that were checked
}

Bounds Schedule::Shaped::bounds() const {
  const Bounds after = shape->bounds(options);
  const std::optional<std::size_t> warmup = shape->spec.find("warmup");
  const bool has_warmup = warmup && std::get<Amount>(settings[*warmup]).value > 0;
  if (!has_warmup) return after;
  return {std::min(after.lowest, options.warmup_from), std::max(after.highest, options.warmup_from)};
}

Schedule::Schedule(double constant) : constant_(constant) {}

Schedule::Schedule(std::string_view text) {
  const Source source{"schedule", std::string(text)};
  Value value;
  value.kind = Value::Kind::text;
  value.text =
      parse(source, [&](const Item& item, const std::string& also) { find_shape(item, source, also); });
  *this = read_schedule(value, source);
}

Schedule ScheduleReader::read(const Value& value, const Source& source) {
  const bool is_word = value.kind == Value::Kind::word;
  if (!is_word && (value.kind != Value::Kind::text || value.text.size() != 1)) {
    throw source.error(value.at,
                       {"", "not a schedule", "`" + print(value) + "`", "a number or one schedule", ""});
  }
  const Item item = is_word ? Item{value.word, {}, value.at} : value.text[0];
  const std::optional<double> number = read_number(item.name);
  if (number && item.args.empty()) return *number;
  const ScheduleShape& shape = find_shape(item, source);
  Settings settings = bind(shape.spec, item, source);
  std::vector<Schedule> parts = read_parts(shape.spec, settings, source);
  Schedule out(0.0);
  out.shaped_ = std::make_shared<const Schedule::Shaped>(&shape, std::move(settings), std::move(parts));
  out.shaped_->check(source, item.at);
  return out;
}

Schedule read_schedule(const Value& value, const Source& source) {
  return ScheduleReader::read(value, source);
}

double Schedule::operator()(std::uint64_t k) const {
  if (!shaped_) return constant_;
  if (!shaped_->unresolved.empty()) return kNone;
  const ScheduleOptions& o = shaped_->options;
  const double at = static_cast<double>(k) + o.ahead;
  return at < o.warmup ? schedules::warmup_value(o, at) : shaped_->shape->value(o, at - o.warmup);
}

schedules::Wide ScheduleReader::wide(const Schedule& schedule, std::uint64_t k) {
  const Schedule::Shaped* shaped = schedule.shaped_.get();
  if (shaped == nullptr || shaped->shape->wide == nullptr) return schedules::Wide::of(schedule(k));
  const ScheduleOptions& o = shaped->options;
  const double at = static_cast<double>(k) + o.ahead;
  if (at < o.warmup) return schedules::Wide::of(schedule(k));
  return shaped->shape->wide(o, at - o.warmup);
}

schedules::Wide wide_value(const Schedule& schedule, std::uint64_t k) {
  return ScheduleReader::wide(schedule, k);
}

std::string Schedule::unresolved() const { return shaped_ ? shaped_->unresolved : std::string(); }

bool Schedule::resolved() const { return !shaped_ || shaped_->unresolved.empty(); }

Schedule Schedule::resolve(const Lengths& lengths) const {
  if (!shaped_) return *this;
  const ScheduleShape& shape = *shaped_->shape;
  Settings settings = shaped_->settings;
  resolve_lengths(shape, settings, lengths);
  const ScheduleOptions options = options_of(shape, settings, {});
  std::vector<Schedule> parts;
  for (const Schedule& part : shaped_->options.parts) {
    const auto of_part = shape.lengths_of_part;
    parts.push_back(part.resolve(of_part != nullptr ? of_part(options, parts.size(), lengths) : lengths));
  }
  Schedule resolved(0.0);
  resolved.shaped_ = std::make_shared<const Shaped>(&shape, std::move(settings), std::move(parts));
  resolved.shaped_->check({"schedule", resolved.text()}, 0);
  return resolved;
}

std::uint64_t Schedule::total() const {
  if (!shaped_) return 0;
  const double last = end_of(*shaped_->shape, shaped_->options) - shaped_->options.ahead;
  return last > 0 ? static_cast<std::uint64_t>(last) : 0;  // NaN: not known yet
}

double Schedule::lowest() const { return shaped_ ? shaped_->bounds().lowest : constant_; }

double Schedule::highest() const { return shaped_ ? shaped_->bounds().highest : constant_; }

std::string Schedule::text(bool every) const {
  if (!shaped_) return print_number(constant_);
  Settings settings = shaped_->settings;
  auto part = shaped_->options.parts.begin();
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (!holds_schedules(shaped_->shape->spec.options[i])) continue;
    Value* value = std::get_if<Value>(&settings[i]);
    if (value == nullptr) {
      ++part;  // a number
    } else if (value->kind == Value::Kind::list) {
      for (Value& one : value->list) one = to_value(*part++, every);
    } else {
      *value = to_value(*part++, every);
    }
  }
  return print(Text{unbind(shaped_->shape->spec, settings, every)});
}

}  // namespace thalweg
