// The speed of memory: the same streams read and written, with nothing to compute.
#include "task.h"

namespace optimizer_step {
namespace {

class Limit : public Competitor {
 public:
  explicit Limit(const Task& task) : limit_(task.passes(), task.threads) {}
  void step() override { limit_.run(); }
  void calibrate() override { limit_.calibrate(); }
  std::size_t distance() const override { return limit_.distance(); }

 private:
  thalweg::MemoryLimit limit_;
};

}  // namespace

std::unique_ptr<Competitor> make_limit(const Task& task) { return std::make_unique<Limit>(task); }

}  // namespace optimizer_step
