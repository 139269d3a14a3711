// How near is the loader to a plain loop that gathers and converts, and training with it to training on a
// batch that lies there already?
//
// 60,000 images of 28 x 28 bytes in random order, in batches of 128, standardised. The limit is a loop over
// the same rows in float arithmetic, compiled for this machine, that asks for the rows after them; its
// numbers may differ in the last bit. The training is a perceptron's: its steps with the loader beside the
// same steps on one batch, to whose memory nothing is written.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/threads.h"
#include "loader/plain.h"
#include "thalweg/quantiles.h"
#include "thalweg/trainer.h"

namespace {

using thalweg::Median;

struct Flags {
  std::size_t size = 60'000;
  std::size_t batch = 128;
  int threads = thalweg::available_threads();
  int rounds = 9;
  std::string model = "dense(256) | relu | dense(10)";
  std::string json;
};

constexpr std::size_t kFeatures = 784;
const thalweg::Scaling kScaling{72.94035223214286, 1 / 90.02118235130519};  // of Fashion-MNIST

std::vector<std::uint8_t> made_up(std::size_t size) {
  std::vector<std::uint8_t> bytes(size * kFeatures);
  unsigned state = 1;
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
  return bytes;
}

thalweg::Dataset data_of(const std::vector<std::uint8_t>& bytes) {
  thalweg::Dataset data;
  data.sample = {kFeatures};
  data.classes = 10;
  for (std::size_t i = 0; i < bytes.size() / kFeatures; ++i)
    data.train.labels.push_back(static_cast<std::int32_t>(i % 10));
  data.train.assign(kFeatures, bytes);
  data.train.set_scaling(kScaling);
  data.test.assign(kFeatures, std::vector<std::uint8_t>());
  return data;
}

double seconds_of(const std::function<void()>& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Pair {
  const char* what;
  std::size_t samples;  // of one round
  std::vector<double> ours = {}, limit = {};
};

// Every round times both, beginning with another one.
void interleave(Pair& pair, int rounds, const std::function<void()>& ours,
                const std::function<void()>& limit) {
  ours();
  limit();
  for (int round = 0; round < rounds; ++round) {
    if (round % 2 == 0) pair.ours.push_back(seconds_of(ours));
    pair.limit.push_back(seconds_of(limit));
    if (round % 2 == 1) pair.ours.push_back(seconds_of(ours));
  }
}

Pair gather(const Flags& flags, const std::vector<std::uint8_t>& bytes, const thalweg::Dataset& data,
            int threads, bool& same) {
  thalweg::Loader loader(flags.size, flags.batch, 1);
  thalweg::Team team(threads);
  std::vector<float> ours(loader.batch() * kFeatures), limit(ours.size());
  const auto epoch = [&](const std::function<void(std::span<const std::uint32_t>)>& f) {
    for (std::uint64_t k = 0; k < loader.updates_per_epoch(); ++k) f(loader.samples(k));
  };
  Pair pair{threads == 1 ? "gather, 1 thread" : "gather, all threads", flags.size};
  const auto offset = static_cast<float>(kScaling.offset), factor = static_cast<float>(kScaling.factor);
  interleave(
      pair, flags.rounds,
      [&] {
        epoch([&](std::span<const std::uint32_t> rows) {
          data.train.gather(rows, std::span(ours).first(rows.size() * kFeatures), team);
        });
      },
      [&] {
        epoch([&](std::span<const std::uint32_t> rows) {
          team.run([&](int member) {
            const auto [begin, end] = thalweg::slice(rows.size(), member, team.size());
            plain_gather(bytes.data(), kFeatures, rows.subspan(begin, end - begin), offset, factor,
                         limit.data() + begin * kFeatures);
          });
        });
      });
  for (std::size_t i = 0; i < ours.size(); ++i) same &= std::abs(ours[i] - limit[i]) < 1e-5f;
  return pair;
}

Pair train(const Flags& flags, const thalweg::Dataset& data, int threads) {
  const thalweg::Loss loss("cross_entropy");
  thalweg::Module loaded(flags.model, data.sample), staged(flags.model, data.sample);
  loaded.initialise(1);
  staged.initialise(1);
  thalweg::Optimizer of_loaded(loaded.params(), thalweg::Chain("adamw(lr=1e-3)"), {.threads = threads});
  thalweg::Optimizer of_staged(staged.params(), thalweg::Chain("adamw(lr=1e-3)"), {.threads = threads});
  thalweg::Trainer trainer(loaded, loss, of_loaded, data, {.batch = flags.batch, .threads = threads});
  thalweg::Tape tape(thalweg::Dtype::f32, threads);
  const auto n = static_cast<std::int64_t>(flags.batch);
  const thalweg::Tensor x = tape.input({n, kFeatures}), y = staged.record(tape, x);
  std::vector<std::uint32_t> rows(flags.batch);
  for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
  data.train.gather(rows, tape.value<float>(x));
  const std::span<const std::int32_t> labels(data.train.labels.data(), flags.batch);
  const std::size_t steps = flags.size / flags.batch;
  Pair pair{threads == 1 ? "train, 1 thread" : "train, all threads", steps * flags.batch};
  interleave(
      pair, flags.rounds,
      [&] {
        for (std::size_t i = 0; i < steps; ++i) trainer.step();
      },
      [&] {
        for (std::size_t i = 0; i < steps; ++i) {
          tape.train(1, i);
          tape.forward();
          loss.evaluate(tape.value<float>(y), 10, {labels, {}}, 1.0 / static_cast<double>(n),
                        tape.grad<float>(y));
          tape.backward(y);
          of_staged.step();
        }
      });
  return pair;
}

std::string report(const Pair& pair) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < pair.ours.size(); ++i) ratios.push_back(pair.limit[i] / pair.ours[i]);
  const Median ratio = thalweg::median_of(ratios);
  const Median ours = thalweg::median_of(pair.ours), limit = thalweg::median_of(pair.limit);
  const double n = static_cast<double>(pair.samples);
  std::printf("%-20s %10.4g images/s, limit %10.4g   limit / ours in time %.3f [%.3f, %.3f]\n", pair.what,
              n / ours.value, n / limit.value, ratio.value, ratio.low, ratio.high);
  return thalweg::JsonObject()
      .add("what", pair.what)
      .add("images_per_second", n / ours.value)
      .add("limit", n / limit.value)
      .add("ratio", ratio.value)
      .add("low", ratio.low)
      .add("high", ratio.high)
      .text();
}

int run(const Flags& flags) {
  const std::vector<std::uint8_t> bytes = made_up(flags.size);
  const thalweg::Dataset data = data_of(bytes);
  bool same = true;
  std::vector<Pair> pairs;
  for (const int threads : {1, flags.threads}) {
    pairs.push_back(gather(flags, bytes, data, threads, same));
    pairs.push_back(train(flags, data, threads));
    if (flags.threads == 1) break;
  }
  if (!same) {
    std::fprintf(stderr, "what is gathered is not what the plain loop gathers\n");
    return 1;
  }
  thalweg::JsonArray all;
  for (const Pair& pair : pairs) all.raw(report(pair));
  if (!flags.json.empty())
    std::ofstream(flags.json) << thalweg::JsonObject()
                                     .add("schema", 1)
                                     .add("question", "loader")
                                     .add("threads", flags.threads)
                                     .raw("results", all.text())
                                     .text()
                              << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("How near is the loader to a plain loop, and training with it to training on staged batches?");
  app.add_option("--size", flags.size, "images, at least one batch")->capture_default_str();
  app.add_option("--batch", flags.batch)->capture_default_str();
  app.add_option("--threads", flags.threads)->capture_default_str();
  app.add_option("--rounds", flags.rounds)->capture_default_str();
  app.add_option("--model", flags.model)->capture_default_str();
  app.add_option("--json", flags.json, "file for the result");
  CLI11_PARSE(app, argc, argv);
  return run(flags);
}
