// thalweg explain: what it measures, and what it predicts.
#include "tool_case.h"

namespace thalweg {
namespace {

TEST_F(Tool, ExplainAnalyzesWhatItExplains) {
  const Outcome text = run({"explain", "momentum | lr(0.1)", "--analyze", "--size", "5000", "--rounds", "2"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("phase 1  update  loop momentum"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("share of the memory limit: "), std::string::npos) << text.out;
  const Json both = json({"explain", "clip_norm(1) | adam | lr(0.1)", "--analyze", "--model",
                          "dense(8) | relu", "--inputs", "20", "--threads", "1", "--rounds", "2", "--json"});
  EXPECT_EQ(both["elements"], 168);
  EXPECT_EQ(both["measured"]["bytes"], 168 * (4 + 28));
  EXPECT_EQ(both["measured"]["phases"].size(), 2u);
  EXPECT_GT(both["measured"]["share"]["median"].get<double>(), 0.0);
  EXPECT_EQ(run({"explain", "lr(0.1)", "--size", "5", "--params", "w:3"}).code, 2);
  EXPECT_EQ(run({"explain", "lr(0.1)", "--analyze", "--size", "5", "--rounds", "0"}).code, 2);
}

TEST_F(Tool, ExplainPredictsAStepOnRanks) {
  const Arguments of = {"explain", "adam | lr(0.1)", "--size", "2000000", "--threads",  "1", "--rounds",
                        "1",       "--ranks",        "4",      "--link",  "8Gbit/s,2ms"};
  const Outcome text = run(of);
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("4 ranks of 1 thread, 1 on a machine: links of 1 GB/s and 2000 us"),
            std::string::npos)
      << text.out;
  Arguments with_json = of;
  with_json.push_back("--json");
  const Json said = json(with_json)["predicted"];
  EXPECT_EQ(said["link_bytes_per_second"], 1e9);
  EXPECT_NEAR(said["values_seconds"].get<double>(), 2e-3 + 6e-3,
              1e-4);  // 8 MB, three quarters of which travel
  for (const char* link : {"10GB/s", "10,20us", "0GB/s,1us", "x,y", "1GB/s,-1us"})
    EXPECT_EQ(run({"explain", "lr(0.1)", "--ranks", "2", "--link", link}).code, 2) << link;
  EXPECT_EQ(run({"explain", "lr(0.1)", "--per-host", "2"}).code, 2);
  EXPECT_EQ(run({"explain", "lr(0.1)", "--ranks", "2", "--per-host", "3"}).code, 2);
}

}  // namespace
}  // namespace thalweg
