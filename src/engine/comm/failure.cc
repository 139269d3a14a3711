#include "comm/failure.h"

#include <utility>

namespace thalweg {
namespace {

class SameError : public Error {
 public:
  SameError(Code code, const std::string& text) : Error(code, {"", text, "", "", ""}) {}
};

}  // namespace

Failure Failure::of(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    return {error.code(), error.what(), std::move(thrown)};
  } catch (const std::exception& error) {
    return {Code::resource, error.what(), std::move(thrown)};
  }
}

void Failure::rethrow() const {
  if (thrown != nullptr) std::rethrow_exception(thrown);
  throw SameError(code, why);
}

}  // namespace thalweg
