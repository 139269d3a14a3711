// For tests: what an error says.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "thalweg/error.h"

namespace thalweg {

// The message of the Error of that code which the call must throw.
inline std::string error_of(Code code, const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

// The same of an Error(usage).
inline std::string usage_error(const std::function<void()>& call) { return error_of(Code::usage, call); }

inline void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "no `" << part << "` in\n" << text;
}

}  // namespace thalweg
