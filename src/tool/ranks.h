// The ranks that a launcher of MPI, such as mpirun or srun, has started this command on.
#pragma once

#include <optional>
#include <string>

#include "thalweg/comm.h"

namespace thalweg::tool {

// Whether another rank is the first one, which speaks for all.
bool is_another_rank();

// Of a command that runs once: whether this process has nothing to do. The ranks do not join, nor wait.
bool left_to_the_first();

// All ranks, for a command that runs on them together: the first one speaks, the others are silent from here
// on, and those of a machine share its cores. Null where there is one process.
Comm* join_ranks();

// The same for a command that reads this source, if any, on a rank that has a part in it: what is piped in
// comes to the first one, which has no others then. Nothing on a rank without a part.
std::optional<Comm*> join_ranks_to_read(const std::string* data);

// To be called last, with the exit code of this rank and what it failed of: where not every rank has failed,
// nobody can go on, and all are ended.
void leave_ranks(int code, const char* why);

}  // namespace thalweg::tool
