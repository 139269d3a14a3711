#include "train/own_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/test_error.h"
#include "base/test_folder.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

TEST(OwnFile, WhatLeadsOutOfAFolderIsNotOpened) {
  const TestFolder made;
  const fs::path& folder = made.path();
  replace_file(folder / "plain", "precious");
  replace_file(folder / "twin", "precious");
  fs::create_hard_link(folder / "twin", folder / "hard");
  fs::create_symlink("plain", folder / "soft");
  fs::create_symlink("nowhere", folder / "broken");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  struct Case {
    const char* name;
    const char* got;
  };
  for (const Case& one : {Case{"hard", "2 names of one file"},
                          {"soft", "a symbolic link"},
                          {"broken", "a symbolic link"},
                          {"pipe", "a pipe or a device"}}) {
    const fs::path path = folder / one.name;
    const std::string what = error_of(Code::data, [&] { check_own_file(path); });
    expect_contains(what, path.string() + ": not a file of this folder alone; got " + one.got);
    EXPECT_EQ(error_of(Code::data, [&] { open_own_file(path, O_WRONLY | O_CREAT | O_TRUNC); }), what);
  }
  EXPECT_FALSE(fs::exists(folder / "nowhere"));
  EXPECT_EQ(read_text_file(folder / "plain"), "precious");
  EXPECT_EQ(read_text_file(folder / "hard"), "precious");
  check_own_file(folder / "absent");
  for (const char* name : {"plain", "new"}) {
    const int file = open_own_file(folder / name, O_WRONLY | O_CREAT);
    EXPECT_GE(file, 0);
    ::close(file);
  }
  EXPECT_EQ(open_own_file(folder / "absent", O_WRONLY), -1);
}

}  // namespace
}  // namespace thalweg
