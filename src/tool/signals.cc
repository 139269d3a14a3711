#include "tool/signals.h"

#include <csignal>
#include <initializer_list>

namespace thalweg::tool {
namespace {

volatile std::sig_atomic_t caught = 0;
volatile std::sig_atomic_t save = 0;

extern "C" void note_signal(int signal) { caught = signal; }
extern "C" void note_save(int) { save = 1; }

void catch_with(int signal, void (*handler)(int), unsigned flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(flags);
  sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

void catch_signals() {
  for (const int signal : {SIGINT, SIGTERM}) catch_with(signal, note_signal, SA_RESETHAND);
  if (!is_ignored(SIGHUP)) catch_with(SIGHUP, note_signal, SA_RESETHAND);
  catch_with(SIGUSR1, note_save, SA_RESTART);
}

int caught_signal() { return caught; }

bool asked_to_save() {
  const bool asked = save != 0;
  save = 0;
  return asked;
}

}  // namespace thalweg::tool
