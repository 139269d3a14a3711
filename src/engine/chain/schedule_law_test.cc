// What every listed shape of a schedule obeys, for random texts made from the Specs alone.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "schedule/schedules.h"
#include "thalweg/chain.h"

namespace thalweg {
namespace {

constexpr Lengths kRun{.updates = 60, .per_epoch = 7};
constexpr std::uint64_t kFar[] = {61, 1000, 1000003, 1000000000007, UINT64_MAX};

std::string random_schedule(int depth);

// Of the range, most of it small; now and then one of its ends.
std::string random_number(const Range& range) {
  const double low = std::isfinite(range.min) ? range.min : -2.0;
  const double high = std::isfinite(range.max) ? std::min(range.max, low + 3.0) : low + 3.0;
  const double number = low + (high - low) * *rc::gen::inRange(0, 65) / 64.0;
  return print_number(range.contains(number) ? number : (low + high) / 2.0);
}

std::string random_length(const Range& range) {
  const int least = range.min > 0 ? 1 : 0;
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return std::to_string(*rc::gen::inRange(least, 101)) + "%";
    case 1:
      return print_number(0.5 * *rc::gen::inRange(least, 9)) + "ep";
    default:
      return std::to_string(*rc::gen::inRange(least, 40));
  }
}

template <class F>
std::string list_of(int count, const F& next) {
  std::string out;
  for (int i = 0; i < count; ++i) out += (i == 0 ? "" : ", ") + next();
  return "[" + out + "]";
}

std::string random_positions(int count) {
  const bool share = *rc::gen::arbitrary<bool>();
  int position = 0;
  return list_of(count, [&] {
    position += *rc::gen::inRange(0, 20);
    return std::to_string(position) + (share ? "%" : "");
  });
}

std::string random_choice(std::string_view choices) {
  const auto count = std::count(choices.begin(), choices.end(), '|');
  for (auto i = *rc::gen::inRange<std::ptrdiff_t>(0, count + 1); i > 0; --i) {
    choices.remove_prefix(choices.find('|') + 1);
  }
  return std::string(choices.substr(0, choices.find('|')));
}

std::string random_part(int depth) {
  return *rc::gen::inRange(0, 3) == 0 ? random_number(kNotNegative) : random_schedule(depth - 1);
}

// A value of the option; its lists are for `count` boundaries.
std::string random_value(const Option& option, int count, int depth) {
  switch (option.type) {
    case OptionType::integer:
      return std::to_string(*rc::gen::inRange(1, 6));
    case OptionType::length:
      return random_length(option.range);
    case OptionType::amount:
      if (*rc::gen::arbitrary<bool>()) return std::to_string(*rc::gen::inRange(0, 130)) + "%";
      return random_number(option.range);
    case OptionType::flag:
      return *rc::gen::arbitrary<bool>() ? "true" : "false";
    case OptionType::choice:
      return random_choice(option.choices);
    case OptionType::lengths:
      return random_positions(count);
    case OptionType::numbers:
      return list_of(count + 1, [&] { return random_number(option.range); });
    case OptionType::schedules:
      return list_of(count + 1, [&] { return random_part(depth); });
    case OptionType::scalar:
      return random_part(depth);
    default:
      return random_number(option.range);
  }
}

bool has_parts(const Spec& spec) {
  return std::any_of(spec.options.begin(), spec.options.end(), [](const Option& option) {
    return option.type == OptionType::schedules || option.type == OptionType::scalar;
  });
}

// A use of the shape, well-formed option by option.
std::string random_use(const Spec& spec, int depth) {
  const int count = *rc::gen::inRange(0, 4);
  std::string args;
  for (const Option& option : spec.options) {
    if (!option.required && *rc::gen::arbitrary<bool>()) continue;
    args += (args.empty() ? "" : ", ") + std::string(option.name) + "=" + random_value(option, count, depth);
  }
  return std::string(spec.name) + "(" + args + ")";
}

bool is_accepted(const std::string& text) {
  try {
    return Schedule(text).resolve(kRun).resolved();
  } catch (const Error& error) {
    RC_ASSERT(error.code() == Code::usage);
    return false;
  }
}

std::string random_schedule_of(const Spec& spec, int depth) {
  for (int i = 0; i < 200; ++i) {
    const std::string text = random_use(spec, depth);
    if (is_accepted(text)) return text;
  }
  RC_FAIL("no accepted use of " + std::string(spec.name));
  return {};
}

std::string random_schedule(int depth) {
  const auto shapes = schedule_shapes();
  while (true) {
    const Spec& spec = shapes[*rc::gen::inRange<std::size_t>(0, shapes.size())].spec;
    if (depth > 0 || !has_parts(spec)) return random_schedule_of(spec, depth);
  }
}

// Calls `law` with random texts of each shape.
template <class Law>
void for_every_shape(const Law& law) {
  for (const ScheduleShape& shape : schedule_shapes()) {
    const bool holds = rc::check(std::string(shape.spec.name), [&] {
      const std::string text = random_schedule_of(shape.spec, 2);
      RC_LOG() << text << "\n";
      law(text);
    });
    EXPECT_TRUE(holds) << shape.spec.name;
  }
}

std::vector<std::uint64_t> updates() {
  std::vector<std::uint64_t> out(std::begin(kFar), std::end(kFar));
  for (std::uint64_t k = 0; k <= kRun.updates; ++k) out.push_back(k);
  return out;
}

TEST(ScheduleLaw, PrintingAndReadingAreAFixedPoint) {
  for_every_shape([](const std::string& text) {
    const Schedule s(text);
    for (const Schedule& one : {s, s.resolve(kRun)}) {
      RC_ASSERT(Schedule(one.text()) == one);
      RC_ASSERT(Schedule(one.text()).text() == one.text());
      RC_ASSERT(Schedule(one.text(true)) == one);
      RC_ASSERT(Schedule(one.text(true)).text(true) == one.text(true));
    }
  });
}

TEST(ScheduleLaw, JumpingIsStepping) {
  for_every_shape([](const std::string& text) {
    const Schedule s = Schedule(text).resolve(kRun);
    std::vector<std::uint64_t> order = updates();
    std::vector<double> stepped;
    for (const std::uint64_t k : order) stepped.push_back(s(k));
    for (std::size_t i = order.size(); i-- > 0;) {
      RC_ASSERT(s(order[i]) == stepped[i]);                             // in another order
      RC_ASSERT(Schedule(text).resolve(kRun)(order[i]) == stepped[i]);  // at once
      RC_ASSERT(Schedule(s.text(true))(order[i]) == stepped[i]);        // from its text
    }
  });
}

TEST(ScheduleLaw, ValuesStayWithinTheBounds) {
  for_every_shape([](const std::string& text) {
    const Schedule s = Schedule(text).resolve(kRun);
    RC_ASSERT(s.lowest() <= s.highest());
    RC_ASSERT(Schedule(text).lowest() <= s.lowest());  // what is not known yet only widens them
    RC_ASSERT(Schedule(text).highest() >= s.highest());
    for (const std::uint64_t k : updates()) {
      RC_ASSERT(s(k) >= s.lowest());
      RC_ASSERT(s(k) <= s.highest());
      RC_ASSERT(std::isfinite(s(k)) || (k > kRun.updates && !(std::isfinite(s.highest() - s.lowest()))));
    }
  });
}

TEST(ScheduleLaw, ResolvingTwiceIsResolvingOnce) {
  for_every_shape([](const std::string& text) {
    const Schedule s = Schedule(text).resolve(kRun);
    RC_ASSERT(s.resolve({.updates = 77, .per_epoch = 3}) == s);
    RC_ASSERT(s.resolve({}) == s);
    const Schedule half = Schedule(text).resolve({.updates = 0, .per_epoch = kRun.per_epoch});
    RC_ASSERT(half.resolve(kRun) == s);
  });
}

// One character taken out, put in or changed: another schedule, or an Error.
TEST(ScheduleLaw, ASpoiltTextIsReadOrRefused) {
  static const std::string kLetters = "09.-%ep[](),=|\"a ";
  for_every_shape([](std::string text) {
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      const std::string put(*rc::gen::inRange<std::size_t>(0, 2), *rc::gen::elementOf(kLetters));
      text.replace(at, *rc::gen::inRange<std::size_t>(0, 2), put);
    }
    RC_LOG() << text << "\n";
    try {
      const Schedule s = Schedule(text).resolve(kRun);
      RC_ASSERT(Schedule(s.text()) == s);
      s(7);
    } catch (const Error& error) {
      RC_ASSERT(error.code() == Code::usage);
    }
  });
}

TEST(ScheduleLaw, AnUnresolvedScheduleHasNoValues) {
  for_every_shape([](const std::string& text) {
    const Schedule s(text);
    RC_ASSERT(s.resolved() == s.unresolved().empty());
    for (const std::uint64_t k : {0u, 1u, 30u}) RC_ASSERT(s.resolved() != std::isnan(s(k)));
  });
}

// The options of a resolved schedule, at their index in the Spec.
Settings settings_of(const Spec& spec, const Schedule& s) {
  const Source source{"schedule", s.text(true)};
  return bind(spec, parse(source)[0], source);
}

double amount_of(const Setting& setting, double whole) {
  const Amount amount = std::get<Amount>(setting);
  return amount.unit == Amount::Unit::plain ? amount.value : whole * amount.value / 100.0;
}

// The share of the climb that is done after k of `end` updates, as the libraries that have the shape write
// it.
double climbed(const std::string& shape, double k, double end) {
  if (shape == "cosine") return 0.5 * (1.0 - std::cos(std::numbers::pi * (k / end)));
  if (shape == "log") return std::log(k + 1.0) / std::log(std::max(end, 2.0));
  if (shape == "sqrt") return 1.0 - std::sqrt(1.0 - k / end);
  return k / end;
}

TEST(ScheduleLaw, TheWarmupClimbsInItsShapeAndEndsAtThePeak) {
  for (const ScheduleShape& shape : schedule_shapes()) {
    if (!shape.spec.find("warmup_from")) continue;
    const bool holds = rc::check(std::string(shape.spec.name), [&] {
      const Schedule s = Schedule(random_schedule_of(shape.spec, 0)).resolve(kRun);
      RC_LOG() << s.text() << "\n";
      const Settings settings = settings_of(shape.spec, s);
      const auto setting = [&](const char* name) { return settings[*shape.spec.find(name)]; };
      const double peak = std::get<double>(settings[0]), start = amount_of(setting("warmup_from"), peak);
      const double end = amount_of(setting("warmup"), 0);
      const double ahead = std::get<std::string>(setting("align")) == "next" ? 1.0 : 0.0;
      for (double k = ahead; k < end; ++k) {
        const double share = climbed(std::get<std::string>(setting("warmup_shape")), k, end);
        const double value = s(static_cast<std::uint64_t>(k - ahead));
        RC_ASSERT(std::abs(value - (start + (peak - start) * share)) <= 1e-15 * std::max(peak, start));
      }
      if (end > 0) RC_ASSERT(s(static_cast<std::uint64_t>(end - ahead)) == peak);
    });
    EXPECT_TRUE(holds) << shape.spec.name;
  }
}

// Whatever has a floor below its peak and no factor above 1 stays between them once it has climbed.
TEST(ScheduleLaw, AValueIsBetweenFloorAndPeak) {
  for (const ScheduleShape& shape : schedule_shapes()) {
    const std::optional<std::size_t> floor = shape.spec.find("floor");
    if (!floor || shape.spec.options[0].name != "peak") continue;
    const bool holds = rc::check(std::string(shape.spec.name), [&] {
      const Schedule s = Schedule(random_schedule_of(shape.spec, 0)).resolve(kRun);
      const Settings settings = settings_of(shape.spec, s);
      const double peak = std::get<double>(settings[0]);
      const double low = given(settings[*floor]) ? amount_of(settings[*floor], peak) : 0.0;
      const auto number = [&](const char* name, double other) {
        const std::optional<std::size_t> i = shape.spec.find(name);
        return i && given(settings[*i]) ? as_number(shape.spec.options[*i], settings[*i]).value_or(other)
                                        : other;
      };
      RC_PRE(low <= peak && number("gamma", 1.0) <= 1.0);
      RC_PRE(number("opposite", 1.0) != 0 ||
             shape.spec.name != "one_cycle");  // whose floor is that of a momentum
      RC_LOG() << s.text() << "\n";
      const std::optional<std::size_t> climb = shape.spec.find("warmup");
      const double begin = climb ? amount_of(settings[*climb], 0) : 0.0;
      for (auto k = static_cast<std::uint64_t>(begin); k < 3 * kRun.updates; ++k) {
        RC_ASSERT(s(k) <= peak);
        RC_ASSERT(s(k) >= low);
      }
    });
    EXPECT_TRUE(holds) << shape.spec.name;
  }
}

// Where the clock may be moved, `next` is `done` one update later.
TEST(ScheduleLaw, AnAlignedScheduleIsOneUpdateAhead) {
  for (const ScheduleShape& shape : schedule_shapes()) {
    ASSERT_TRUE(shape.spec.find("align")) << shape.spec.name;
    const bool holds = rc::check(std::string(shape.spec.name), [&] {
      const Schedule s = Schedule(random_schedule_of(shape.spec, 1)).resolve(kRun);
      std::string text = s.text(true);
      const std::size_t at = text.rfind("align=") + 6;  // the outermost option stands last
      const auto aligned = [&](const char* how) { return Schedule(text.replace(at, 4, how)); };
      const Schedule done = aligned("done"), next = aligned("next");
      RC_LOG() << next.text() << "\n";
      for (std::uint64_t k = 0; k <= kRun.updates; ++k) RC_ASSERT(next(k) == done(k + 1));
      RC_ASSERT(next.total() == (done.total() > 0 ? done.total() - 1 : 0));
    });
    EXPECT_TRUE(holds) << shape.spec.name;
  }
}

TEST(ScheduleLaw, EveryScheduleStandsWhereANumberMay) {
  for_every_shape([](const std::string& text) {
    if (Schedule(text).lowest() < 0) return;
    const Chain chain("lr(" + text + ")");
    RC_ASSERT(Chain(chain.text()) == chain);
    RC_ASSERT(chain.resolve(kRun).unresolved().empty());
    RC_ASSERT(Chain(chain.resolve(kRun).text()) == chain.resolve(kRun));
  });
}

}  // namespace
}  // namespace thalweg
