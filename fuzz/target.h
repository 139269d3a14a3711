// For fuzz targets: what must hold, what an error must look like, and files for readers that want some.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "thalweg/error.h"

namespace thalweg::fuzz {

inline void require(bool condition, const char* what, const std::string& about = {}) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n%s\n", what, about.c_str());
  std::abort();
}

inline std::size_t count(std::string_view text, char c) {
  std::size_t found = 0;
  for (const char x : text) found += x == c ? 1 : 0;
  return found;
}

// A message says something, on one line or with an excerpt and a caret below it, and moves no terminal.
inline void require_message(const Error& error, Code code) {
  const std::string_view text = error.what();
  require(error.code() == code, "an error of another kind", error.what());
  require(text.size() >= 10 && text.find_first_not_of(" \n;:") != text.npos, "an empty message",
          error.what());
  const std::size_t lines = count(text, '\n');
  require(lines == 0 || (lines == 2 && text.ends_with('^')), "a message of another form", error.what());
  for (const char c : text) {
    require(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f),
            "a control character in a message", error.what());
  }
}

// What `call` gives, or nothing and the message when it throws an Error, which must be one of `code`.
template <class Call>
auto attempt(Code code, std::string& message, const Call& call) -> std::optional<decltype(call())> {
  try {
    message.clear();
    return call();
  } catch (const Error& error) {
    require_message(error, code);
    message = error.what();
    return std::nullopt;
  }
}

// The same, twice: it must come to the same end.
template <class Call>
auto attempt_twice(Code code, const Call& call) -> std::optional<decltype(call())> {
  std::string first, second;
  const auto once = attempt(code, first, call);
  auto again = attempt(code, second, call);
  require(first == second && once.has_value() == again.has_value(), "another end at the second time",
          first + "\n" + second);
  return again;
}

// A folder of this process in memory or, where there is no such file system, on the disk.
class Folder {
 public:
  Folder() {
    std::string name =
        std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
    name += "/thalweg-fuzz-XXXXXX";
    require(::mkdtemp(name.data()) != nullptr, "no folder can be made", name);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    std::ofstream file(path_ / name, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    require(file.flush().good(), "a file cannot be written", name);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace thalweg::fuzz
