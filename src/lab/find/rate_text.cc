#include "find/rate_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/spec.h"
#include "schedule/schedules.h"
#include "thalweg/chain.h"
#include "thalweg/error.h"
#include "thalweg/schedule.h"

namespace thalweg {
namespace {

constexpr std::string_view kWhere = "optimizer";

// Options of schedules, beside the first, that are values and not shares or lengths where they are plain.
constexpr std::array<std::string_view, 2> kAbsolute = {"floor", "warmup_from"};

Schedule schedule_of(const Value& value) { return read_schedule(value, {std::string(kWhere), print(value)}); }

Value number_value(double number) {
  Value value;
  value.word = print_number(number);
  return value;
}

Value text_value(const std::string& text) {
  Value value;
  value.kind = Value::Kind::text;
  value.text = parse({std::string(kWhere), text});
  return value;
}

// Without the last digit of a product: 0.062, not 0.062000000000000006.
bool scale_word(Value& value, double factor) {
  const auto number = value.kind == Value::Kind::word ? read_number(value.word) : std::nullopt;
  if (number) value.word = fmt::format("{:.14g}", *number * factor);
  return number.has_value();
}

// Whether `scaled` is `factor` times `old` all along a run.
bool is_scaled(const Schedule& scaled, const Schedule& old, double factor) {
  const Lengths lengths{.updates = 1000, .per_epoch = 100};
  const Schedule a = scaled.resolve(lengths);
  const Schedule b = old.resolve(lengths);
  for (std::uint64_t k = 0; k <= 1000; k += 7) {
    const double want = factor * b(k);
    if (!(std::abs(a(k) - want) <= 1e-9 * std::abs(want))) return false;
  }
  return true;
}

// The schedule times `factor`: its values where that is the same, else a product.
Value scaled(const Value& value, double factor) {
  const Schedule old = schedule_of(value);
  Value out = value;
  if (value.kind == Value::Kind::text && value.text.size() == 1) {
    for (std::size_t i = 0; i < out.text[0].args.size(); ++i) {
      Arg& arg = out.text[0].args[i];
      const bool absolute = std::find(kAbsolute.begin(), kAbsolute.end(), arg.name) != kAbsolute.end();
      if (i == 0 || absolute) scale_word(arg.value, factor);
    }
    if (is_scaled(schedule_of(out), old, factor)) return out;
  }
  const std::string product = "product([" + print_number(factor) + ", " + print(value) + "])";
  return text_value(product);
}

bool is_rate(const Item& item, std::size_t arg) {
  const std::string& name = item.args[arg].name;
  if (item.name == "lr") return name == "value" || (name.empty() && arg == 0);
  return name == "lr";
}

}  // namespace

RateText::RateText(std::string_view text) {
  const Source source{std::string(kWhere), std::string(text)};
  static_cast<void>(Chain(text));  // says what is wrong with it
  text_ = parse(source);
  std::size_t found = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    for (std::size_t j = 0; j < text_[i].args.size(); ++j) {
      if (!is_rate(text_[i], j)) continue;
      if (++found > 1) {
        throw source.error(text_[i].args[j].at, {"", "several learning rates", "", "one, which can be varied",
                                                 "factors may be `scale(0.1, on=...)`"});
      }
      item_ = i;
      arg_ = j;
    }
  }
  if (found == 0) {
    throw source.error(source.text.size(), {"", "no learning rate that could be varied", "", "one `lr`",
                                            "write `lr=1e-3` or `| lr(1e-3)`"});
  }
  const Arg& rate = text_[item_].args[arg_];
  peak_ = schedule_of(rate.value).highest();
  const bool plain = rate.value.kind == Value::Kind::word && read_number(rate.value.word).has_value();
  if (plain || (std::isfinite(peak_) && peak_ > 0)) return;
  throw source.error(rate.value.at, {"", "the schedule has no peak to scale", print(rate.value),
                                     "one with a highest value above 0", ""});
}

std::string RateText::with_value(const Value& value) const {
  Text text = text_;
  text[item_].args[arg_].value = value;
  return print(text);
}

std::string RateText::with(double peak) const {
  const Value& value = text_[item_].args[arg_].value;
  if (value.kind == Value::Kind::word) return with_value(number_value(peak));
  return with_value(scaled(value, peak / peak_));
}

std::string RateText::with_schedule(const std::string& schedule) const {
  return with_value(text_value(schedule));
}

}  // namespace thalweg
