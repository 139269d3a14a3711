// Every code of an Error is thrown by the library and is how the tool ends.
#include <fstream>
#include <optional>

#include "faults.h"
#include "thalweg/chain.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

struct Provocation {
  std::function<void(const TinyRuns&)> library;  // empty: the tool alone has it
  Arguments tool;                                // run in the folder of the runs
};

Run diverging(const std::filesystem::path& data, const std::filesystem::path& run) {
  RunConfig config;
  config.data = "idx(\"" + data.string() + "\")";
  config.model = "dense(4) | dense(2)";
  config.optimizer = "sgd(lr=1e30)";
  config.batch = 5;
  return Run::create(config, run);
}

// How to get a code; nothing for a number that is none. A new code does not compile before it is provoked
// here.
std::optional<Provocation> provocation(Code code) {
  switch (code) {
    case Code::failure:
      return Provocation{{}, {"verify", "wrong"}};
    case Code::usage:
      return Provocation{[](const TinyRuns&) { Chain("adam("); }, {"explain", "adam("}};
    case Code::data:
      return Provocation{[](const TinyRuns& runs) { Run::resume(runs.path("missing")); },
                         {"eval", "missing"}};
    case Code::resource:
      return Provocation{[](const TinyRuns& runs) { diverging(runs.path("data"), "/proc/run"); },
                         {"train", "--quiet", "--out", "/proc/run"}};
    case Code::diverged:
      return Provocation{[](const TinyRuns& runs) {
                           Run run = diverging(runs.path("data"), runs.path("new"));
                           for (Report report; run.next(report);) continue;
                         },
                         {"train", "--quiet", "--optimizer", "sgd(lr=1e30)"}};
  }
  return std::nullopt;
}

TEST(Codes, EachIsThrownAndIsHowTheToolEnds) {
  const TinyRuns runs;
  std::string wrong = contents(THALWEG_TESTS "/vectors/oracles/optax/schedule-polynomial-linear.json");
  wrong.replace(wrong.find("[1.0,11.0]"), 10, "[1.0,11.5]");
  std::filesystem::create_directory(runs.path("wrong"));
  std::ofstream(runs.path("wrong/a.json")) << wrong;
  int codes = 0;
  for (int number = 1; number < 256; ++number) {
    const Code code = static_cast<Code>(number);
    const std::optional<Provocation> by = provocation(code);
    if (!by) continue;
    SCOPED_TRACE(number);
    ++codes;
    if (by->library) {
      EXPECT_NE(error_of(code, [&] { by->library(runs); }), "");
    }
    const Outcome outcome = run_tool(runs.path(""), by->tool);
    EXPECT_EQ(outcome.code, number) << outcome.out << outcome.err;
    EXPECT_NE(outcome.out + outcome.err, "");
  }
  EXPECT_GE(codes, 5);
}

}  // namespace
}  // namespace thalweg
