#include <gtest/gtest.h>

#include "base/file.h"
#include "run/test_run.h"
#include "thalweg/error.h"
#include "thalweg/export.h"

namespace thalweg {
namespace {

class Curves : public RunTest {
 protected:
  std::string curves(const std::string& lines) const {
    make_folder(path());
    replace_file(path() / "config.toml", "");
    replace_file(path() / "metrics.jsonl", lines);
    return export_curves(path());
  }
};

TEST_F(Curves, ALineIsARowAndWhatItLacksIsEmpty) {
  EXPECT_EQ(
      curves(R"({"update": 1, "epoch": 0, "loss": 2.5, "lr": 0.001, "grad_norm": 1e-300}
{"update": 2, "epoch": 0, "loss": 0.30000000000000004, "lr": 0.001, "grad_norm": 3}
{"update": 2, "epoch": 1, "train_loss": 2, "test": {"loss": 1.5, "accuracy": null, "r2": -1}, "monitored": 0.5, "seconds": 0.25}
{"update": 3, "epoch": 1, "loss": null, "lr": null, "grad_norm": null}
)"),
      "kind,update,epoch,loss,lr,grad_norm,train_loss,test_loss,test_accuracy,test_r2,monitored,seconds\n"
      "update,1,0,2.5,0.001,1e-300,,,,,,\n"
      "update,2,0,0.30000000000000004,0.001,3,,,,,,\n"
      "epoch,2,1,,,,2,1.5,,-1,0.5,0.25\n"
      "update,3,1,,,,,,,,,\n");
  EXPECT_EQ(curves("{\"update\": 1, \"epoch\": 1, \"train_loss\": 2, \"test\": null, \"seconds\": 1}\n"),
            "kind,update,epoch,loss,lr,grad_norm,train_loss,seconds\nepoch,1,1,,,,2,1\n");
  EXPECT_EQ(curves(""), "kind,update,epoch,loss,lr,grad_norm,train_loss,seconds\n");
}

TEST_F(Curves, OfARunHaveALineEach) {
  Training run = Training::create(small(), path());
  advance(run, 46);
  const std::string lines = read_text_file(path() / "metrics.jsonl"), table = export_curves(path());
  EXPECT_EQ(std::ranges::count(table, '\n'), std::ranges::count(lines, '\n') + 1);
  EXPECT_TRUE(has(table, "\nepoch,46,2,,,,")) << table;
  EXPECT_TRUE(
      table.starts_with("kind,update,epoch,loss,lr,grad_norm,train_loss,test_loss,test_accuracy,"
                        "test_balanced_accuracy,test_baseline,seconds\n"))
      << table.substr(0, 200);
}

TEST_F(Curves, AMalformedLineIsNamed) {
  const std::string good = "{\"update\": 1, \"loss\": 1}\n";
  for (const char* bad :
       {"{", "[]", "{\"loss\": 1}", "{\"update\": 1, \"a,b\": 1}", "{\"update\": 1, \"loss\": \"1\"}",
        "{\"update\": 1, \"train_loss\": 1, \"test\": 3}"}) {
    const std::string message = error_of(Code::data, [&] { curves(good + bad + "\n"); });
    EXPECT_TRUE(has(message, "metrics.jsonl:2: a line is not a metric")) << message;
  }
  EXPECT_TRUE(has(error_of(Code::data, [&] { export_curves(path("none")); }), "not a run directory"));
}

}  // namespace
}  // namespace thalweg
