// Any bytes become a value or one Error: random mixtures of what each format is made of.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "data/csv_table.h"
#include "data/readers/libsvm.h"
#include "data/readers/npy.h"

namespace thalweg {
namespace {

rc::Gen<std::string> mixture(std::vector<std::string> pieces) {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::move(pieces))),
                      [](const std::vector<std::string>& parts) {
                        std::string out;
                        for (const std::string& part : parts) out += part;
                        return out;
                      });
}

// Calls and lets errors of data and of use pass.
template <class Call>
void survive(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    RC_ASSERT(error.code() == Code::data || error.code() == Code::usage);
  }
}

TEST(Hostile, Csv) {
  const auto bytes = mixture({"1",     "2.5",      "-1e3",
                              "x",     "yes",      "\"",
                              "\"\"",  ",",        ",",
                              ";",     "\t",       " ",
                              "|",     "\n",       "\n",
                              "\r\n",  "\r",       std::string(1, '\0'),
                              "\xff",  "\xc3\xa4", "\xef\xbb\xbf",
                              "NA",    "inf",      "a,b\n",
                              "1,2\n", "3,4\n"});
  EXPECT_TRUE(rc::check([&] {
    const std::string text = *bytes;
    survive([&] {
      const CsvLayout layout = read_csv_layout("f", text, {});
      const CsvChoice choice = choose_columns("f", layout, CsvOptions());
      const Table table = read_csv("f", text, {}, layout, choice);
      RC_ASSERT(table.rows == layout.rows);
      const Dataset data = to_dataset(table, nullptr, {}, {.seed = 1, .encoding = {}});
      RC_ASSERT(data.train.size() + data.test.size() <= table.rows);  // some may have no target
      const Dataset again = to_dataset(table, nullptr, {}, {.seed = 1, .encoding = data.encoding});
      RC_ASSERT(again.encoding == data.encoding);
      RC_ASSERT(again.test.rows == data.test.rows);
    });
  }));
}

TEST(Hostile, Libsvm) {
  const auto bytes = mixture({"1", "-1", "0", " ", " ", ":", "1:2", "2:0.5", "9:1e400", "\n", "\n1 ", "\r\n",
                              "#", "qid:3", "x", "\t", std::string(1, '\0'), "4294967295:1", "\xff"});
  EXPECT_TRUE(rc::check([&] {
    const std::string text = *bytes;
    survive([&] {
      const SparseRows rows = parse_libsvm("f", text);
      RC_ASSERT(rows.begins.size() == rows.rows() + 1);
      RC_ASSERT(rows.begins.back() == rows.values.size());
    });
  }));
}

TEST(Hostile, Npy) {
  const auto header = mixture({"{",
                               "}",
                               "'descr'",
                               "'fortran_order'",
                               "'shape'",
                               ":",
                               ",",
                               "'<f4'",
                               "'>i8'",
                               "'|O'",
                               "True",
                               "False",
                               "(",
                               ")",
                               "2",
                               "99999999999999999999",
                               "-",
                               "L",
                               " ",
                               "'",
                               "\"",
                               "'descr': '<f4', ",
                               "'fortran_order': True, ",
                               "'shape': (2, 3), "});
  EXPECT_TRUE(rc::check([&] {
    const std::string text = *header;
    survive([&] { RC_ASSERT(parse_npy_header("f", text).size >= 1); });
  }));
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& tail, bool magic) {
    std::vector<std::byte> bytes;
    if (magic) {
      for (const char c : std::string_view(
               "\x93NUMPY\x01\0\x3b\0{'descr': '|u1', 'fortran_order': True, 'shape': (1, 2, 2)}", 69)) {
        bytes.push_back(static_cast<std::byte>(c));
      }
    }
    for (const std::uint8_t byte : tail) bytes.push_back(static_cast<std::byte>(byte));
    survive([&] {
      Input input("f", bytes);
      RC_ASSERT(read_npy("f", input).row_size() >= 1u);
    });
  }));
}

}  // namespace
}  // namespace thalweg
