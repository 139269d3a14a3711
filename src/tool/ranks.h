// The ranks that a launcher of MPI, such as mpirun or srun, has started this command on.
#pragma once

#include "thalweg/comm.h"

namespace thalweg::tool {

// Whether another rank is the first one, which speaks for all.
bool is_another_rank();

// Of a command that runs once: whether this process has nothing to do. The ranks do not join, nor wait.
bool left_to_the_first();

// All ranks, for a command that runs on them together: the first one speaks, the others are silent from here
// on. Null where there is one process.
Comm* join_ranks();

// To be called last, with the exit code of this rank and what it failed of: where not every rank has failed,
// nobody can go on, and all are ended.
void leave_ranks(int code, const char* why);

}  // namespace thalweg::tool
