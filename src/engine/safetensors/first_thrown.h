// What the members of a team throw, which must not leave them.
#pragma once

#include <exception>
#include <mutex>

namespace thalweg {

class FirstThrown {
 public:
  // Calls f() and keeps what it throws; does not, once something was thrown.
  template <class F>
  void unless(F&& f) noexcept {
    if (thrown()) return;
    try {
      f();
    } catch (...) {
      const std::lock_guard hold(mutex_);
      if (first_ == nullptr) first_ = std::current_exception();
    }
  }

  bool thrown() {
    const std::lock_guard hold(mutex_);
    return first_ != nullptr;
  }

  // Once all members are done.
  void rethrow() const {
    if (first_ != nullptr) std::rethrow_exception(first_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr first_;
};

}  // namespace thalweg
