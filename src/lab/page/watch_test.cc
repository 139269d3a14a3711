#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "thalweg/error.h"
#include "thalweg/lab/page.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class WatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::path(::testing::TempDir()) /
        (std::string("thalweg_watch_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    make_folder(folder_);
    add("one", 3);
    watch_ = std::make_unique<Watch>(folder_);
    server_ = std::thread([this] { watch_->serve([this] { return done_.load(); }); });
  }
  void TearDown() override {
    done_ = true;
    server_.join();
    fs::remove_all(folder_);
  }

  void add(const std::string& name, int updates) {
    make_folder(folder_ / name);
    std::string lines;
    for (int k = 1; k <= updates; ++k) {
      lines += "{\"update\": " + std::to_string(k) +
               ", \"epoch\": 0, \"loss\": 0.5, \"lr\": 1, \"grad_norm\": 1}\n";
    }
    replace_file(folder_ / name / "config.toml", "batch = 64\n");
    replace_file(folder_ / name / "metrics.jsonl", lines);
  }

  int connected() const {
    const int made = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(watch_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return made;
  }

  // Sends the text as it stands, and gives all that comes back.
  std::string send_raw(const std::string& text) const {
    const int made = connected();
    EXPECT_EQ(::send(made, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    ::shutdown(made, SHUT_WR);
    std::string out;
    char buffer[4096];
    for (ssize_t got; (got = ::recv(made, buffer, sizeof buffer, 0)) > 0;)
      out.append(buffer, static_cast<std::size_t>(got));
    ::close(made);
    return out;
  }

  std::string host() const { return "127.0.0.1:" + std::to_string(watch_->port()); }
  std::string get(const std::string& target) const {
    return send_raw("GET " + target + " HTTP/1.1\r\nHost: " + host() + "\r\n\r\n");
  }

  fs::path folder_;
  std::unique_ptr<Watch> watch_;
  std::thread server_;
  std::atomic<bool> done_ = false;
};

TEST_F(WatchTest, ServesTheIndexAndTheRuns) {
  EXPECT_TRUE(has(get("/"), "<a href=\"/run/one\">one</a>"));
  EXPECT_FALSE(has(get("/"), "/all"));
  add("two words", 2);
  const std::string index = get("/");
  EXPECT_TRUE(has(index, "<a href=\"/run/two%20words\">two words</a>"));
  EXPECT_TRUE(has(index, "href=\"/all\""));
  EXPECT_TRUE(has(get("/run/one"), "after 3 updates</h1>"));
  EXPECT_TRUE(has(get("/run/two%20words"), "after 2 updates</h1>"));
  EXPECT_TRUE(has(get("/all"), "2 training runs"));
  EXPECT_TRUE(has(get("/run/one"), "connect-src 'self'"));
}

TEST_F(WatchTest, ServesNothingElse) {
  replace_file(folder_ / "secret.txt", "secret");
  for (const char* target :
       {"/secret.txt", "/run/", "/run/none", "/run/..", "/run/../one", "/run/%2e%2e%2fone",
        "/run/one/metrics.jsonl", "/run/.", "//", "/run/one%00", "one"}) {
    EXPECT_TRUE(has(get(target), "HTTP/1.1 404 ")) << target;
  }
  EXPECT_TRUE(has(send_raw("POST / HTTP/1.1\r\nHost: " + host() + "\r\n\r\n"), "HTTP/1.1 405 "));
  EXPECT_TRUE(has(send_raw("nonsense\r\n\r\n"), "HTTP/1.1 400 "));
  EXPECT_TRUE(has(get("/"), "HTTP/1.1 200 "));  // and goes on
}

TEST_F(WatchTest, RefusesOtherHosts) {
  for (const char* head : {"Host: evil.example\r\n", "Host: 127.0.0.1\r\n", ""}) {
    EXPECT_TRUE(has(send_raw(std::string("GET / HTTP/1.1\r\n") + head + "\r\n"), "HTTP/1.1 403 ")) << head;
  }
}

TEST_F(WatchTest, RefusesTwoHosts) {
  const std::string line = "Host: " + host() + "\r\n";
  EXPECT_TRUE(has(send_raw("GET / HTTP/1.1\r\n" + line + line + "\r\n"), "HTTP/1.1 400 "));
}

TEST_F(WatchTest, ServesWhileManyOthersHaveNotAsked) {
  std::vector<int> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(connected());
    EXPECT_EQ(::send(idle.back(), "GET", 3, MSG_NOSIGNAL), 3);
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(has(get("/"), "HTTP/1.1 200 "));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
  for (const int one : idle) ::close(one);
}

TEST_F(WatchTest, ServesWhileMoreHaveNotAskedThanAreServed) {
  std::vector<int> idle;
  for (int i = 0; i < 400; ++i) idle.push_back(connected());
  EXPECT_TRUE(has(get("/"), "HTTP/1.1 200 "));
  for (const int one : idle) ::close(one);
}

TEST_F(WatchTest, ServesWhileOthersDoNotTakeTheirAnswers) {
  std::vector<int> slow;
  const std::string request = "GET /run/one HTTP/1.1\r\nHost: " + host() + "\r\n\r\n";
  for (int i = 0; i < 50; ++i) {
    slow.push_back(connected());
    const int least = 1;
    ::setsockopt(slow.back(), SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
    EXPECT_EQ(::send(slow.back(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
  }
  EXPECT_TRUE(has(get("/"), "</html>"));
  for (const int one : slow) ::close(one);
}

TEST_F(WatchTest, HangsUpOnAHeadThatTakesTooLong) {
  const int slow = connected();
  const auto begin = std::chrono::steady_clock::now();
  char byte;
  while (::recv(slow, &byte, 1, MSG_DONTWAIT) != 0) {  // a byte now and then does not put it off
    const auto waited = std::chrono::steady_clock::now() - begin;
    ASSERT_LT(waited, std::chrono::seconds(20));
    if (::send(slow, "G", 1, MSG_NOSIGNAL) < 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_GT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
  ::close(slow);
}

TEST_F(WatchTest, KeepsWhatItSawOfARunThatBeginsAnewOrIsHalfWritten) {
  EXPECT_TRUE(has(get("/run/one"), "after 3 updates</h1>"));
  replace_file(folder_ / "one/metrics.jsonl", "{\"update\": 1, \"ep\n{}");
  EXPECT_TRUE(has(get("/run/one"), "after 3 updates</h1>"));
  add("one", 1);
  EXPECT_TRUE(has(get("/run/one"), "after 1 update</h1>"));
}

TEST_F(WatchTest, SaysHowEachRunStands) {
  const fs::path run = folder_ / "one";
  EXPECT_TRUE(has(get("/"), "<td>died</td>"));  // nobody holds its lock
  const int lock = ::open((run / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  EXPECT_TRUE(has(get("/"), "<td>running</td>"));
  EXPECT_TRUE(has(get("/run/one"), "Running: there is no result yet."));
  ::close(lock);
  EXPECT_TRUE(has(get("/run/one"), "Died: there is no result yet."));
  make_folder(run / "checkpoints");
  replace_file(run / "checkpoints/2.safetensors", "");
  EXPECT_TRUE(has(get("/"), "<td>died</td>"));
  replace_file(run / "checkpoints/3.safetensors", "");
  EXPECT_TRUE(has(get("/"), "<td>interrupted</td>"));
  const std::string epoch =
      "{\"update\": 2, \"epoch\": 1, \"train_loss\": 1, \"test\": {\"loss\": 1, "
      "\"accuracy\": 0.5}, \"seconds\": 1}\n";
  replace_file(run / "metrics.jsonl",
               epoch + "{\"update\": 3, \"epoch\": 1, \"loss\": null, \"lr\": null, \"grad_norm\": null}\n");
  EXPECT_TRUE(has(get("/"), "<td>diverged</td><td>diverged</td>"));
  EXPECT_TRUE(has(get("/run/one"), "<h1>Diverged"));
  replace_file(run / "metrics.jsonl", epoch);
  replace_file(run / "result.json", "{\"schema\": 1, \"test\": {\"loss\": 1, \"accuracy\": 0.5}}\n");
  EXPECT_TRUE(has(get("/"), "<td>finished</td>"));
}

TEST_F(WatchTest, NamesTheRunsThatAllLeavesOut) {
  for (int i = 10; i < 33; ++i) add(std::to_string(i), 2);
  EXPECT_TRUE(has(get("/all"), "24 training runs"));
  EXPECT_FALSE(has(get("/all"), "Left out"));
  add("33", 2);
  EXPECT_TRUE(has(get("/all"), "24 training runs"));
  EXPECT_TRUE(has(get("/all"), "Left out: the 1 before these 24."));
  replace_file(folder_ / "33/metrics.jsonl", "no JSON\n");
  EXPECT_TRUE(has(get("/all"), ">33</th>"));  // as it was read before
  EXPECT_TRUE(has(get("/"), "shown as it was before: "));
}

TEST_F(WatchTest, SaysWhyARunCannotBeRead) {
  add("two", 2);
  add("bad\x1b", 1);
  replace_file(folder_ / "bad\x1b/metrics.jsonl", "no JSON\n");
  EXPECT_TRUE(has(get("/"), "bad\\u001b</a></th>"));
  EXPECT_TRUE(has(get("/"), "cannot be read: "));
  const std::string all = get("/all");
  EXPECT_TRUE(has(all, "2 training runs"));
  EXPECT_TRUE(has(all, "Left out: bad\\u001b cannot be read: "));
  EXPECT_TRUE(has(all, "is not JSON"));
  EXPECT_TRUE(has(get("/run/bad%1b"), "is not JSON"));
}

TEST(Watch, NeedsAFolder) { EXPECT_THROW(Watch("/nonexistent/folder"), Error); }

TEST(Watch, TellsAPortThatIsTaken) {
  const Watch first(::testing::TempDir());
  EXPECT_THROW(Watch(::testing::TempDir(), first.port()), Error);
  EXPECT_EQ(first.url(), "http://127.0.0.1:" + std::to_string(first.port()) + "/");
}

}  // namespace
}  // namespace thalweg
