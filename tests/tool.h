// For tests of the tool and of other programs: runs them as processes in a folder of their own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace thalweg {

using Arguments = std::vector<std::string>;

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Every path below a folder with its bytes and its time of change; folders without either.
inline std::map<std::string, std::string> snapshot(const std::filesystem::path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    std::string& value = found[entry.path().lexically_relative(folder).string()];
    if (!entry.is_regular_file()) continue;
    const auto changed = entry.last_write_time().time_since_epoch().count();
    value = std::to_string(changed) + " " + contents(entry.path());
  }
  return found;
}

// The paths whose presence, bytes or time differ.
inline std::vector<std::string> differences(const std::map<std::string, std::string>& before,
                                            const std::map<std::string, std::string>& after) {
  std::vector<std::string> found;
  for (const auto& [path, value] : before) {
    const auto same = after.find(path);
    if (same == after.end() || same->second != value) found.push_back(path);
  }
  for (const auto& [path, value] : after) {
    if (!before.contains(path)) found.push_back(path);
  }
  return found;
}

struct Outcome {
  int code = 0;  // the exit code; minus the signal for a process that one ended
  std::string out;
  std::string err;
};

// A program, found as a shell finds it, running in `folder`; its output goes to files elsewhere.
class Process {
 public:
  Process(const std::filesystem::path& folder, Arguments words)
      : out_(folder.string() + ".out"), err_(folder.string() + ".err") {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    constexpr int kNew = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), kNew, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err_.c_str(), kNew, 0600);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    // A hang-up ends it though the tests run under nohup.
    sigset_t hang_up;
    sigemptyset(&hang_up);
    sigaddset(&hang_up, SIGHUP);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &hang_up);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int error = posix_spawnp(&pid_, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) pid_ = -1;
    EXPECT_EQ(error, 0) << argv[0] << ": " << std::strerror(error);
  }

  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove(out_, ignored);
    std::filesystem::remove(err_, ignored);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const std::string& output() const { return out_; }  // the file of its stdout

  void send(int signal) const {
    if (pid_ > 0) ::kill(pid_, signal);
  }

  Outcome wait() {
    if (pid_ <= 0) return {.code = -1, .out = "", .err = ""};
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return {.code = code, .out = contents(out_), .err = contents(err_)};
  }

 private:
  std::string out_;
  std::string err_;
  pid_t pid_ = -1;
};

// The tool.
class ToolProcess : public Process {
 public:
  ToolProcess(const std::filesystem::path& folder, const Arguments& arguments)
      : Process(folder, with_tool(arguments)) {}

 private:
  static Arguments with_tool(Arguments words) {
    words.insert(words.begin(), THALWEG_TOOL);
    return words;
  }
};

inline Outcome run_tool(const std::filesystem::path& folder, const Arguments& arguments) {
  return ToolProcess(folder, arguments).wait();
}

// Waits until a file holds more than so many bytes, 30 seconds at most.
inline bool wait_for_growth(const std::filesystem::path& file, std::uintmax_t bytes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::error_code error;
  while (std::chrono::steady_clock::now() < end) {
    const auto size = std::filesystem::file_size(file, error);
    if (!error && size > bytes) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace thalweg
