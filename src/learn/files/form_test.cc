#include "files/form.h"

#include "base/test_error.h"
#include "files/test_zip.h"

namespace thalweg {
namespace {

using namespace std::string_literals;

std::string name_of_form(const std::string& bytes) {
  return std::string(form_of(std::as_bytes(std::span(bytes))).name);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string refusal(const std::string& text) {
  return error_of(Code::data, [&] { check_text("f", text); });
}

TEST(Form, IsKnownByTheFirstBytes) {
  EXPECT_EQ(name_of_form("BZh91AY&SY and more"), "bzip2 data (.bz2)");
  EXPECT_EQ(name_of_form("\xfd\x37zXZ\0\0\4"s), "xz data (.xz)");
  EXPECT_EQ(name_of_form("PAR1\x15\4\x15\x10"), "Parquet");
  EXPECT_EQ(name_of_form(zip({{"[Content_Types].xml", "<"}, {"xl/workbook.xml", "<"}})),
            "an Excel workbook (.xlsx)");
  EXPECT_EQ(name_of_form(zip({{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}})),
            "an OpenDocument spreadsheet (.ods)");
  EXPECT_EQ(name_of_form(zip({{"x.npy", "1"}})), "a NumPy archive (.npz)");
  EXPECT_EQ(name_of_form(zip({{"train.csv", "a,b\n"}})), "a ZIP archive (.zip)");
  EXPECT_EQ(name_of_form("\x93NUMPY\1"), "a NumPy array (.npy)");
  EXPECT_EQ(name_of_form("SQLite format 3\0"s), "an SQLite database");
  EXPECT_EQ(name_of_form("\x80\4\x95"), "a Python pickle");
  EXPECT_EQ(name_of_form(std::string(257, 'x') + "ustar"), "a tar archive (.tar)");
  for (const char* table :
       {"", "P", "PAR1,PAR2\n1,2\n", "FEA1;FEA2\n", "BZh,a\n1,2\n", "BZh9,1AY\n", "PK,a\n1,2\n", "a,b\n"})
    EXPECT_EQ(name_of_form(table), "") << table;
}

TEST(Form, TextsAreUtf8OrTheirEncodingIsNamed) {
  EXPECT_NO_THROW(check_text("f", "a,b\nM\xc3\xbcnchen,2\n"));
  EXPECT_TRUE(has(refusal("a,b\nM\xfcnchen,2\n"),
                  "f:2:2: the text is not UTF-8; want UTF-8; iconv -f LATIN1 -t UTF-8"));
  for (const char* windows : {"10 \x80\n", "\x93quoted\x94\n", "M\xfcnchen\n\x85\n"})
    EXPECT_TRUE(has(refusal(windows), "iconv -f CP1252 -t UTF-8")) << windows;
  EXPECT_TRUE(has(refusal("\x81\x40\n"), "neither Latin-1 nor Windows-1252"));
  EXPECT_TRUE(has(refusal("M\xc3\xbcnchen\nK\xf6ln\n"),
                  "f:2:2: the text is not UTF-8; want UTF-8; what stands before it"));
  EXPECT_TRUE(has(refusal("\xff\xfe"
                          "a"),
                  "the text is UTF-16"));
  EXPECT_TRUE(has(refusal("a\0,\0b\0"s), "iconv -f UTF-16LE"));
  EXPECT_TRUE(has(refusal("\0a\0,\0b"s), "iconv -f UTF-16BE"));
  EXPECT_TRUE(has(refusal("ab\0\xff"s), "`file` tells what it is"));
  EXPECT_TRUE(
      has(refusal("BZh91AY&SY\xff\xff"),
          "f: the file is no text; got bzip2 data (.bz2); want a text, plain, gzip or zstd; `bunzip2 -k "
          "f` unpacks it"));
}

}  // namespace
}  // namespace thalweg
