#include "data/csv_columns.h"

#include "data/test_csv.h"

namespace thalweg {
namespace {

using Words = std::vector<std::string>;

class CsvColumns : public CsvFiles {
 protected:
  // Every row, unscaled.
  Dataset all(const std::string& bytes, const std::string& options) const {
    folder_.write("t.csv", bytes);
    return load_all(source("t.csv", ", scale=none" + options), "");
  }
  std::string refusal(const std::string& bytes, const std::string& options = "",
                      Code code = Code::data) const {
    folder_.write("t.csv", bytes);
    return error_of(code, [&] { load_dataset(source("t.csv", options), 0); });
  }
};

// Names as the file spells them or without the blanks around them; lists of quoted names, or one text of
// several.
TEST_F(CsvColumns, NamesAndMissingWordsMayHoldBlanks) {
  const std::string bytes =
      "\"floor area\",\" rooms \",town name,price\n1,2,5,1.5\n4,not given,6,5.5\n3,6,7,2.5\n4,8,not "
      "given,3.5\n";
  const std::string missing = ", missing=[\"not given\", \"-\"]";
  for (const char* names : {"\"floor area\"", "[\"floor area\"]", "[\" floor area \"]", "0", "[0]"})
    EXPECT_EQ(all(bytes, missing + ", ignore=" + names).feature_names, (Words{" rooms ", "town name"}))
        << names;
  for (const char* names :
       {"[\"floor area\", rooms]", "[\"floor area\", \" rooms \"]", "\"0 rooms\"", "[0, 1]"})
    EXPECT_EQ(all(bytes, missing + ", ignore=" + names).feature_names, Words{"town name"}) << names;
  EXPECT_EQ(all(bytes, missing + ", target=\"floor area\"").target_names, Words{"floor area"});
  EXPECT_EQ(all(bytes, missing + ", target=rooms, ignore=[\"town name\"]").target_names, Words{" rooms "});
  EXPECT_EQ(all(bytes, missing + ", categorical=[\"town name\"], numeric=\"floor area\"").feature_names,
            (Words{"floor area", " rooms ", "town name=5", "town name=6", "town name=7"}));
  EXPECT_TRUE(
      has(refusal(bytes), "missing=[\"not given\"] if that means no value (in ` rooms `, `town name`)"));
  EXPECT_TRUE(
      has(refusal(bytes, missing + ", ignore=\"floor aera\"", Code::usage), "did you mean `floor area`?"));
  const Dataset data = all(bytes, missing + ", ignore=[\"floor area\", rooms]");
  EXPECT_TRUE(has(data.text, "missing=[\"not given\", \"-\"]")) << data.text;
  EXPECT_TRUE(has(data.text, "ignore=[\"floor area\", rooms]")) << data.text;
}

TEST_F(CsvColumns, AColumnThatIsNotThereIsAnsweredByTheNearestOrByAll) {
  const std::string bytes = "x,Temp,size\n1,2,5.5\n4,5,5.5\n3,6,7.5\n";
  EXPECT_TRUE(has(refusal(bytes, ", target=T", Code::usage), "did you mean `Temp`?"));
  EXPECT_TRUE(has(refusal(bytes, ", target=X", Code::usage), "did you mean `x`?"));
  EXPECT_TRUE(has(refusal(bytes, ", target=SIZE", Code::usage), "did you mean `size`?"));
  EXPECT_TRUE(has(refusal(bytes, ", target=q", Code::usage),
                  "a name of the header (x, Temp, size), or a number from -3 to 2"));
}

}  // namespace
}  // namespace thalweg
