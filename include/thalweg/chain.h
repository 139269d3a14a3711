// A chain of gradient transforms, written left to right: position is meaning.
//
//   Chain("clip_norm(1) | adam | decay(0.01) | lr(cosine(3e-4, total=10000, warmup=500))")
//
// The gradient enters on the left, each transform turns it into an update, and the engine applies p <- p -
// update. `thalweg list transforms` and `thalweg list recipes` name what there is. A chain never changes: it
// may be used by several threads at once.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/params.h"
#include "thalweg/schedule.h"

namespace thalweg {

struct Link;

// One phase of a step for one group of parameters: a pass over their memory.
struct ExplainedPhase {
  std::uint64_t phase = 0;  // from 1
  std::string kind = {};    // "gather" (for sums over elements), "form" (an update as a whole) or "update"
  std::string engine = {};  // "loop adam", "plain loop, then average", "tiles", "sum"
  std::string does = {};    // the part of the chain that it computes
  std::vector<std::string> reads = {},
                           writes = {};  // "p", "g", "u" (an update between phases), "adam.m", ...
  std::uint64_t bytes_per_element = 0;   // of the parameter, that it moves
};

// Parameters that share a chain.
struct ExplainedGroup {
  struct Member {
    std::string name;
    Shape shape;
    Role role = Role::none;
  };
  std::vector<Member> parameters = {};
  std::uint64_t elements = 0;
  Dtype dtype = Dtype::f32;
  std::string chain = {};
  std::vector<ExplainedPhase> phases = {};
  std::uint64_t state_bytes = 0;  // with updates kept between phases
};

// How a chain runs on given parameters: a plan, to be read.
struct Explanation {
  std::string chain = {};    // canonical and expanded
  std::uint64_t phases = 0;  // of a step
  std::uint64_t elements = 0;
  std::uint64_t parameters = 0;
  std::uint64_t state_bytes = 0;
  std::vector<ExplainedGroup> groups = {};
  std::vector<std::string> idle = {};        // transforms that select no parameters
  std::vector<std::string> multiplied = {};  // "`w`: lr(0.05) | lr(0.1)": rates of the same parameters

  std::string text() const;
  std::string json() const;  // one object
};

// An immutable value, cheap to copy. Recipes (`adamw(lr=1e-3)`) and the sugar `lr=`, `decay=` on rules are
// expanded when the text is read, so a Chain holds transforms only.
class Chain {
 public:
  Chain() = default;  // no transforms

  // Throws Error(usage) with a caret for a text that is not a chain.
  explicit Chain(std::string_view text);

  // Canonical text of the expanded chain; Chain(text()) == *this. With `every`, also the options at their
  // default.
  std::string text(bool every = false) const;

  // The same with every length in updates. Throws Error(usage) when a warm-up does not end before its total.
  Chain resolve(const Lengths& lengths) const;

  // The first option that has no number of updates yet, as "`total` of `cosine(0.1)`"; empty when there is
  // none.
  std::string unresolved() const;

  // A line for each schedule that ends before the last of `updates` updates and holds one value from then
  // on.
  std::vector<std::string> early_ends(std::uint64_t updates) const;

  // How the chain would run on these parameters. Throws as binding an Optimizer does.
  Explanation explain(const Params& params) const;

  // Whether it holds a transform of that name.
  bool has(std::string_view transform) const;

  // The learning rate, a number without a unit that multiplies the update: the highest value of the first
  // `lr` from the left. Nothing where there is no `lr`.
  std::optional<double> rate() const;

  // The same with that rate. One factor multiplies every `lr`, a schedule at every update: what is a share of
  // its peak stays, and so does its shape. A chain without `lr` gets one, before what acts on new values.
  // Throws Error(usage) for a rate below 0 or not finite, and where the first `lr` is a schedule without a
  // highest value above 0, or a plain 0 among several: no factor makes it `rate`.
  Chain with_rate(double rate) const;

  // The same with `schedule` in place of every `lr`. A chain without one gets it as with_rate() says.
  Chain with_schedule(const Schedule& schedule) const;

  bool operator==(const Chain& other) const { return text() == other.text(); }

 private:
  explicit Chain(std::vector<Link> links);
  friend const std::vector<Link>& links_of(const Chain& chain);  // of the engine
  friend Chain chain_of_links(std::vector<Link> links);          // likewise
  friend Chain operator|(const Chain& left, const Chain& right);

  std::shared_ptr<const std::vector<Link>> links_;
};

// What `left` does, then what `right` does.
Chain operator|(const Chain& left, const Chain& right);

std::ostream& operator<<(std::ostream& out, const Chain& chain);

}  // namespace thalweg
