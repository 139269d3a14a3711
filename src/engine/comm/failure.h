// What one rank has failed of, for the others to fail of it too.
#pragma once

#include <exception>
#include <string>

#include "thalweg/error.h"

namespace thalweg {

struct Failure {
  Code code = Code::failure;
  std::string why;
  std::exception_ptr thrown = nullptr;  // here; null on other ranks

  static Failure of(std::exception_ptr thrown);
  // As it was where it was thrown here, else as an Error of that code which says the same.
  [[noreturn]] void rethrow() const;
};

}  // namespace thalweg
