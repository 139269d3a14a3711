// Ranks of MPI, by the module of the one that this process runs under.
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <initializer_list>
#include <iostream>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "comm/collectives.h"
#include "comm/heartbeat.h"
#include "comm/mpi_calls.h"
#include "thalweg/comm.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr const char* kModule = "THALWEG_MPI_MODULE";  // a path, for those who have it elsewhere

[[noreturn]] void fail(Code code, const std::string& what, const std::string& got, const std::string& want,
                       const std::string& hint) {
  throw Error(code, {"MPI", what, got, want, hint});
}

// An MPI that gives messages time to leave waits without an end for a process that stands still; a launcher
// ends the others where one has gone.
constexpr std::chrono::seconds kToAbort{5};

void end_after(std::chrono::seconds time, int code) {
  try {
    std::thread([time, code] {
      std::this_thread::sleep_for(time);
      ::_exit(code);
    }).detach();
  } catch (const std::system_error&) {  // it has to come to its end by itself
  }
}

bool has(const char* variable) { return std::getenv(variable) != nullptr; }

// What the MPI is called that is in this process, or that has started it; empty where nobody says.
std::string flavour() {
  using Version = int (*)(char*, int*);
  if (const auto version = reinterpret_cast<Version>(::dlsym(RTLD_DEFAULT, "MPI_Get_library_version"))) {
    std::array<char, 8192> text{};  // MPI_MAX_LIBRARY_VERSION_STRING is no more anywhere
    int length = 0;
    if (version(text.data(), &length) == 0)
      return std::string_view(text.data()).find("Open MPI") != std::string_view::npos ? "openmpi" : "mpich";
  }
  // One that only its user sees, as a module of Python.
  using Library = std::pair<const char*, const char*>;
  for (const auto& [file, name] : {Library{"libmpi.so.40", "openmpi"}, Library{"libmpich.so.12", "mpich"},
                                   Library{"libmpi.so.12", "mpich"}}) {
    if (void* library = ::dlopen(file, RTLD_LAZY | RTLD_NOLOAD)) {
      ::dlclose(library);
      return name;
    }
  }
  if (has("OMPI_COMM_WORLD_SIZE")) return "openmpi";
  if (has("PMI_SIZE") || has("PMI_RANK")) return "mpich";
  if (has("PMIX_RANK")) return "openmpi";
  return {};
}

// Where this library, or the program that it is part of, lies.
std::filesystem::path own_folder() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&flavour), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code ignored;
  std::filesystem::path file = info.dli_fname;  // of a program that was found in PATH a name alone
  if (!file.has_parent_path()) file = "/proc/self/exe";
  return std::filesystem::canonical(file, ignored).parent_path();
}

std::vector<std::string> modules() {
  if (const char* given = std::getenv(kModule)) return {given};
  const std::string known = flavour();
  std::vector<std::string> paths;
  for (const std::string& name :
       known.empty() ? std::vector<std::string>{"openmpi", "mpich"} : std::vector<std::string>{known}) {
    const std::string file = "libthalweg_mpi_" + name + ".so";
    for (const char* folder : {".", "../lib", "../lib/x86_64-linux-gnu", "../lib/aarch64-linux-gnu"})
      paths.push_back((own_folder() / folder / file).string());
    paths.push_back(file);
  }
  return paths;
}

const MpiCalls& load() {
  std::string why;
  for (const std::string& path : modules()) {
    // Its own plugins look for the MPI among what all may see.
    void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (module == nullptr) {
      if (why.empty() || std::filesystem::exists(path)) why = ::dlerror();
      continue;
    }
    if (const auto calls = reinterpret_cast<const MpiCalls* (*)()>(::dlsym(module, kMpiCalls)))
      return *calls();
    why = path + " has no " + kMpiCalls;
  }
  fail(Code::usage, "there is no module for it", why, "libthalweg_mpi_openmpi.so or libthalweg_mpi_mpich.so",
       std::string("build with -DTHALWEG_MPI=ON, or name the module in ") + kModule);
}

class Mpi : public Comm {
 public:
  explicit Mpi(const int* handle) : calls_(load()) {
    if (calls_.open(handle, &comm_) != 0) fail(Code::usage, "it gives no ranks", calls_.error(), "", "");
    check(calls_.shape(comm_, &rank_, &size_));
    std::array<char, 256> name{};
    check(calls_.host(name.data(), name.size()));
    hosts_ = all_texts(*this, name.data(), "the names of hosts");
    heartbeat_.emplace(*this);
  }
  ~Mpi() override {
    // Where a message is on its way or an error is, others may never come to the end that MPI waits for.
    // A child of the process that has opened it has no say.
    if (!whole_ || on_their_way_ > 0 || std::uncaught_exceptions() != exceptions_ || ::getpid() != process_)
      return;
    heartbeat_->leave();
    calls_.close(comm_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  Ticket send(int to, std::span<const std::byte> bytes) override {
    Ticket ticket = 0;
    check(calls_.send(comm_, to, bytes.data(), bytes.size(), &ticket));
    ++on_their_way_;
    return ticket;
  }
  Ticket receive(int from, std::span<std::byte> bytes) override {
    Ticket ticket = 0;
    check(calls_.receive(comm_, from, bytes.data(), bytes.size(), &ticket));
    ++on_their_way_;
    return ticket;
  }
  bool done(Ticket ticket) override {
    int done = 0;
    check(calls_.done(comm_, ticket, &done));
    if (done != 0) --on_their_way_;
    return done != 0;
  }

  bool is_busy() const override { return on_their_way_ > 0; }
  void abort(int code, const std::string& why) override {
    std::cerr << name_of(*this, rank_) << ": " << why << std::endl;
    whole_ = false;
    end_after(kToAbort, code);
    calls_.abort(comm_, code);
  }
  std::optional<int> lost() const override { return heartbeat_ ? heartbeat_->lost() : std::nullopt; }
  std::string host(int rank) const override {
    const auto r = static_cast<std::size_t>(rank);
    return r < hosts_.size() ? hosts_[r] : "an unknown host";
  }

 private:
  // After an error nothing more is said: others may never answer.
  void check(int failed) {
    if (failed == 0) return;
    whole_ = false;
    fail(Code::failure, calls_.error(), "", "", "");
  }

  const MpiCalls& calls_;
  void* comm_ = nullptr;
  int rank_ = 0, size_ = 1;
  std::vector<std::string> hosts_;
  bool whole_ = true;
  std::size_t on_their_way_ = 0;  // messages
  std::optional<Heartbeat> heartbeat_;
  const int process_ = ::getpid();
  const int exceptions_ = std::uncaught_exceptions();
};

}  // namespace

std::unique_ptr<Comm> Comm::mpi() { return std::make_unique<Mpi>(nullptr); }
std::unique_ptr<Comm> Comm::mpi(int handle) { return std::make_unique<Mpi>(&handle); }

std::optional<Comm::Launched> Comm::launched() {
  const auto number = [](std::initializer_list<const char*> variables) -> std::optional<int> {
    for (const char* variable : variables) {
      if (has(variable)) return std::atoi(std::getenv(variable));
    }
    return std::nullopt;
  };
  const auto rank = number({"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"});
  if (!rank) return std::nullopt;
  return Launched{*rank, number({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}).value_or(0)};
}

}  // namespace thalweg
