// The cores of a machine on which several ranks run.
#pragma once

#include <string>

#include "thalweg/comm.h"

namespace thalweg {

// Where a launcher binds nothing, every rank of a machine may use all of its cores: from here on
// available_threads() is this rank's part of those that it has in common with others. For all ranks together.
void share_cores(Comm& comm);

// How many ranks on this one's host have the same `cores`, itself included.
int ranks_with(Comm& comm, const std::string& cores);

}  // namespace thalweg
