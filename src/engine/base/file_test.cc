#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "thalweg/error.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

// A folder for each test, removed with all it holds.
class FileTest : public testing::Test {
 protected:
  FileTest() {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = fs::temp_directory_path() / ("thalweg-" + name + "-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~FileTest() override { fs::remove_all(folder_); }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }

  // The message of the Error of `code` that `f` throws; empty when it does not.
  template <class F>
  static std::string message_of(Code code, const F& f) {
    try {
      f();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return {};
  }

  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  void expect_unreadable(const fs::path& path, const std::string& got) const {
    const std::string what = message_of(Code::data, [&] { read_file(path); });
    EXPECT_EQ(what.rfind(path.string() + ": cannot be read; got " + got, 0), 0u) << what;
    EXPECT_EQ(message_of(Code::data, [&] { read_text_file(path); }), what);
  }

  fs::path folder_;
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  const std::string text = std::string("line\n\0\xff end", 11);
  replace_file(folder_ / "a", text);
  EXPECT_EQ(read_text_file(folder_ / "a"), text);
  EXPECT_EQ(read_file(folder_ / "a").size(), text.size());
  replace_file(folder_ / "a", "");
  EXPECT_TRUE(read_file(folder_ / "a").empty());
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(FileTest, PartsFollowEachOther) {
  const std::string first = "one,", last = "three";
  const std::span<const std::byte> parts[] = {
      std::as_bytes(std::span(first)), {}, std::as_bytes(std::span(last))};
  replace_file(folder_ / "a", parts);
  EXPECT_EQ(read_text_file(folder_ / "a"), "one,three");
}

TEST_F(FileTest, APathMayBeRelativeAndWithoutAFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  replace_file("plain", "x");
  EXPECT_EQ(read_text_file("plain"), "x");
  fs::current_path(before);
}

TEST_F(FileTest, AReaderSeesTheOldFileOrTheNewOne) {
  const std::string small(1000, 'a');
  const std::string large(300000, 'b');
  replace_file(folder_ / "a", small);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) replace_file(folder_ / "a", i % 2 == 0 ? large : small);
    done = true;
  });
  int reads = 0;
  int torn = 0;
  for (; !done || reads == 0; ++reads) {
    const std::string seen = read_text_file(folder_ / "a");
    torn += seen == small || seen == large ? 0 : 1;
  }
  writer.join();
  EXPECT_EQ(torn, 0) << "of " << reads << " reads";
}

TEST_F(FileTest, AMissingFolderIsNamedWithPathAndBytes) {
  const fs::path path = folder_ / "missing" / "a";
  const std::string what = message_of(Code::resource, [&] { replace_file(path, "12345"); });
  EXPECT_EQ(what, path.string() + ": cannot be written; got " + system_message(ENOENT) +
                      "; want 5 bytes; make the folder `" + (folder_ / "missing").string() + "` first");
  EXPECT_TRUE(names().empty());
}

// Lowers the largest size of a file that this process may write, so that a write fails half-way.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(FileTest, AWriteThatFailsHalfWayLeavesTheOldFileAndNothingElse) {
  const fs::path path = folder_ / "a";
  replace_file(path, "old");
  std::string what;
  {
    const SizeLimit limit(4096);
    what = message_of(Code::resource, [&] { replace_file(path, std::string(10000, 'x')); });
  }
  EXPECT_TRUE(
      has(what, path.string() + ": cannot be written; got " + system_message(EFBIG) + "; want 10000 bytes"))
      << what;
  EXPECT_EQ(read_text_file(path), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(FileTest, AFolderIsNotReplaced) {
  fs::create_directory(folder_ / "a");
  EXPECT_TRUE(
      has(message_of(Code::resource, [&] { replace_file(folder_ / "a", "x"); }), "cannot be written"));
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
  EXPECT_TRUE(fs::is_directory(folder_ / "a"));
}

mode_t mode_of(const fs::path& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST_F(FileTest, ModesStayAndNewFilesFollowTheMask) {
  const fs::path path = folder_ / "a";
  for (const mode_t mode : {0600, 0640, 0444, 0755}) {
    replace_file(path, "old");
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    replace_file(path, "new");
    EXPECT_EQ(mode_of(path), mode);
    write_output(path, "newer");
    EXPECT_EQ(mode_of(path), mode);
    fs::remove(path);
  }
  const mode_t before = ::umask(027);
  replace_file(path, "new");
  EXPECT_EQ(mode_of(path), 0640U);
  ::umask(before);
}

TEST_F(FileTest, ATemporaryNameThatIsTakenIsNotWrittenThrough) {
  replace_file(folder_ / "victim", "precious");
  const std::string mine = "a.tmp-" + std::to_string(::getpid()) + "-";
  for (int serial = 0; serial < 2000; ++serial)
    fs::create_symlink("victim", folder_ / (mine + std::to_string(serial)));
  replace_file(folder_ / "a", "x");
  EXPECT_EQ(read_text_file(folder_ / "victim"), "precious");
  EXPECT_EQ(read_text_file(folder_ / "a"), "x");
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(folder_ / "a")));
}

TEST_F(FileTest, AnOutputFollowsSymbolicLinks) {
  fs::create_directory(folder_ / "there");
  replace_file(folder_ / "there" / "file", "old");
  ::chmod((folder_ / "there" / "file").c_str(), 0600);
  fs::create_symlink("there/file", folder_ / "one");
  fs::create_symlink("one", folder_ / "two");
  fs::create_symlink(folder_ / "two", folder_ / "three");  // absolute
  for (const char* name : {"one", "two", "three"}) {
    write_output(folder_ / name, name);
    EXPECT_TRUE(fs::is_symlink(folder_ / name));
    EXPECT_EQ(read_text_file(folder_ / "there" / "file"), name);
    EXPECT_EQ(mode_of(folder_ / "there" / "file"), 0600U);
  }
  fs::create_symlink("there/new", folder_ / "broken");
  write_output(folder_ / "broken", "made");
  EXPECT_TRUE(fs::is_symlink(folder_ / "broken"));
  EXPECT_EQ(read_text_file(folder_ / "there" / "new"), "made");
  fs::create_symlink("loop", folder_ / "loop");
  EXPECT_TRUE(
      has(message_of(Code::resource, [&] { write_output(folder_ / "loop", "x"); }), system_message(ELOOP)));
  EXPECT_TRUE(fs::is_symlink(folder_ / "loop"));
}

TEST_F(FileTest, EveryNameOfAnOutputShowsTheNewText) {
  replace_file(folder_ / "a", std::string(100, 'o'));
  ::chmod((folder_ / "a").c_str(), 0640);
  fs::create_hard_link(folder_ / "a", folder_ / "b");
  for (const std::string& text : {std::string("short"), std::string(1000, 'l'), std::string()}) {
    write_output(folder_ / "a", text);
    EXPECT_EQ(read_text_file(folder_ / "a"), text);
    EXPECT_EQ(read_text_file(folder_ / "b"), text);
    EXPECT_EQ(fs::hard_link_count(folder_ / "b"), 2U);
    EXPECT_EQ(mode_of(folder_ / "b"), 0640U);
  }
}

TEST_F(FileTest, APipeIsWrittenInto) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  fs::create_symlink("pipe", folder_ / "link");
  const std::string text(200'000, 'x');  // more than a pipe holds
  for (const fs::path& path : {pipe, folder_ / "link"}) {
    std::string got;
    std::thread reader([&] {
      std::FILE* file = std::fopen(pipe.c_str(), "r");
      for (int c; file != nullptr && (c = std::fgetc(file)) != EOF;) got += static_cast<char>(c);
      if (file != nullptr) std::fclose(file);
    });
    write_output(path, text);
    reader.join();
    EXPECT_TRUE(got == text);
    EXPECT_TRUE(fs::is_fifo(pipe));
  }
}

TEST_F(FileTest, ADeviceIsWrittenInto) {
  EXPECT_TRUE(has(message_of(Code::resource, [] { write_output("/dev/full", "x"); }),
                  "/dev/full: cannot be written; got " + system_message(ENOSPC)));
  const fs::path null = folder_ / "null";
  if (::mknod(null.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) GTEST_SKIP() << "devices cannot be made";
  const int open = ::open(null.c_str(), O_WRONLY);
  if (open < 0) GTEST_SKIP() << "devices cannot be opened here";
  ::close(open);
  fs::create_symlink("null", folder_ / "link");
  for (const char* name : {"null", "link"}) {
    write_output(folder_ / name, "x");
    EXPECT_TRUE(fs::is_character_file(null));
    EXPECT_EQ(mode_of(null), 0600U);
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"link", "null"}));
}

// A rename would make a regular file of it, for everybody.
TEST_F(FileTest, WhatIsNoRegularFileIsNotReplaced) {
  const fs::path pipe = folder_ / "pipe", device = folder_ / "device", socket = folder_ / "socket";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  ASSERT_EQ(::mknod(socket.c_str(), S_IFSOCK | 0600, 0), 0);
  const auto refusal = [&](const fs::path& path) {
    return message_of(Code::resource, [&] { replace_file(path, "x"); });
  };
  const std::string want = "; want a regular file or a new name";
  EXPECT_EQ(refusal(pipe), pipe.string() + ": cannot be replaced by a file; got a pipe" + want);
  EXPECT_EQ(refusal(socket), socket.string() + ": cannot be replaced by a file; got a socket" + want);
  EXPECT_TRUE(fs::is_fifo(pipe) && fs::is_socket(socket));
  EXPECT_EQ(names(), (std::vector<std::string>{"pipe", "socket"}));
  if (::mknod(device.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) GTEST_SKIP() << "devices cannot be made";
  EXPECT_EQ(refusal(device), device.string() + ": cannot be replaced by a file; got a device" + want);
  EXPECT_TRUE(fs::is_character_file(device));
}

TEST_F(FileTest, WhatCannotBeAnOutputIsNamed) {
  fs::create_directory(folder_ / "a");
  replace_file(folder_ / "file", "x");
  for (const char* name : {"a", "file/b", "missing/b"}) {
    const std::string what = message_of(Code::resource, [&] { write_output(folder_ / name, "12345"); });
    EXPECT_TRUE(has(what, (folder_ / name).string() + ": cannot be written; got ")) << what;
    EXPECT_TRUE(has(what, "want 5 bytes")) << what;
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"a", "file"}));
}

TEST_F(FileTest, WhatCannotBeReadIsNamed) {
  expect_unreadable(folder_ / "absent", system_message(ENOENT) + "; want a readable file");
  expect_unreadable(folder_, "a folder; want a file");
  replace_file(folder_ / "a", "x");
  expect_unreadable(folder_ / "a" / "b", system_message(ENOTDIR));
  fs::create_symlink("loop", folder_ / "loop");
  expect_unreadable(folder_ / "loop", system_message(ELOOP));
  expect_unreadable(folder_ / std::string(300, 'n'), system_message(ENAMETOOLONG));
}

TEST_F(FileTest, AForbiddenFileIsNamed) {
  replace_file(folder_ / "a", "x");
  ::chmod((folder_ / "a").c_str(), 0);
  const uid_t user = ::geteuid();
  constexpr uid_t kNobody = 65534;  // root may read everything
  if (user == 0) {
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  expect_unreadable(folder_ / "a", system_message(EACCES));
  ASSERT_EQ(::seteuid(user), 0);
}

TEST_F(FileTest, APipeIsRefusedWithoutWaitingForAWriter) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  expect_unreadable(folder_ / "pipe", "not a regular file; want a file");
}

TEST_F(FileTest, AFileAboveTheLimitIsNotRead) {
  replace_file(folder_ / "a", "12345");
  EXPECT_EQ(read_file(folder_ / "a", 5).size(), 5u);
  EXPECT_EQ(message_of(Code::data, [&] { read_file(folder_ / "a", 4); }),
            (folder_ / "a").string() + ": cannot be read; got 5 bytes; want at most 4");
}

TEST_F(FileTest, OnlyTemporaryFilesUnderOurNamesAreLeftovers) {
  for (const char* name : {"a.tmp-12-0", "a", "a.tmp-", "a.tmp-x1", "a.tmp-1", "a.tmp--1", "a.tmp-1-2-3",
                           ".tmp-3-1", "tmp-12-1", "b.c.tmp-0-7", "notes.tmp-12-0"}) {
    replace_file(folder_ / name, "x");
  }
  fs::create_directories(folder_ / "a.tmp-7-1");
  const auto ours = [](std::string_view name) { return name == "a" || name == "b.c"; };
  remove_leftovers(folder_, ours);
  EXPECT_EQ(names(),
            (std::vector<std::string>{".tmp-3-1", "a", "a.tmp-", "a.tmp--1", "a.tmp-1", "a.tmp-1-2-3",
                                      "a.tmp-7-1", "a.tmp-x1", "notes.tmp-12-0", "tmp-12-1"}));
  remove_leftovers(folder_ / "missing", ours);
}

TEST_F(FileTest, FoldersAreMadeWithTheirParents) {
  make_folder(folder_ / "a" / "b" / "c");
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b" / "c"));
  make_folder(folder_ / "a" / "b" / "c");
  replace_file(folder_ / "file", "x");
  for (const char* name : {"file", "file/a"}) {
    const std::string what = message_of(Code::resource, [&] { make_folder(folder_ / name); });
    EXPECT_TRUE(has(what, (folder_ / name).string() + ": the folder cannot be created")) << what;
  }
}

}  // namespace
}  // namespace thalweg
