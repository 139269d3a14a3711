#include "base/did_you_mean.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace thalweg {
namespace {

TEST(Text, TheNearestNameIsOffered) {
  const std::vector<std::string_view> names = {"adam", "adamw", "momentum", "lr", "decay"};
  EXPECT_EQ(did_you_mean("adm", names), "did you mean `adam`?");
  EXPECT_EQ(did_you_mean("adamW", names), "did you mean `adam`?");  // as near as adamw; the first is offered
  EXPECT_EQ(did_you_mean("momentun", names), "did you mean `momentum`?");
  EXPECT_EQ(did_you_mean("mometnum", names), "did you mean `momentum`?");
  EXPECT_EQ(did_you_mean("decya", names), "did you mean `decay`?");
  EXPECT_EQ(did_you_mean("sdg", {"sgd", "adam"}), "did you mean `sgd`?") << "two letters that swapped places";
  EXPECT_EQ(did_you_mean("DECAY", names), "did you mean `decay`?") << "but for the case";
  EXPECT_EQ(did_you_mean("T", {"x", "t"}), "did you mean `t`?");
  EXPECT_EQ(did_you_mean("T", {"x", "Temperature"}), "did you mean `Temperature`?")
      << "the only one that begins so";
  EXPECT_EQ(did_you_mean("T", {"Temperature", "time of day"}), "");
  EXPECT_EQ(did_you_mean("xyz", names), "");
  EXPECT_EQ(did_you_mean("", names), "");
  EXPECT_EQ(did_you_mean("x", {}), "");
}

// The hint comes first, with the place of the list; few names are told at once, many never.
TEST(Text, AnUnknownNameIsAnsweredByAHintOrAShortList) {
  const std::vector<std::string_view> few = {"adam", "lr"};
  const std::vector<std::string_view> many(13, "adam");
  const Message near = unknown_name("unknown name", "adm", {"a rule", "`thalweg list`", few});
  EXPECT_EQ(near.got, "`adm`");
  EXPECT_EQ(near.want, "");
  EXPECT_EQ(near.hint, "did you mean `adam`? (see `thalweg list`)");
  EXPECT_EQ(unknown_name("", "adm", {"a rule", "", few}).hint, "did you mean `adam`?");
  const Message far = unknown_name("unknown name", "quux", {"a rule", "`thalweg list`", few});
  EXPECT_EQ(far.want, "a rule: adam, lr");
  EXPECT_EQ(far.hint, "");
  EXPECT_EQ(unknown_name("", "quux", {"a rule", "`thalweg list`", many}).want, "a rule (see `thalweg list`)");
}

}  // namespace
}  // namespace thalweg
