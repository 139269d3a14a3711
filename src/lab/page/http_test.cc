#include "page/http.h"

#include <gtest/gtest.h>

namespace thalweg::page {
namespace {

TEST(Http, ReadsARequest) {
  const Request request = parse_request("GET /run/a HTTP/1.1\r\nhOst:  127.0.0.1:80 \r\nX: y\r\n\r\n");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/run/a");
  EXPECT_EQ(request.host, "127.0.0.1:80");
}

TEST(Http, TwoHostsAreNotARequest) {
  EXPECT_EQ(parse_request("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n").method, "");
}

TEST(Http, WhatIsNoRequestIsEmpty) {
  for (const char* text : {"", "GET", "GET /", "GET / FTP/1.0\r\n\r\n", "\r\n\r\n", "   "}) {
    EXPECT_EQ(parse_request(text).method, "") << text;
  }
}

TEST(Http, OnlyThisMachineIsAHost) {
  EXPECT_TRUE(is_own_host("127.0.0.1:8420", 8420));
  EXPECT_TRUE(is_own_host("localhost:8420", 8420));
  for (const char* host :
       {"", "evil.example:8420", "127.0.0.1", "127.0.0.1:8421", "127.0.0.1:8420.evil.example"})
    EXPECT_FALSE(is_own_host(host, 8420)) << host;
}

TEST(Http, PercentEncodingComesBack) {
  const std::string name = "a b/\u00e9%..?#<\"";
  EXPECT_EQ(percent_decoded(percent_encoded(name)), name);
  EXPECT_EQ(percent_encoded("run-1_2.x~"), "run-1_2.x~");
  for (const char* text : {"%", "%4", "%zz", "%+1"}) EXPECT_EQ(percent_decoded(text), "") << text;
}

TEST(Http, AnswerCountsItsBytes) {
  const std::string text = answer(404, "text/plain", "no\n");
  EXPECT_TRUE(text.starts_with("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_NE(text.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\nno\n"));
}

}  // namespace
}  // namespace thalweg::page
