// How long is a whole step of a network - data, loss, backpropagation, update - and how near is it to what
// the processor can compute?
//
// The data lie in memory, as floats. With --serve the program is one competitor among others: it reads a
// number of steps per line and answers with the seconds that they took (steps.py).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/threads.h"
#include "networks/peak.h"
#include "networks/tasks.h"
#include "thalweg/quantiles.h"
#include "thalweg/trainer.h"

namespace {

clockid_t timed_by = CLOCK_MONOTONIC;

double now() {
  timespec time{};
  clock_gettime(timed_by, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class F>
double seconds_of(const F& f) {
  const double start = now();
  f();
  return now() - start;
}

std::size_t features_of(const Task& task) { return std::max<std::size_t>(1, task.height) * task.width; }

thalweg::Dataset data_of(const Task& task, std::size_t outputs) {
  const thalweg::Random random(1, thalweg::Purpose::init, 0);
  const std::size_t features = features_of(task), rows = task.batch * task.batches;
  std::uint64_t drawn = 0;
  const auto draw = [&] { return static_cast<float>(2 * random.uniform(drawn++) - 1); };
  thalweg::Dataset data;
  data.sample = {static_cast<std::int64_t>(features)};
  if (task.height > 0)
    data.image = {1, static_cast<std::int64_t>(task.height), static_cast<std::int64_t>(task.width)};
  data.classes = task.classes;
  data.columns = task.classes > 0 ? 1 : outputs;
  std::vector<float> inputs(rows * features);
  std::ranges::generate(inputs, draw);
  data.train.assign(features, std::move(inputs));
  for (std::size_t i = 0; i < rows && task.classes > 0; ++i)
    data.train.labels.push_back(static_cast<std::int32_t>(i % task.classes));
  for (std::size_t i = 0; i < rows * outputs && task.classes == 0; ++i) data.train.values.push_back(draw());
  data.test.assign(features, std::vector<float>());
  return data;
}

// A trainer with all that it trains.
struct Training {
  Training(const Task& task, int threads, thalweg::Compute compute)
      : model(task.model, shape_of(task)),
        data(data_of(task, static_cast<std::size_t>(model.outputs().back()))),
        loss(task.loss),
        optimizer(start(model).params(), thalweg::Chain(task.chain), {.threads = threads}),
        trainer(model, loss, optimizer, data, {.batch = task.batch, .threads = threads, .compute = compute}) {
  }

  double run(std::size_t steps) {
    return seconds_of([&] {
      for (std::size_t i = 0; i < steps; ++i) trainer.step();
    });
  }

  thalweg::Module model;
  thalweg::Dataset data;
  thalweg::Loss loss;
  thalweg::Optimizer optimizer;
  thalweg::Trainer trainer;

 private:
  static thalweg::Shape shape_of(const Task& task) {
    const auto width = static_cast<std::int64_t>(task.width);
    return task.height > 0 ? thalweg::Shape{1, static_cast<std::int64_t>(task.height), width}
                           : thalweg::Shape{width};
  }
  static thalweg::Module& start(thalweg::Module& model) {
    model.initialise(1);
    return model;
  }
};

// Floating-point operations a second of all threads.
double peak(thalweg::Team& team, double flops) {
  volatile float kept = 0;
  const double seconds = seconds_of([&] { team.run([&](int) { kept = multiply_add(flops); }); });
  return flops * team.size() / seconds;
}

void report(const Task& task, int threads, int rounds, double seconds, thalweg::Compute compute) {
  Training training(task, threads, compute);
  thalweg::Team team(threads);
  std::size_t steps = 1;
  while (training.run(steps) < seconds / 2 && steps < 1 << 24) steps *= 2;
  std::vector<double> times, shares;
  for (int round = 0; round < rounds; ++round) {
    const double limit = peak(team, 1e9 * seconds);
    times.push_back(training.run(steps) / static_cast<double>(steps));
    shares.push_back(task.flops / times.back() / limit);
  }
  const double least = *std::ranges::min_element(times);
  const thalweg::Median share = thalweg::median_of(shares);
  std::printf(
      "%-13.*s %d threads  %11.3f us a step (least %11.3f)  %7.1f GFLOP/s  limit / ours %.3f [%.3f, %.3f]\n",
      static_cast<int>(task.name.size()), task.name.data(), threads, 1e6 * thalweg::median_of(times).value,
      1e6 * least, task.flops / thalweg::median_of(times).value / 1e9, share.value, share.low, share.high);
}

int serve(const Task& task, int threads, thalweg::Compute compute) {
  Training training(task, threads, compute);
  training.run(1);
  std::printf("READY\n");
  std::fflush(stdout);
  for (std::size_t steps = 0; std::cin >> steps;) {
    std::printf("T %.9f\n", training.run(steps));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> names;
  int threads = 1, rounds = 9;
  double seconds = 0.2;
  bool serves = false;
  std::string compute = "f32";
  CLI::App app("How long is a whole step of a network?");
  app.add_option("--tasks", names)->delimiter(',');
  app.add_option("--threads", threads)->capture_default_str();
  app.add_option("--rounds", rounds)->capture_default_str();
  app.add_option("--seconds", seconds, "of one round")->capture_default_str();
  app.add_flag_callback(
      "--processor-time", [] { timed_by = CLOCK_PROCESS_CPUTIME_ID; },
      "of all threads together, for a machine that has other things to do");
  app.add_option("--compute", compute, "f32 or bf16")->capture_default_str();
  app.add_flag("--serve", serves, "one task, its steps timed as asked for by lines");
  CLI11_PARSE(app, argc, argv);
  for (const Task& task : kTasks) {
    if (!names.empty() && std::ranges::find(names, task.name) == names.end()) continue;
    if (serves) return serve(task, threads, thalweg::parse_compute(compute));
    report(task, threads, rounds, seconds, thalweg::parse_compute(compute));
  }
  return 0;
}
