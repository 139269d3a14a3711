#include "files/zip.h"

#include "base/test_error.h"
#include "files/test_zip.h"

namespace thalweg {
namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string first_of(const std::string& archive, std::uint64_t limit = 1 << 20) {
  const std::vector<std::byte> bytes = bytes_of(archive);
  return text_of(unzip(bytes, list_zip(bytes, "f").at(0), "f", limit));
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string refusal(const std::string& archive, std::uint64_t limit = 1 << 20) {
  return error_of(Code::data, [&] { first_of(archive, limit); });
}

TEST(Zip, MembersAreStoredOrDeflated) {
  const std::string text(5000, 'x');
  const std::vector<std::byte> bytes =
      bytes_of(zip({{"a", text}, {"b/c", text, true}, {"d", ""}}, "a comment"));
  const std::vector<ZipMember> members = list_zip(bytes, "f");
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[1].name, "b/c");
  EXPECT_EQ(members[1].size, 5000u);
  EXPECT_LT(members[1].packed, 100u);
  for (const std::size_t i : {0, 1}) EXPECT_EQ(text_of(unzip(bytes, members[i], "f", 5000)), text);
  EXPECT_EQ(text_of(unzip(bytes, members[2], "f", 0)), "");
}

// However much else the archive holds.
TEST(Zip, AMemberIsNoBomb) {
  const std::string zeros(std::size_t{64} << 20, '\0');
  EXPECT_TRUE(has(refusal(zip({{"a", zeros, true}}), UINT64_MAX), "too large; got 67108864; want at most 3"));
}

TEST(Zip, WhatIsWrongIsToldBeforeMemoryIsTaken) {
  const std::string good = zip({{"a", "some text", true}});
  EXPECT_EQ(first_of(good), "some text");
  for (std::size_t size = 0; size < good.size(); ++size) refusal(good.substr(0, size));
  EXPECT_TRUE(has(refusal("no archive"), "no list of what it holds"));
  EXPECT_TRUE(has(refusal(good, 8), "too large; got 9; want at most 8"));
  EXPECT_TRUE(has(refusal(zip({{"a", "some text", false, 1}})), "encrypted"));
  std::string changed = zip({{"a", "some text"}});
  changed[changed.find("some")] = 'S';
  EXPECT_TRUE(has(refusal(changed), "its check sum is another one"));
  std::string method = good;
  method[method.find("PK\1\2") + 10] = 12;
  EXPECT_TRUE(has(refusal(method), "got method 12"));
  std::string bomb = good;  // says that it is of 2 GiB
  bomb.replace(bomb.find("PK\1\2") + 24, 4, little_endian(std::uint64_t{1} << 31, 4));
  EXPECT_TRUE(has(refusal(bomb, UINT64_MAX), "the size of the member is wrong"));
  std::string longer = good;
  longer.replace(longer.find("PK\1\2") + 24, 4, little_endian(10, 4));
  EXPECT_TRUE(has(refusal(longer), "damaged or truncated"));
}

TEST(Zip, EveryChangedByteIsAnErrorOrAnotherName) {
  const std::string good = zip({{"a", "some text", true}, {"b", "more"}});
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    const std::vector<std::byte> bytes = bytes_of(changed);
    try {
      for (const ZipMember& one : list_zip(bytes, "f")) unzip(bytes, one, "f", 1 << 20);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::data);
    }
  }
}

}  // namespace
}  // namespace thalweg
