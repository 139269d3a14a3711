// What a text carries beside numbers: the column that tells rows apart, and the rows as they stand.
#include "data/readers/csv_rows.h"

#include <gtest/gtest.h>

#include "data/test_csv.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kRows =
    "flat,size,town,price\n007,1,a,10\n0x9,2,b,20\n\"a, b\",3,a,30\n,4,b,40\n7,5,a,50\n8,6,b,60\n9,7,a,70\n"
    "10,8,b,80\n11,9,a,90\n12,10,b,100\n";
const Words kIds = {"007", "0x9", "a, b", "", "7", "8", "9", "10", "11", "12"};

class CsvRows : public CsvFiles {
 protected:
  // What goes with the rows of a text that is read after training.
  RowTexts rows(const Dataset& trained, const std::string& bytes, const std::string& options = "",
                bool whole = false) const {
    folder_.write("new.csv", bytes);
    RowTexts texts{.whole = whole};
    notes_ = load_all(source("new.csv", options), trained.encoding, texts).notes;
    return texts;
  }
  std::string refusal(Code code, const std::string& options) const {
    return error_of(code, [&] { train(kRows, options); });
  }

  mutable Words notes_;
};

TEST_F(CsvRows, AnIdIsNoInputAndIsNotToldOf) {
  for (const char* id : {"flat", "0", "-4"}) {
    const Dataset data = train(kRows, ", task=regress, id=" + std::string(id));
    EXPECT_EQ(data.feature_names, (Words{"size", "town=a", "town=b"}));
    EXPECT_FALSE(told(data.notes, "flat")) << testing::PrintToString(data.notes);
    EXPECT_TRUE(has(data.encoding, R"("id": {"name": "flat", "position": 0})")) << data.encoding;
  }
  EXPECT_FALSE(has(train(kRows, ", task=regress, ignore=flat").encoding, "\"id\""));
}

TEST_F(CsvRows, LaterTextsHaveItByItsName) {
  const Dataset data = train(kRows, ", task=regress, id=flat");
  const RowTexts own = rows(data, kRows);
  EXPECT_EQ(own.id, "flat");
  EXPECT_EQ(own.ids, kIds);
  EXPECT_EQ(own.rows, 10u);
  EXPECT_TRUE(own.records.empty());
  const RowTexts moved = rows(data, "town,flat,size\na,x,1\nb,y,2\n");
  EXPECT_EQ(moved.ids, (Words{"x", "y"}));
  const RowTexts other = rows(data, "town,flat,size\na,x,1\nb,y,2\n", ", id=town");
  EXPECT_EQ(other.id, "town");
  EXPECT_EQ(other.ids, (Words{"a", "b"}));
  const RowTexts none = rows(data, "town,size\na,1\nb,2\n");
  EXPECT_EQ(none.id, "");
  EXPECT_TRUE(none.ids.empty());
  EXPECT_TRUE(told(notes_, "flat: there is no such column, and predictions carry none"));
  EXPECT_TRUE(rows(train(kRows, ", task=regress, ignore=flat"), kRows).ids.empty());
}

TEST_F(CsvRows, ATextWithoutNamesHasItByItsPlace) {
  std::string plain = kRows;
  plain.erase(0, plain.find('\n') + 1);
  const Dataset data = train(plain, ", header=no, target=1, task=regress, ignore=0, id=-1");
  EXPECT_EQ(rows(data, plain, ", header=no").ids,
            (Words{"10", "20", "30", "40", "50", "60", "70", "80", "90", "100"}));
  EXPECT_EQ(rows(data, "1,a,n\n2,b,m\n", ", header=no").ids, (Words{"n", "m"}));  // without the target
}

TEST_F(CsvRows, ATestFileComesBehind) {
  folder_.write("test.csv", "price,flat,town,size\n10,t1,a,1\n20,t2,b,2\n");
  const std::string test = ", task=regress, test=" + (folder_.path() / "test.csv").string();
  const Dataset data = train(kRows, test + ", id=flat");
  EXPECT_EQ(data.test.size(), 2u);
  Words want = kIds;
  want.insert(want.end(), {"t1", "t2"});
  EXPECT_EQ(rows(data, kRows, test).ids, want);
  folder_.write("test.csv", "price,town,size\n10,a,1\n20,b,2\n");
  want[10] = want[11] = "";
  EXPECT_EQ(rows(data, kRows, test).ids, want);
  EXPECT_TRUE(has(error_of(Code::usage, [&] { rows(data, kRows, test, true); }),
                  "its rows do not go behind those of the first file"));
}

TEST_F(CsvRows, RowsStandAsTheyStood) {
  const Dataset data = train(kRows, ", task=regress, id=flat");
  const RowTexts texts = rows(data,
                              "\xef\xbb\xbf"
                              "flat; size;town \r\n\r\n 1 ;\"2\";a\r\n\"x\ny\"; 3;\"b\"\r\nz;4;",
                              ", delimiter=semicolon", true);
  EXPECT_EQ(texts.delimiter, ';');
  EXPECT_EQ(texts.header, "flat; size;town ");
  EXPECT_EQ(texts.names, (Words{"flat", "size", "town"}));
  EXPECT_EQ(texts.records, (Words{" 1 ;\"2\";a", "\"x\ny\"; 3;\"b\"", "z;4;"}));
  EXPECT_EQ(texts.ids, (Words{"1", "x\ny", "z"}));
}

TEST_F(CsvRows, ASourceWithoutTextHasNone) {
  RowTexts texts{.whole = true};
  load_all("digits", {}, texts);
  EXPECT_EQ(texts.delimiter, '\0');
  EXPECT_TRUE(texts.records.empty());
}

TEST_F(CsvRows, WhatIsNoColumnOrTheTargetIsRefused) {
  EXPECT_TRUE(has(refusal(Code::usage, ", id=flit"), "did you mean `flat`?"));
  EXPECT_TRUE(has(refusal(Code::usage, ", id=price"), "id: it is the target"));
}

}  // namespace
}  // namespace thalweg
