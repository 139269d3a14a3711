#include "page/source_rows.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "draw/number.h"
#include "thalweg/error.h"

namespace thalweg::page {
namespace {

using Cells = std::vector<std::string>;

const std::vector<SourceColumn> kColumns = {{.name = "size", .mean = 75, .scale = 10},
                                            {.name = "town", .levels = {"Bonn", "Ulm"}, .other = true},
                                            {.name = "year", .mean = 2019.5, .scale = 2.5}};

// The inputs are float32(x) of numpy for sizes 70.1, 85 and years 2021, 2010.
TEST(SourceRows, AreThoseOfTheSource) {
  EXPECT_EQ(source_row(kColumns, {-0.49000000953674316, 0, 1, 0, 0.6000000238418579}),
            (Cells{"70.1", "Ulm", "2021"}));
  EXPECT_EQ(source_row(kColumns, {1, 0, 0, 1, -3.799999952316284}), (Cells{"85", "another", "2010"}));
  EXPECT_EQ(source_row(kColumns, {1, 0, 0, 0, 0}), (Cells{"85", kNone, "2019.5"}));
}

TEST(SourceRows, OtherInputsAreNotRead) {
  EXPECT_TRUE(source_row(kColumns, {1, 2}).empty());
  EXPECT_TRUE(source_row({}, {1}).empty());
}

TEST(SourceRows, ColumnsAreThoseOfTheEncoding) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "thalweg_encoding.json";
  EXPECT_TRUE(read_source_columns(path / "none").empty());
  replace_file(path, R"({"schema": 1, "kind": "table", "columns": [
      {"name": "size", "kind": "numeric", "mean": 75, "scale": 10, "fill": 75},
      {"name": "town", "kind": "categorical", "levels": ["Bonn", "Ulm"], "other": true}]})");
  const std::vector<SourceColumn> columns = read_source_columns(path);
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0].scale, 10);
  EXPECT_EQ(columns[1].width(), 3u);
  replace_file(path, R"({"schema": 1, "kind": "bytes"})");
  EXPECT_TRUE(read_source_columns(path).empty());
  replace_file(path, "{\"kind\": \"table\"}");
  EXPECT_THROW(read_source_columns(path), Error);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace thalweg::page
