#include "chain/rate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "base/spec.h"
#include "schedule/schedules.h"
#include "thalweg/schedule.h"

namespace thalweg {
namespace {

// Options of schedules, beside the first, that are values and not shares or lengths where they are plain.
constexpr std::array<std::string_view, 2> kAbsolute = {"floor", "warmup_from"};

std::optional<double> plain(const Value& value) {
  return value.kind == Value::Kind::word ? read_number(value.word) : std::nullopt;
}

// Without the last digit of a product: 0.062, not 0.062000000000000006.
void scale_number(Value& value, double factor) {
  const std::optional<double> number = plain(value);
  if (!number) return;
  std::array<char, 32> text{};
  char* const end =
      std::to_chars(text.data(), text.data() + text.size(), *number * factor, std::chars_format::general, 14)
          .ptr;
  value.word = print_number(read_number({text.data(), end}).value_or(NAN));
}

// Whether `scaled` is `factor` times `old` all along a run, long enough for any warm-up.
bool is_scaled(const Schedule& scaled, const Schedule& old, double factor) {
  const Lengths lengths{.updates = 1000000, .per_epoch = 1000};
  const Schedule a = scaled.resolve(lengths);
  const Schedule b = old.resolve(lengths);
  for (std::uint64_t k = 0; k <= lengths.updates; k += 7 + k / 16) {
    const double want = factor * b(k);
    if (!(std::abs(a(k) - want) <= 1e-9 * std::abs(want))) return false;
  }
  return true;
}

bool is_rate(const Item& item, const Arg& arg) {
  if (item.name == "lr") return arg.name == "value" || (arg.name.empty() && &arg == &item.args.front());
  return arg.name == "lr";
}

}  // namespace

std::vector<Arg*> rates_in(Text& text) {
  std::vector<Arg*> rates;
  for (Item& item : text) {
    for (Arg& arg : item.args) {
      if (is_rate(item, arg)) rates.push_back(&arg);
    }
  }
  return rates;
}

double peak_of(const Arg& rate, const Source& source) { return read_schedule(rate.value, source).highest(); }

void set_peak(Arg& rate, double peak, const Source& source) {
  if (plain(rate.value)) {
    rate.value.word = print_number(peak);
    return;
  }
  const double old = peak_of(rate, source);
  if (std::isfinite(old) && old > 0) return scale_rate(rate, peak / old, source);
  throw source.error(rate.value.at, {"", "the schedule has no peak to scale", print(rate.value),
                                     "a schedule with a highest value above 0", ""});
}

void scale_rate(Arg& rate, double factor, const Source& source) {
  if (plain(rate.value)) return scale_number(rate.value, factor);
  Value scaled = rate.value;
  const bool single = scaled.kind == Value::Kind::text && scaled.text.size() == 1;
  for (std::size_t i = 0; single && i < scaled.text[0].args.size(); ++i) {
    Arg& arg = scaled.text[0].args[i];
    const bool absolute = std::ranges::find(kAbsolute, arg.name) != kAbsolute.end();
    if (i == 0 || absolute) scale_number(arg.value, factor);
  }
  if (!is_scaled(read_schedule(scaled, source), read_schedule(rate.value, source), factor)) {
    const std::string product = "product([" + print_number(factor) + ", " + print(rate.value) + "])";
    scaled = {Value::Kind::text, "", parse({source.where, product}), {}, 0};
  }
  scaled.at = rate.value.at;
  rate.value = std::move(scaled);
}

}  // namespace thalweg
