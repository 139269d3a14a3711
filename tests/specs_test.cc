// What the grammar promises about every listed transform, recipe, schedule and problem, derived from their
// Specs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/test_error.h"
#include "chain/recipes.h"
#include "problems/problem.h"
#include "sample_chains.h"
#include "schedule/schedules.h"
#include "thalweg/chain.h"
#include "thalweg/lab/problem.h"

namespace thalweg {
namespace {

// A Spec, and what reads a text of it.
struct Listed {
  const Spec* spec;
  std::string (*read)(const std::string& text, bool every);  // canonical text
};

std::string read_chain(const std::string& text, bool every) { return Chain(text).text(every); }
std::string read_schedule(const std::string& text, bool every) { return Schedule(text).text(every); }
std::string read_problem(const std::string& text, bool every) { return Problem(text).text(every); }

std::vector<Listed> everything() {
  std::vector<Listed> out;
  for (const Transform& transform : transforms()) out.push_back({&transform.spec, read_chain});
  for (const Recipe& recipe : recipes()) out.push_back({&recipe.spec, read_chain});
  for (const ScheduleShape& shape : schedule_shapes()) out.push_back({&shape.spec, read_schedule});
  for (const Spec* spec : problem_specs()) out.push_back({spec, read_problem});
  return out;
}

// Cyclic schedules need one of two options that are not required alone.
std::string shortest(const Spec& spec, const std::string& more = {}, std::string_view without = {}) {
  const bool needs_period = spec.find("period").has_value() && without != "period" && without != "cycles";
  if (!needs_period) return use(spec, more, without);
  return use(spec, "period=3" + (more.empty() ? "" : ", " + more), without);
}

bool one_line(std::string_view text) {
  return !text.empty() && text.find('\n') == std::string_view::npos && text.size() <= 120;
}

// Lower-case letters and digits in words joined by one underscore, a letter first.
bool snake_case(std::string_view name) {
  if (name.empty() || name.front() < 'a' || name.front() > 'z' || name.back() == '_') return false;
  if (name.find("__") != std::string_view::npos) return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

TEST(Specs, NamesAreSnakeCaseAndUniqueWhereTheyAreRead) {
  std::set<std::pair<decltype(Listed::read), std::string>> names;  // a chain and a schedule may share one
  for (const Listed& listed : everything()) {
    const std::string name(listed.spec->name);
    EXPECT_TRUE(snake_case(name)) << name;
    EXPECT_TRUE(names.insert({listed.read, name}).second) << name << " is listed twice";
    std::set<std::string> options;
    for (const Option& option : listed.spec->options) {
      EXPECT_TRUE(snake_case(option.name)) << name << ": " << option.name;
      EXPECT_TRUE(options.insert(std::string(option.name)).second) << name << ": " << option.name;
    }
  }
}

TEST(Specs, EverythingSaysWhatItIs) {
  for (const Listed& listed : everything()) {
    EXPECT_TRUE(one_line(listed.spec->doc)) << listed.spec->name;
    for (const Option& option : listed.spec->options) {
      EXPECT_TRUE(one_line(option.doc)) << listed.spec->name << ": " << option.name;
      EXPECT_FALSE(option.required && !option.fallback.empty()) << listed.spec->name << ": " << option.name;
    }
  }
  for (const Transform& transform : transforms()) {
    ASSERT_FALSE(transform.spec.options.empty());
    EXPECT_EQ(transform.spec.options.back().name, "on") << transform.spec.name;
  }
}

TEST(Specs, DefaultsAreValuesThatTheOptionTakes) {
  for (const Listed& listed : everything()) {
    for (const Option& option : listed.spec->options) {
      if (option.fallback.empty()) continue;
      const std::string text =
          shortest(*listed.spec, std::string(option.name) + "=" + std::string(option.fallback));
      EXPECT_EQ(listed.read(text, true), listed.read(shortest(*listed.spec), true)) << text;
      EXPECT_EQ(listed.read(text, false), listed.read(shortest(*listed.spec), false)) << text;
    }
  }
}

TEST(Specs, PrintingAndReadingAreAFixedPoint) {
  for (const Transform& transform : transforms()) {
    for (const std::string& text : chains_with(transform)) {
      const Chain chain(text);
      EXPECT_EQ(Chain(chain.text()), chain) << text;
      EXPECT_EQ(Chain(chain.text()).text(), chain.text()) << text;
      EXPECT_EQ(Chain(chain.text(true)), chain) << text;
      EXPECT_EQ(Chain(chain.text(true)).text(true), chain.text(true)) << text;
    }
  }
}

TEST(Specs, PrintingEveryOptionNamesEveryOptionThatHasADefault) {
  for (const Transform& transform : transforms()) {
    const std::string text = Chain(use(transform.spec)).text(true);
    for (std::size_t i = transform.spec.positional ? 1 : 0; i < transform.spec.options.size(); ++i) {
      const Option& option = transform.spec.options[i];
      if (!option.fallback.empty()) {
        expect_contains(text, std::string(option.name) + "=" + std::string(option.fallback));
      }
    }
  }
}

TEST(Specs, AChainIsItsPartsSideBySide) {
  for (const Transform& transform : transforms()) {
    const std::string text = use(transform.spec);
    EXPECT_EQ(Chain(text) | Chain("lr(0.1)"), Chain(text + " | lr(0.1)"));
  }
}

TEST(Specs, AnUnknownOptionIsNamed) {
  for (const Listed& listed : everything()) {
    const std::string text = shortest(*listed.spec, "nonesuch=1");
    const std::string error = usage_error([&] { listed.read(text, false); });
    expect_contains(error, "`nonesuch`");
    expect_contains(error, "`" + std::string(listed.spec->name) + "`");
    expect_contains(error, "\n  " + text + "\n");
  }
}

TEST(Specs, AMisspeltOptionIsOfferedTheRightOne) {
  for (const Listed& listed : everything()) {
    for (const Option& option : listed.spec->options) {
      const std::string name(option.name);
      const std::string error = usage_error(
          [&] { listed.read(shortest(*listed.spec, name + "z=" + sample_value_of(option)), false); });
      expect_contains(error, "`" + name + "z`");
      expect_contains(error, "did you mean `" + name + "`?");
    }
  }
}

TEST(Specs, AMisspeltNameIsOfferedTheRightOne) {
  for (const Listed& listed : everything()) {
    const std::string name(listed.spec->name);
    const std::string error = usage_error([&] { listed.read(name + "z", false); });
    expect_contains(error, "`" + name + "z`");
    expect_contains(error, "did you mean `" + name + "`?");
  }
}

TEST(Specs, AnOptionGivenTwiceIsNamed) {
  for (const Listed& listed : everything()) {
    for (const Option& option : listed.spec->options) {
      const std::string arg = std::string(option.name) + "=" + sample_value_of(option);
      const std::string error =
          usage_error([&] { listed.read(shortest(*listed.spec, arg + ", " + arg, option.name), false); });
      expect_contains(error, "`" + std::string(option.name) + "` is given twice");
    }
  }
}

TEST(Specs, ARequiredOptionThatIsMissingIsNamed) {
  for (const Listed& listed : everything()) {
    for (const Option& option : listed.spec->options) {
      if (!option.required) continue;
      const std::string error =
          usage_error([&] { listed.read(shortest(*listed.spec, "", option.name), false); });
      expect_contains(error,
                      "`" + std::string(listed.spec->name) + "` needs `" + std::string(option.name) + "`");
    }
  }
}

// Numbers next to the ends of a range, outside it.
std::vector<double> outside(const Range& range) {
  std::vector<double> out;
  if (std::isfinite(range.min)) {
    out.push_back(range.min - 1.0);
    out.push_back(range.open_min ? range.min : std::nextafter(range.min, -INFINITY));
  }
  if (std::isfinite(range.max)) {
    out.push_back(range.max + 1.0);
    out.push_back(range.open_max ? range.max : std::nextafter(range.max, INFINITY));
  }
  return out;
}

bool is_list(const Option& option) {
  return option.type == OptionType::numbers || option.type == OptionType::lengths ||
         option.type == OptionType::schedules;
}

bool is_number(const Option& option) {
  return option.type != OptionType::flag && option.type != OptionType::choice &&
         option.type != OptionType::name && option.type != OptionType::selector && !is_list(option);
}

TEST(Specs, ANumberOutsideItsRangeIsNamed) {
  for (const Listed& listed : everything()) {
    for (const Option& option : listed.spec->options) {
      if (!is_number(option)) continue;
      for (const double number : outside(option.range)) {
        const std::string value = print_number(number);
        const std::string text = shortest(*listed.spec, std::string(option.name) + "=" + value, option.name);
        SCOPED_TRACE(text);
        const std::string error = usage_error([&] { listed.read(text, false); });
        expect_contains(error, "`" + std::string(option.name) + "`");
        expect_contains(error, "`" + value + "`");
      }
    }
  }
}

TEST(Specs, AValueOfAnotherTypeIsNamed) {
  for (const Listed& listed : everything()) {
    for (const Option& option : listed.spec->options) {
      std::vector<std::string> values = {"[1, 2]", "a(1) | b(2)"};
      if (option.type == OptionType::selector) values = {"a(1)", "[]", "[a(1)]", "[[a]]"};
      if (is_list(option)) values = {"1", "a(1)", "[a]", "[a(1)]", "[[1], [2]]", "[\"1\", 2]", "[nan, 1]"};
      if (option.type != OptionType::selector && option.type != OptionType::name) values.push_back("bogus");
      if (is_number(option))
        values.insert(values.end(), {"nan", "inf", "-inf", "1e999", "1x", "\"1\"", "0x1p3"});
      for (const std::string& value : values) {
        const std::string text = shortest(*listed.spec, std::string(option.name) + "=" + value, option.name);
        SCOPED_TRACE(text);
        expect_contains(usage_error([&] { listed.read(text, false); }), "\n  " + text + "\n");
      }
    }
  }
}

TEST(Specs, AScheduleThatLeavesTheRangeOfItsOptionIsNamed) {
  for (const Transform& transform : transforms()) {
    for (const Option& option : transform.spec.options) {
      if (option.type != OptionType::scalar || !std::isfinite(option.range.max)) continue;
      const double above = option.range.max + 1.0;
      const std::string text =
          use(transform.spec, std::string(option.name) + "=linear(" + print_number(above) + ", total=9)",
              option.name);
      SCOPED_TRACE(text);
      expect_contains(usage_error([&] { Chain{text}; }), "`" + std::string(option.name) + "`");
    }
  }
}

bool needs_first_alone(const Spec& spec) {
  return std::none_of(spec.options.begin() + 1, spec.options.end(),
                      [](const Option& option) { return option.required; });
}

TEST(Specs, ArgumentsByPositionFollowTheOrderOfTheOptions) {
  for (const Listed& listed : everything()) {
    const Spec& spec = *listed.spec;
    if (spec.options.empty()) continue;
    const Option& first = spec.options.front();
    const std::string value = sample_value_of(first);
    const std::string text = std::string(spec.name) + "(" + value + ")";
    if (first.type == OptionType::selector) {
      expect_contains(usage_error([&] { listed.read(text, false); }), "too many arguments");
    } else if (!spec.positional) {
      expect_contains(usage_error([&] { listed.read(text, false); }), "named options only");
    } else if (!spec.find("period") && needs_first_alone(spec)) {
      EXPECT_EQ(listed.read(text, false),
                listed.read(use(spec, std::string(first.name) + "=" + value, first.name), false));
    }
    const std::string late = shortest(spec, std::string(first.name) + "=" + value + ", 1", first.name);
    usage_error([&] { listed.read(late, false); });
  }
}

}  // namespace
}  // namespace thalweg
