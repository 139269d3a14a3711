#include "comm/cores.h"

#include <algorithm>

#include "base/threads.h"
#include "comm/collectives.h"

namespace thalweg {

int ranks_with(Comm& comm, const std::string& cores) {
  const std::string own = comm.host(comm.rank()) + " " + cores;
  return static_cast<int>(std::ranges::count(all_texts(comm, own, "the cores of the ranks"), own));
}

void share_cores(Comm& comm) { divide_threads(ranks_with(comm, own_cores())); }

}  // namespace thalweg
