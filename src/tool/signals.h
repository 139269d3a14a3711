// Signals that ask a long command to stop.
#pragma once

namespace thalweg::tool {

// From now on the first SIGINT or SIGTERM is only noted, for the command to stop at a good place; the second
// ends the process at once.
void catch_signals();

// The signal that came, or 0.
int caught_signal();

}  // namespace thalweg::tool
