// A model on tapes: one recording for each number of rows that passes through it at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "augment/augmenter.h"
#include "thalweg/comm.h"
#include "thalweg/dataset.h"
#include "thalweg/module.h"
#include "thalweg/trainer.h"

namespace thalweg {

// Samples that pass through a model at a time in training.
std::size_t chunk_of(const TrainerOptions& options);

struct Recording {
  Recording(Module& model, std::size_t rows, int threads, Passes passes, int parts = 1,
            Compute compute = Compute::f32);

  Tape tape;
  Tensor y;
  std::span<float> inputs;
  std::span<float> outputs;
  std::span<float> gradient;  // of the outputs; empty on a tape of forward passes
};

class Recordings {
 public:
  // `seed`: of what layers and augmentations draw in training.
  // `parts` and `compute`: of tapes with gradients.
  Recordings(Module& model, std::uint64_t seed, int threads, Augmenter augmenter = {}, int parts = 1,
             Compute compute = Compute::f32)
      : model_(model),
        seed_(seed),
        threads_(threads),
        parts_(parts),
        compute_(compute),
        augmenter_(std::move(augmenter)) {}

  // With gradients, or of forward passes alone: for evaluation, which needs a fraction of the memory.
  Recording& of(std::size_t rows, Passes passes);

  // The model with the named samples as its inputs, ready to run: to train, where a counter of the replay's
  // own is given - the position of the first of them in the run -, or to evaluate.
  Recording& gather(const Samples& samples, std::span<const std::uint32_t> rows,
                    std::optional<std::uint64_t> counter = {});

  // Begins a gather() to train that is to come next, of the same samples: that finds them there.
  void gather_ahead(const Samples& samples, std::span<const std::uint32_t> rows, std::uint64_t counter);

  // The same as to train, with the samples as they are and without gradients: so that what layers keep moves,
  // by `momentum` of the way.
  void measure(const Samples& samples, std::span<const std::uint32_t> rows, std::uint64_t counter,
               double momentum);

  // Rows that an evaluation takes at a time: at most `most`, and fewer where their values would not fit into
  // the cache.
  std::size_t evaluation_rows(std::size_t most);
  // How the samples of the last gather() are mixed; null where they are not.
  const Mixing* mixing() const { return mixing_; }

  std::uint64_t bytes() const;

 private:
  Module& model_;
  std::uint64_t seed_;
  int threads_;
  int parts_;
  Compute compute_;
  std::map<std::pair<std::size_t, Passes>, std::unique_ptr<Recording>> recordings_;
  Augmenter augmenter_;
  const Mixing* mixing_ = nullptr;
  struct Ahead {
    const Samples* samples;
    std::size_t rows;
    std::uint64_t counter;
    bool operator==(const Ahead&) const = default;
  };
  std::optional<Ahead> ahead_;  // what the last gather took for the next one
};

// Calls `use` with `rows` in chunks, in order.
template <class Use>
void for_chunks(std::span<const std::uint32_t> rows, std::size_t chunk, const Use& use) {
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk) {
    use(rows.subspan(begin, std::min(chunk, rows.size() - begin)));
  }
}

// What `run` says of `rows`, a chunk of at most `chunk` of `all`, a row as `width` numbers. Ranks run chunks
// in turns; all ask for all of them, in order, and keep what they have heard in `heard`.
std::span<const float> in_turns(
    Comm& comm, std::span<const std::uint32_t> all, std::span<const std::uint32_t> rows, std::size_t chunk,
    std::size_t width, std::vector<float>& heard,
    const std::function<std::span<const float>(std::span<const std::uint32_t> rows)>& run);

// Bytes that for_each_output() of so many samples takes meanwhile.
std::uint64_t output_bytes(Module& model, std::size_t samples);

// Calls `use` with the number of each sample and what the model as it stands says of it, in order. Ranks of
// `comm`, where it is not null, run the model in turns.
void for_each_output(Module& model, const Samples& samples, int threads,
                     const std::function<void(std::uint32_t sample, std::span<const float> outputs)>& use,
                     Comm* comm = nullptr);

}  // namespace thalweg
