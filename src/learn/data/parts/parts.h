// Which rows of a source train, which are held out to choose by, and which are kept to report.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/dataset.h"

namespace thalweg {

// How much of a source one part is.
struct PartSize {
  enum class Kind {
    automatic,  // what the source brings of its own, else a fifth
    share,      // of all rows, below 1
    rows,       // so many
    fold,       // the first, second, ... of so many, which are as large as each other within one row
  };
  Kind kind = Kind::automatic;
  double share = 0;
  std::uint64_t rows = 0;
  std::uint64_t fold = 0, folds = 0;  // 1 .. folds

  bool is_nothing() const { return kind == Kind::share && share == 0; }
};

// "auto", "0.2", "20%", "200" or "2/5". Throws Error(usage), which begins with `where`.
PartSize read_part_size(std::string_view text, std::string_view where);
std::string print_part_size(const PartSize& size);

enum class RowPart : std::uint8_t { train, held_out, test };

// What is asked for. The meaning of Dataset::held_out and Dataset::test is that of dataset.h.
struct PartPlan {
  PartSize held_out;
  PartSize test{.kind = PartSize::Kind::share};

  // Whether the samples that choose are not those that report, where the source has a test part of its own or
  // not.
  bool apart(bool own_test) const;
  // Whether rows of the source's first or only part are set apart.
  bool draws(bool own_test) const;
};

// Throws Error(usage) for texts that are no sizes, and for shares that leave nothing.
PartPlan plan_of(const PartOptions& parts);

// The part of each row: what is held out is RowPart::test where it reports as well (not plan.apart()). Each
// class gives its share, rounded half up, drawn by (seed, class) alone: a class is drawn alike whatever else
// the data hold. Test rows come from the back of its order and do not depend on how many are held out; these
// come from the front. Where the shares of the classes are not that share of all rows - many classes are
// small - those too small for a row of their own are one pool, from which as many are drawn as make it that
// share. A number of rows is met exactly. Folds take each class's order in turn. Labels are 0 .. classes-1.
// Throws Error(usage) naming `where` when no row is left to train on, or there are fewer than were asked for,
// and for a test part beside one of the source's own.
std::vector<RowPart> draw_parts(const std::string& where, std::span<const std::int32_t> labels,
                                std::size_t classes, std::uint64_t seed, const PartPlan& plan,
                                bool own_test = false);

// Marks one fifth of each class, rounded half up, or of the pool: what is held out where nobody says how
// much.
std::vector<bool> hold_out(std::span<const std::int32_t> labels, std::size_t classes, std::uint64_t seed);

// The numbers of the rows of one part.
std::vector<std::uint32_t> rows_of(const std::vector<RowPart>& parts, RowPart part);

// Puts each sample of `all` into its part, in their order.
void divide(Dataset& data, Samples all, const std::vector<RowPart>& parts);

// Puts the named part into `test`: "train", "held-out" or "test"; "" is what reports. Returns what people
// call it: "training", "held out" or "test". Throws Error(usage) for another name, and for a test part where
// there is none.
std::string choose_part(Dataset& data, std::string_view part);

// Says, where the parts are apart, how many rows each of them has.
void tell_parts(Dataset& data);

}  // namespace thalweg
