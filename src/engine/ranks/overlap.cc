// The names of what ranks do while their messages are on the way.
#include <algorithm>
#include <array>
#include <string>

#include "base/did_you_mean.h"
#include "thalweg/error.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

struct Named {
  std::string_view name;
  bool Overlap::*part;
};
constexpr std::array kParts = {Named{"gradients", &Overlap::gradients}, Named{"steps", &Overlap::steps},
                               Named{"values", &Overlap::values}};

}  // namespace

Overlap parse_overlap(std::string_view text) {
  if (text == "all") return {};
  Overlap overlap{false, false, false};
  if (text == "none") return overlap;
  for (std::size_t begin = 0, end = 0; end != text.npos; begin = end + 1) {
    end = text.find(',', begin);
    const std::string_view name = text.substr(begin, end == text.npos ? end : end - begin);
    const auto found = std::ranges::find(kParts, name, &Named::name);
    if (found == kParts.end()) {
      throw Error(Code::usage, {"overlap", "unknown name", "`" + std::string(name) + "`",
                                "all, none, or of gradients, steps, values, by commas",
                                did_you_mean(name, {"all", "none", "gradients", "steps", "values"})});
    }
    overlap.*(found->part) = true;
  }
  return overlap;
}

}  // namespace thalweg
