#include "c_abi/call.h"

#include <exception>
#include <new>

namespace thalweg::c {
namespace {

// What a thread was told last. Not an allocation more than a message needs: memory may be what has run out.
struct Told {
  std::string error;
  std::string text;
  const char* fixed = nullptr;  // in place of `error`
};
thread_local Told told;

void keep(const char* message) noexcept {
  told.fixed = nullptr;
  try {
    told.error = message;
  } catch (...) {
    told.fixed = "memory ran out";
  }
}

}  // namespace

thalweg_status keep_error() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    keep(error.what());
    return static_cast<thalweg_status>(error.code());
  } catch (const std::bad_alloc&) {
    told.fixed = "memory ran out";
    return THALWEG_RESOURCE;
  } catch (const std::exception& error) {
    keep(error.what());
    return THALWEG_FAILURE;
  } catch (...) {
    told.fixed = "an unknown exception";
    return THALWEG_FAILURE;
  }
}

void fail_null(const char* name) { throw Error(Code::usage, {name, "it is NULL", "", "a pointer", ""}); }

void give_text(const char** out, std::string text) {
  told.text = std::move(text);
  need(out, "the text to be given") = told.text.c_str();
}

thalweg_status destroy(Kind kind, void* handle) noexcept {
  return handle == nullptr ? THALWEG_OK : call([&] { Handles::all().remove(kind, handle); });
}

void check_struct_size(std::size_t size) {
  constexpr std::size_t kUnit = alignof(std::size_t);  // of every structure: no size ends within a member
  if (size >= kUnit && size <= 65536 && size % kUnit == 0) return;
  throw Error(Code::usage, {"struct_size", "it is not the size of a structure", std::to_string(size),
                            "sizeof of the structure", "set it, or begin with the macro _INIT"});
}

}  // namespace thalweg::c

extern "C" const char* thalweg_last_error(void) {
  using thalweg::c::told;
  return told.fixed != nullptr ? told.fixed : told.error.c_str();
}
