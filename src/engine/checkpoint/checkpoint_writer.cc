#include "thalweg/checkpoint_writer.h"

#include <unistd.h>

#include <atomic>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/threads.h"
#include "checkpoint/contents.h"

namespace thalweg {
namespace {

constexpr std::size_t kPart = std::size_t{16} << 20;  // bytes that one thread copies: past all caches at once

struct File {
  std::filesystem::path path;
  Contents contents;
};

void write(const std::vector<File>& files, int threads, const std::function<void()>& then) {
  for (const auto& [path, contents] : files)
    write_safetensors(path, contents.tensors, contents.metadata, threads);
  if (then) then();
}

}  // namespace

// The thread that writes has `files` and `then` to itself, and `failed` until it is joined.
struct CheckpointWriter::Impl {
  explicit Impl(const WriterOptions& given)
      : options(given), team(given.background ? given.threads : 1), files(), then() {}
  ~Impl() { join(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool make_room();
  void copy();
  void work() noexcept;
  void join();

  WriterOptions options;
  Team team;
  std::vector<File> added;
  std::vector<File> files;  // being written
  std::function<void()> then;
  Arena arena;
  std::span<std::byte> room;  // for the tensors of all files
  std::thread thread;
  pid_t process = 0;  // that has the thread
  std::atomic<bool> writing{false};
  std::exception_ptr failed;
};

// Whether it is new: the system gives its pages when they are touched.
bool CheckpointWriter::Impl::make_room() {
  std::size_t bytes = 0;
  for (const File& file : files) {
    for (const auto& [name, tensor] : file.contents.tensors) bytes += Arena::padded(tensor.bytes.size());
  }
  if (bytes <= room.size()) return false;
  room = {};
  arena = Arena();
  room = {static_cast<std::byte*>(arena.allocate(bytes)), bytes};
  return true;
}

void CheckpointWriter::Impl::copy() {
  std::vector<std::pair<std::byte*, std::span<const std::byte>>> parts;
  std::byte* to = room.data();
  for (File& file : files) {
    for (auto& [name, tensor] : file.contents.tensors) {
      const std::span<const std::byte> from = std::exchange(tensor.bytes, {to, tensor.bytes.size()});
      for (std::size_t at = 0; at < from.size(); at += kPart)
        parts.emplace_back(to + at, from.subspan(at, std::min(kPart, from.size() - at)));
      to += Arena::padded(from.size());
    }
  }
  for_each_block(team, parts.size(), [&](std::size_t i) {
    std::memcpy(parts[i].first, parts[i].second.data(), parts[i].second.size());
  });
}

void CheckpointWriter::Impl::work() noexcept {
  try {
    write(files, 1, then);  // the other processors are the training's
  } catch (...) {
    failed = std::current_exception();
  }
  writing = false;
}

void CheckpointWriter::Impl::join() {
  if (!thread.joinable()) return;
  if (process == ::getpid()) return thread.join();
  thread.detach();  // it is not in a process that was forked since
  writing = false;
}

CheckpointWriter::CheckpointWriter(const WriterOptions& options) : impl_(std::make_unique<Impl>(options)) {}
CheckpointWriter::~CheckpointWriter() = default;
CheckpointWriter::CheckpointWriter(CheckpointWriter&&) noexcept = default;

void CheckpointWriter::add(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                           const Metadata& metadata) {
  impl_->added.push_back({path, contents_of(params, optimizer, metadata)});
}

void CheckpointWriter::add(const std::filesystem::path& path, Params& params, std::uint64_t updates,
                           const Metadata& metadata) {
  impl_->added.push_back({path, contents_of(params, updates, metadata)});
}

std::uint64_t CheckpointWriter::reserve() {
  std::vector<File> files = std::exchange(impl_->added, {});
  wait();
  impl_->files = std::move(files);
  if (!impl_->options.background || !impl_->make_room()) return impl_->room.size();
  const std::span<std::byte> room = impl_->room;
  for_each_part(impl_->team, room.size(), kPart, [&](std::size_t begin, std::size_t end) {
    std::memset(room.data() + begin, 0, end - begin);
  });
  return room.size();
}

void CheckpointWriter::begin(std::function<void()> then) {
  std::vector<File> files = std::exchange(impl_->added, {});
  wait();
  if (!impl_->options.background) return write(files, impl_->options.threads, then);
  impl_->files = std::move(files);
  impl_->then = std::move(then);
  impl_->make_room();
  impl_->copy();
  impl_->writing = true;
  try {
    impl_->thread = make_thread(1, [impl = impl_.get()] { impl->work(); });
  } catch (...) {
    impl_->writing = false;
    throw;
  }
  impl_->process = ::getpid();
}

bool CheckpointWriter::writing() const { return impl_->writing; }

void CheckpointWriter::wait() {
  impl_->join();
  if (impl_->failed != nullptr) std::rethrow_exception(std::exchange(impl_->failed, nullptr));
}

}  // namespace thalweg
