#include "files/gzip.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "files/test_gzip.h"

namespace thalweg {
namespace {

std::span<const std::byte> as_packed(const std::string& bytes) {
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}

std::string inflated(const std::string& packed, std::uint64_t limit = 1 << 20) {
  const std::vector<std::uint8_t> bytes = Gunzip(as_packed(packed), "x.gz").take_all(limit);
  return std::string(bytes.begin(), bytes.end());
}

// 300,000 bytes that repeat little: longer than one growth of the output.
std::string long_text() {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < 300000) {
    state = state * 1664525 + 1013904223;
    text += static_cast<char>(state >> 24);
  }
  return text;
}

TEST(Gzip, GivesBackWhatWasPacked) {
  EXPECT_EQ(inflated(gzip("")), "");
  EXPECT_EQ(inflated(gzip("thalweg")), "thalweg");
  EXPECT_EQ(inflated(gzip(long_text())), long_text());
}

TEST(Gzip, MembersFollowEachOther) {
  EXPECT_EQ(inflated(gzip("one") + gzip("") + gzip("two") + gzip("")), "onetwo");
}

TEST(Gzip, CutAtAnyByteIsAnError) {
  const std::string packed = gzip("one") + gzip("two");
  const std::size_t first = gzip("one").size();
  for (std::size_t size = 0; size < packed.size(); ++size) {
    if (size == first) continue;  // a whole member
    SCOPED_TRACE(size);
    const std::string message = error_of(Code::data, [&] { inflated(packed.substr(0, size)); });
    EXPECT_TRUE(message.starts_with("x.gz, byte ")) << message;
  }
}

TEST(Gzip, ChangedByteOfDataOrSumsIsAnError) {
  const std::string packed = gzip(long_text());
  for (const std::size_t back : {1, 4, 5, 8}) {  // length and checksum are the last 8 bytes
    std::string bad = packed;
    bad[bad.size() - back] = static_cast<char>(bad[bad.size() - back] ^ 1);
    SCOPED_TRACE(back);
    EXPECT_NE(error_of(Code::data, [&] { inflated(bad); }).find("damaged"), std::string::npos);
  }
  std::string bad = packed;
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
  error_of(Code::data, [&] { inflated(bad); });
}

TEST(Gzip, BytesAfterTheLastMemberAreAnError) {
  const std::string message = error_of(Code::data, [] { inflated(gzip("one") + "garbage"); });
  EXPECT_NE(message.find("byte " + std::to_string(gzip("one").size())), std::string::npos) << message;
  EXPECT_NE(message.find("got 7 bytes; want the end"), std::string::npos) << message;
  error_of(Code::data, [] { inflated(gzip("one") + std::string(1, '\0')); });
}

TEST(Gzip, OtherDataAreAnError) {
  error_of(Code::data, [] { inflated("these are no gzip data at all"); });
}

TEST(Gzip, LimitIsTheLargestSizeAllowed) {
  EXPECT_EQ(inflated(gzip("1234"), 4), "1234");
  EXPECT_NE(error_of(Code::data, [] { inflated(gzip("12345"), 4); }).find("want 4 bytes"), std::string::npos);
  error_of(Code::data, [] { inflated(gzip("1"), 0); });
}

TEST(Gzip, BombIsInflatedOnlyToTheLimit) {
  const std::string bomb = gzip(std::string(std::size_t{64} << 20, '\0'));
  Gunzip stream(as_packed(bomb), "bomb.gz");
  const std::vector<std::uint8_t> taken = stream.take(1000);
  EXPECT_EQ(taken.size(), 1000u);
  EXPECT_EQ(taken.capacity(), 1000u);
  error_of(Code::data, [&] { Gunzip(as_packed(bomb), "bomb.gz").take_all(1000); });
  EXPECT_LE(std::uint64_t{64} << 20, bomb.size() * kMaxExpansion);
}

TEST(Gzip, MemoryFollowsTheDataNotTheWish) {
  const std::string packed = gzip("little");
  Gunzip stream(as_packed(packed), "x.gz");
  const std::vector<std::uint8_t> taken = stream.take(std::uint64_t{1} << 50);
  EXPECT_EQ(taken.size(), 6u);
  EXPECT_LT(taken.capacity(), std::size_t{32} << 20);
}

}  // namespace
}  // namespace thalweg
