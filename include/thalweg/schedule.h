// Schedules: numbers that depend on how many updates have been done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace thalweg {

// The lengths of a run, from which shares (5%) and epochs (2ep) are resolved. 0: not known.
struct Lengths {
  std::uint64_t updates = 0;    // of the whole run
  std::uint64_t per_epoch = 0;  // updates per epoch
};

// An immutable value, cheap to copy: a plain number, or a shape such as cosine(3e-4, total=10000,
// warmup=500). Shapes nest: join([linear(0.1), cosine(0.05)], at=[20%]), product([0.5, step(1, every=30ep)]).
//
// Pure and closed-form in the number k of updates done: schedule(k) is what the update after k updates uses,
// and jumping to a k gives what stepping there gives. Computed in double. Several threads may read one.
class Schedule {
 public:
  Schedule(double constant);  // NOLINT: a number is a schedule

  // Throws Error(usage) with a caret for a text that is not a schedule, a number out of range, or warmup >=
  // total.
  explicit Schedule(std::string_view text);

  // The value used by the update after k updates. Needs resolved(); an unresolved schedule gives NaN.
  double operator()(std::uint64_t k) const;

  // Whether every length is a number of updates.
  bool resolved() const;

  // The same with shares and epochs as updates: of the schedule's own `total` where it is given, else of the
  // run; rounded half up, and at least 1 unless 0. The run of a part of `join` is its span. Lengths that
  // cannot be resolved yet stay as they are. Throws Error(usage) for warmup >= total.
  Schedule resolve(const Lengths& lengths) const;

  // The first option that is not resolved yet: "total"; empty when resolved().
  std::string unresolved() const;

  // The update at which it ends, or 0 when it has no end or none is known yet.
  std::uint64_t total() const;

  // Bounds of the values over all k.
  double lowest() const;
  double highest() const;

  // Canonical text; Schedule(text()) == *this. With `every`, also the options at their default.
  std::string text(bool every = false) const;
  bool operator==(const Schedule& other) const { return text() == other.text(); }

 private:
  struct Shaped;
  friend struct ScheduleReader;
  double constant_ = 0;
  std::shared_ptr<const Shaped> shaped_;  // null: the constant
};

}  // namespace thalweg
