// What a terminal gets of names that come from files and arguments.
#include "base/utf8.h"
#include "tool_case.h"

namespace thalweg {
namespace {

const std::string kEvil = "x\x1b[31m\u202e\u200b\u0085" + std::string(3000, 'n');
const std::string kClass = "b\nad\x1b[2J\u2066";

// Nothing to obey, nothing that is not seen, nothing that is no text, no line that fills the screen.
void expect_plain(const std::string& text) {
  EXPECT_EQ(visible(text, Controls::lines), text);
  for (const std::string& line : lines_of(text)) EXPECT_LT(line.size(), 1500u) << line;
}

class Terminal : public Tool {
 protected:
  void SetUp() override {
    std::string table = "\"" + kEvil + "\",u,y\n";
    for (int i = 0; i < 60; ++i) {
      table += std::to_string(i % 7) + "," + std::to_string(i * 37 % 11) + "," +
               (i % 7 > 3 ? "\"" + kClass + "\"" : "good") + "\n";
    }
    write("t.csv", table);
  }

  void expect_plain_of(const Arguments& arguments, int code = 0) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    expect_plain(outcome.out);
    expect_plain(outcome.err);
  }
};

TEST_F(Terminal, TextsShowNamesEscapedAndCut) {
  expect_plain_of({"split", "csv(t.csv, target=y)"});
  expect_plain_of({"train", "--data", "csv(t.csv, target=y)", "--epochs", "2", "--out", "a\x1b[31m\nb"});
  fs::rename(path("a\x1b[31m\nb"), path("run"));
  expect_plain_of({"train", "--data", "csv(t.csv, target=y)", "--dry-run"});
  expect_plain_of({"eval", "run"});
  expect_plain_of({"doctor", "run"});
  expect_plain_of({"page", "run", "--out", "p\x1b.html"});
  expect_plain_of({"explain", "adam | lr(0.1)", "--params", kEvil + ":3x4,a\nb:4"});
  expect_plain_of({"compare", "--data", "csv(t.csv, target=y)", "--optimizers", "sgd; adam", "--seeds", "1",
                   "--rates", "2", "--tuning-seeds", "1", "--epochs", "3"});
}

TEST_F(Terminal, MessagesAreUtf8WhateverTheyQuote) {
  expect_plain_of({"split", "csv(t.csv, target=\"q\x1b\xff\u202e\")"}, 2);
  expect_plain_of({"eval", "no\x1b\n\xffrun"}, 3);
  expect_plain_of({"train", "--data", "csv(\"" + kEvil + "\")"}, 3);
  write("c.toml", "data = \"digits\"\n\"" + std::string(3000, 'k') + "\\u001b\" = 1\n");
  expect_plain_of({"train", "--config", "c.toml"}, 2);
  write("broken.csv", "a,y\n1,2\n\x1b[2J\xff,3\n4,5\n");
  expect_plain_of({"split", "csv(broken.csv, target=y, numeric=a)"}, 3);
}

TEST_F(Terminal, JsonAndCsvKeepNamesAsTheyAre) {
  train("run", {"--data", "csv(t.csv, target=y)", "--epochs", "1"});
  const std::string csv = run({"predict", "run"}).out;
  EXPECT_NE(csv.find("\"" + kClass + "\""), std::string::npos) << csv.substr(0, 300);
  const Json line = Json::parse(lines_of(run({"predict", "run", "--format", "jsonl"}).out).front());
  EXPECT_TRUE(line["probabilities"].contains(kClass));
  const Json plan = json({"explain", "adam | lr(0.1)", "--params", kEvil + ":3x4", "--json"});
  EXPECT_EQ(plan["groups"][0]["parameters"][0]["name"], kEvil);
}

TEST_F(Terminal, PagesShowNamesEscapedAndCut) {
  train("run", {"--data", "csv(t.csv, target=y)", "--epochs", "1"});
  const std::string page = contents(path("run") / "report.html");
  EXPECT_EQ(visible(page, Controls::lines), page);
  EXPECT_EQ(page.find(std::string(450, 'n')), std::string::npos);
  EXPECT_NE(page.find("b\\nad\\u001b[2J\\u2066</th>"), std::string::npos);
}

}  // namespace
}  // namespace thalweg
