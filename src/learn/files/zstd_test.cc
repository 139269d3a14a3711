#include "files/zstd.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "files/gzip.h"
#include "files/input.h"
#include "files/test_gzip.h"
#include "files/test_zstd.h"

namespace thalweg {
namespace {

std::span<const std::byte> as_packed(const std::string& bytes) {
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}

std::string inflated(const std::string& packed, std::uint64_t limit = 1 << 20) {
  const std::vector<std::uint8_t> bytes = Unzstd(as_packed(packed), "x.zst").take_all(limit);
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

const std::string kSkipped = std::string("\x50\x2a\x4d\x18\x03\0\0\0abc", 11);

// By hand, RFC 8878: magic, a header without checksum of 3 bytes in one segment, a last raw block of 3 bytes.
TEST(Zstd, AFrameWrittenByHandIsRead) {
  EXPECT_EQ(inflated(std::string("\x28\xb5\x2f\xfd\x20\x03\x19\0\0abc", 12)), "abc");
}

TEST(Zstd, GivesBackWhatWasPacked) {
  for (const int level : {1, 3, 19}) {
    EXPECT_EQ(inflated(zstd("", level)), "");
    EXPECT_EQ(inflated(zstd("thalweg", level)), "thalweg");
    EXPECT_EQ(inflated(zstd(long_text(), level)), long_text());
  }
}

TEST(Zstd, FramesFollowEachOtherAndSomeAreSkipped) {
  EXPECT_EQ(inflated(zstd("one") + zstd("") + kSkipped + zstd("two") + zstd("")), "onetwo");
  EXPECT_EQ(inflated(kSkipped + zstd("one") + kSkipped), "one");
}

TEST(Zstd, CutAtAnyByteIsAnError) {
  const std::string packed = zstd("one") + zstd("two");
  const std::size_t first = zstd("one").size();
  for (std::size_t size = 4; size < packed.size(); ++size) {
    if (size == first) continue;  // a whole frame
    SCOPED_TRACE(size);
    const std::string message = error_of(Code::data, [&] { inflated(packed.substr(0, size)); });
    EXPECT_TRUE(message.starts_with("x.zst, byte ")) << message;
  }
}

TEST(Zstd, AChangedByteIsAnError) {
  const std::string packed = zstd(long_text());
  for (const std::size_t at : {packed.size() - 1, packed.size() - 4, packed.size() / 2}) {
    std::string bad = packed;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    SCOPED_TRACE(at);
    EXPECT_NE(error_of(Code::data, [&] { inflated(bad); }).find("the zstd data is damaged"),
              std::string::npos);
  }
}

TEST(Zstd, BytesAfterTheLastFrameAreAnError) {
  const std::string message = error_of(Code::data, [] { inflated(zstd("one") + "garbage"); });
  EXPECT_NE(message.find("got 7 bytes; want the end"), std::string::npos) << message;
}

TEST(Zstd, ABombIsInflatedOnlyToTheLimit) {
  const std::string bomb = zstd(std::string(std::size_t{64} << 20, '\0'));
  Unzstd stream(as_packed(bomb), "bomb.zst");
  EXPECT_EQ(stream.take(1000).size(), 1000u);
  EXPECT_NE(error_of(Code::data, [&] { inflated(bomb, 1000); }).find("want 1000 bytes; unzstd it"),
            std::string::npos);
  EXPECT_LE(std::uint64_t{64} << 20, stream.capacity());
}

// Packed a hundred times over, so that the share of the whole file is no limit.
template <class Packed, class Pack>
void check_large_bomb(const Pack& pack) {
  const std::string zeros = pack(std::string(std::size_t{64} << 20, '\0'));
  std::string bomb = pack(long_text());
  for (int i = 0; i < 100; ++i) bomb += zeros;
  bomb += std::string(std::size_t{8} << 20, 'x');  // never come to
  Packed stream(as_packed(bomb), "bomb");
  const std::string message = error_of(Code::data, [&] { stream.take_all(most_inflated(bomb.size())); });
  EXPECT_NE(message.find("want 29360128 bytes"), std::string::npos) << message;
}

TEST(Zstd, ALargeBombIsRefusedAsSoonAsASmallOne) {
  check_large_bomb<Unzstd>([](const std::string& bytes) { return zstd(bytes); });
  check_large_bomb<Gunzip>([](const std::string& bytes) { return gzip(bytes); });
}

TEST(Zstd, FilesAreKnownByTheirFirstBytes) {
  const TestFolder folder;
  folder.write("text", zstd("a,b\n1,2\n"));
  EXPECT_EQ(TextFile(folder.path() / "text").text(), "a,b\n1,2\n");
  Input input(folder.path() / "text");
  EXPECT_EQ(input.read(3), (std::vector<std::uint8_t>{'a', ',', 'b'}));
  EXPECT_NE(error_of(Code::data, [&] { input.finish(); }).find("something follows"), std::string::npos);
  EXPECT_NE(error_of(Code::data, [&] { input.read(std::uint64_t{1} << 40); }).find("too large"),
            std::string::npos);
}

}  // namespace
}  // namespace thalweg
