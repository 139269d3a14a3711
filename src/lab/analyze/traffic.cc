#include "analyze/traffic.h"

#include <algorithm>

namespace thalweg {

Traffic traffic_of(const Explanation& plan) {
  Traffic out;
  for (std::uint64_t phase = 1; phase <= plan.phases; ++phase) {
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
      const ExplainedGroup& group = plan.groups[g];
      const auto own = std::ranges::find(group.phases, phase, &ExplainedPhase::phase);
      if (group.elements == 0 || own == group.phases.end()) continue;
      out.phases.push_back({.phase = phase,
                            .group = g + 1,
                            .kind = own->kind,
                            .engine = own->engine,
                            .elements = group.elements,
                            .bytes_per_element = own->bytes_per_element});
      out.passes.push_back({.reads = static_cast<int>(own->reads.size()),
                            .writes = static_cast<int>(own->writes.size()),
                            .bytes = group.elements * size_of(group.dtype),
                            .region = static_cast<int>(g + 1)});
    }
  }
  return out;
}

}  // namespace thalweg
