// Signals that ask a long command to stop, or to save.
#pragma once

namespace thalweg::tool {

// From now on the first SIGINT, SIGTERM or SIGHUP is only noted, for the command to stop at a good place; the
// second of its kind ends the process at once. A SIGHUP that was ignored (nohup) still is. SIGUSR1 asks for a
// save.
void catch_signals();

// The signal that came, or 0.
int caught_signal();

// Whether a save was asked for since the last call.
bool asked_to_save();

}  // namespace thalweg::tool
