// Checkpoints that are written while the training goes on.
//
//   CheckpointWriter writer;
//   writer.add("epoch3.safetensors", params, optimizer);
//   writer.begin();                                        // returns when all is copied in memory
//   ...                                                    // steps
//   writer.wait();                                         // until it is written; throws where it cannot be
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "thalweg/checkpoint.h"

namespace thalweg {

struct WriterOptions {
  bool background = true;  // else begin() copies nothing and returns when all is written
  int threads = 1;         // that copy; without a background those of SaveOptions
};

// The training waits for a copy in memory, from which a thread of its own writes the same files as
// save_checkpoint() and save_parameters(), each whole or not at all. The memory of one copy is kept for all
// saves: one that comes while another is being written waits for it; whoever would leave it out instead asks
// writing(). Used by one thread at a time. A process that is forked meanwhile writes nothing of it.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(const WriterOptions& options = {});
  ~CheckpointWriter();  // waits; what fails then is not told
  CheckpointWriter(CheckpointWriter&&) noexcept;
  CheckpointWriter& operator=(CheckpointWriter&&) = delete;

  // A file of the next begin(), in this order; it is looked at then. Throw Error(usage) as the functions of
  // thalweg/checkpoint.h do.
  void add(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
           const Metadata& metadata = {});
  void add(const std::filesystem::path& path, Params& params, std::uint64_t updates,
           const Metadata& metadata = {});

  // Makes the memory ready for files such as were added, which are forgotten, so that the first save takes no
  // longer than others. Returns the bytes that it has; throws Error(resource) where they are not to be had.
  std::uint64_t reserve();

  // Copies the files that were added, and begins to write them. `then` is called after the last one, where
  // that is written. Throws what wait() throws, and Error(resource) for memory or a thread: nothing is begun
  // then, and what was added is forgotten.
  void begin(std::function<void()> then = {});

  bool writing() const;

  // Until all is written. Throws once what ended it, as save_checkpoint() does: what came after that file was
  // left out.
  void wait();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
