#include "data/parts/parts.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "base/random.h"
#include "base/spec.h"
#include "data/subset.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Kind = PartSize::Kind;

constexpr double kFifth = 0.2;

// The rows of every class, and in which order they are drawn.
class Draw {
 public:
  Draw(std::span<const std::int32_t> labels, std::size_t classes, std::uint64_t seed)
      : members_(classes), rows_(labels.size()), seed_(seed) {
    for (std::uint32_t row = 0; row < labels.size(); ++row) members_[labels[row]].push_back(row);
  }

  std::size_t rows() const { return rows_; }

  // Marks rows that are not `taken`, from the front of each order or from its back.
  void mark(const PartSize& size, bool back, RowPart part, std::vector<RowPart>& parts) const {
    if (size.kind == Kind::fold) return mark_fold(size, part, parts);
    const bool counted = size.kind == Kind::rows;
    const double share = counted ? static_cast<double>(size.rows) / static_cast<double>(rows_) : size.share;
    const bool pooled = counted || misses(share);
    std::vector<std::vector<std::uint32_t>> drawn;  // of each class that is not pooled, then of the pool
    std::vector<std::uint32_t> pool;
    for (std::size_t label = 0; label < members_.size(); ++label) {
      const std::vector<std::uint32_t>& rows = members_[label];
      const bool small = pooled && static_cast<double>(rows.size()) * share < 1;
      if (small) pool.insert(pool.end(), rows.begin(), rows.end());
      drawn.push_back(small ? std::vector<std::uint32_t>() : ordered(rows, label));
    }
    drawn.push_back(ordered(pool, members_.size()));
    const std::vector<std::size_t> wanted = counted ? shared_out(drawn, size.rows) : shares_of(drawn, share);
    std::size_t missing = 0;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      if (back) std::ranges::reverse(drawn[i]);
      missing += take(drawn[i], wanted[i], part, parts);
    }
    for (std::size_t i = 0; counted && i < drawn.size(); ++i) missing = take(drawn[i], missing, part, parts);
  }

 private:
  static std::size_t rounded(std::size_t n, double share) {
    return static_cast<std::size_t>(std::floor(static_cast<double>(n) * share + 0.5));
  }

  // Whether the shares of the classes are not that share of all, within one row: many are small, and each is
  // rounded to none, or to one of three.
  bool misses(double share) const {
    std::size_t held = 0;
    for (const auto& rows : members_) held += rounded(rows.size(), share);
    const std::size_t wanted = rounded(rows_, share);
    if (held == 0) return static_cast<double>(rows_) * share >= 1;
    return held > wanted + 1 || held + 1 < wanted;
  }

  std::vector<std::uint32_t> ordered(const std::vector<std::uint32_t>& rows, std::size_t draw) const {
    std::vector<std::uint32_t> out;
    for (const std::uint32_t i : Random(seed_, Purpose::split, draw).permutation(rows.size()))
      out.push_back(rows[i]);
    return out;
  }

  // Each its share; the pool, which stands last, what makes it that share of all.
  std::vector<std::size_t> shares_of(const std::vector<std::vector<std::uint32_t>>& drawn,
                                     double share) const {
    std::vector<std::size_t> out;
    for (const auto& rows : drawn) out.push_back(rounded(rows.size(), share));
    const std::size_t large = std::accumulate(out.begin(), out.end() - 1, std::size_t{0});
    const std::size_t wanted = rounded(rows_, share);
    out.back() = std::min(drawn.back().size(), wanted - std::min(wanted, large));
    return out;
  }

  // `total` in proportion, the largest remainders rounded up.
  std::vector<std::size_t> shared_out(const std::vector<std::vector<std::uint32_t>>& drawn,
                                      std::size_t total) const {
    std::vector<std::size_t> out, order(drawn.size());
    std::vector<double> remainders;
    for (const auto& rows : drawn) {
      const double exact =
          static_cast<double>(rows.size()) * static_cast<double>(total) / static_cast<double>(rows_);
      out.push_back(static_cast<std::size_t>(exact));
      remainders.push_back(exact - std::floor(exact));
    }
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return remainders[i]; });
    std::size_t left = total - std::min(total, std::accumulate(out.begin(), out.end(), std::size_t{0}));
    for (const std::size_t i : order) {
      if (left == 0) break;
      if (out[i] < drawn[i].size()) ++out[i], --left;
    }
    return out;
  }

  // The first rows that are in no other part; how many of these there were too few.
  static std::size_t take(const std::vector<std::uint32_t>& rows, std::size_t wanted, RowPart part,
                          std::vector<RowPart>& parts) {
    for (const std::uint32_t row : rows) {
      if (wanted == 0) break;
      if (parts[row] != RowPart::train) continue;
      parts[row] = part;
      --wanted;
    }
    return wanted;
  }

  // Class after class, each row to the next fold.
  void mark_fold(const PartSize& size, RowPart part, std::vector<RowPart>& parts) const {
    std::size_t at = 0;
    for (std::size_t label = 0; label < members_.size(); ++label) {
      for (const std::uint32_t row : ordered(members_[label], label)) {
        if (parts[row] != RowPart::train) continue;
        if (at++ % size.folds == size.fold - 1) parts[row] = part;
      }
    }
  }

  std::vector<std::vector<std::uint32_t>> members_;
  std::size_t rows_;
  std::uint64_t seed_;
};

PartSize a_fifth() { return {.kind = Kind::share, .share = kFifth}; }

[[noreturn]] void fail_to_read(std::string_view where, std::string_view text) {
  throw Error(Code::usage, {std::string(where), "not a part of the rows", "`" + std::string(text) + "`",
                            "a share below 1 such as 0.2, a number of rows such as 200, or 0", ""});
}

PartSize read_fold(std::string_view text, std::size_t slash, std::string_view where) {
  const auto fold = read_exactly<std::uint64_t>(text.substr(0, slash));
  const auto folds = read_exactly<std::uint64_t>(text.substr(slash + 1));
  if (!fold || !folds) fail_to_read(where, text);
  if (*folds < 2 || *fold < 1 || *fold > *folds) {
    throw Error(Code::usage, {std::string(where), "there is no such fold", "`" + std::string(text) + "`",
                              "1/5, 2/5, ... 5/5 of five folds", ""});
  }
  return {.kind = Kind::fold, .fold = *fold, .folds = *folds};
}

double share_of(const PartSize& size) { return size.kind == Kind::automatic ? kFifth : size.share; }

}  // namespace

PartSize read_part_size(std::string_view text, std::string_view where) {
  if (text == "auto") return {};
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos)
    return read_fold(text, slash, where);
  const std::optional<Amount> amount = read_amount(text);
  if (!amount || amount->unit == Amount::Unit::epochs || !(amount->value >= 0)) fail_to_read(where, text);
  const bool percent = amount->unit == Amount::Unit::percent;
  const double share = percent ? amount->value / 100 : amount->value;
  if (share < 1) return {.kind = Kind::share, .share = share};
  if (percent || share != std::floor(share) || share > UINT32_MAX) fail_to_read(where, text);
  return {.kind = Kind::rows, .rows = static_cast<std::uint64_t>(share)};
}

std::string print_part_size(const PartSize& size) {
  switch (size.kind) {
    case Kind::automatic:
      return "auto";
    case Kind::share:
      return print_number(size.share);
    case Kind::rows:
      return std::to_string(size.rows);
    case Kind::fold:
      return std::to_string(size.fold) + "/" + std::to_string(size.folds);
  }
  return {};
}

bool PartPlan::apart(bool own_test) const {
  return own_test ? held_out.kind != Kind::automatic : !test.is_nothing();
}

bool PartPlan::draws(bool own_test) const {
  return own_test ? held_out.kind != Kind::automatic && !held_out.is_nothing()
                  : !held_out.is_nothing() || !test.is_nothing();
}

PartPlan plan_of(const PartOptions& parts) {
  const PartPlan plan{read_part_size(parts.held_out, "held-out"), read_part_size(parts.test, "test")};
  if (plan.test.kind == Kind::automatic || plan.test.kind == Kind::fold) {
    throw Error(Code::usage, {"test", "not a part of the rows", "`" + parts.test + "`",
                              "a share below 1 such as 0.2, a number of rows such as 200, or 0", ""});
  }
  if (share_of(plan.held_out) + share_of(plan.test) >= 1) {
    throw Error(Code::usage,
                {"held-out", "nothing is left to train on",
                 print_number(share_of(plan.held_out)) + " and --test " + print_number(share_of(plan.test)),
                 "less than 1 together", ""});
  }
  return plan;
}

std::vector<RowPart> draw_parts(const std::string& where, std::span<const std::int32_t> labels,
                                std::size_t classes, std::uint64_t seed, const PartPlan& plan,
                                bool own_test) {
  if (own_test && !plan.test.is_nothing()) {
    throw Error(Code::usage, {where, "it has a test part of its own", "--test " + print_part_size(plan.test),
                              "--test 0", "--held-out 0.2 sets rows of the training part apart"});
  }
  std::vector<RowPart> out(labels.size(), RowPart::train);
  if (!plan.draws(own_test)) return out;
  const Draw draw(labels, classes, seed);
  const PartSize held = plan.held_out.kind == Kind::automatic ? a_fifth() : plan.held_out;
  const std::uint64_t asked_for = std::max(held.rows + plan.test.rows, held.folds);
  if (asked_for > 0 && asked_for >= draw.rows() + (held.folds > 0 ? 1 : 0)) {
    throw Error(Code::usage,
                {where, "there are too few rows", std::to_string(draw.rows()),
                 held.folds > 0 ? "one for each of " + std::to_string(held.folds) + " folds"
                                : "more than the " + std::to_string(asked_for) + " held out or to test by",
                 ""});
  }
  draw.mark(plan.test, true, RowPart::test, out);
  draw.mark(held, false, plan.apart(own_test) ? RowPart::held_out : RowPart::test, out);
  const bool asked = plan.held_out.kind != Kind::automatic || !plan.test.is_nothing();
  if (asked && std::ranges::count(out, RowPart::train) == 0) {
    throw Error(Code::usage, {where, "no row is left to train on",
                              "--held-out " + print_part_size(plan.held_out) + " and --test " +
                                  print_part_size(plan.test) + " of " + std::to_string(draw.rows()) + " rows",
                              "smaller parts", ""});
  }
  return out;
}

std::vector<std::uint32_t> rows_of(const std::vector<RowPart>& parts, RowPart part) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < parts.size(); ++row) {
    if (parts[row] == part) rows.push_back(row);
  }
  return rows;
}

void divide(Dataset& data, Samples all, const std::vector<RowPart>& parts) {
  data.held_out = all.subset(rows_of(parts, RowPart::held_out));
  data.test = all.subset(rows_of(parts, RowPart::test));
  const std::vector<std::uint32_t> train = rows_of(parts, RowPart::train);
  data.train = train.size() == all.size() ? std::move(all) : all.subset(train);
}

std::string choose_part(Dataset& data, std::string_view part) {
  const std::string reported = data.apart ? "test" : "held out";
  if (part.empty() || (part == "test" && data.apart) || (part == "held-out" && !data.apart)) return reported;
  if (part == "held-out") {
    data.test = data.held_out;
    return "held out";
  }
  if (part == "train") {
    data.test = data.train;
    return "training";
  }
  if (part == "test") {
    throw Error(Code::usage, {"part", "the run has no test part", data.text, "train or held-out",
                              "`thalweg train --test 0.1` keeps one"});
  }
  throw Error(Code::usage, {"part", "unknown", "`" + std::string(part) + "`", "train, held-out or test", ""});
}

void tell_parts(Dataset& data) {
  if (!data.apart) return;
  data.notes.push_back("parts: " + std::to_string(data.train.size()) + " rows to train on, " +
                       std::to_string(data.held_out.size()) + " held out to choose by, " +
                       std::to_string(data.test.size()) + " to test by");
}

std::vector<bool> hold_out(std::span<const std::int32_t> labels, std::size_t classes, std::uint64_t seed) {
  std::vector<RowPart> parts(labels.size(), RowPart::train);
  Draw(labels, classes, seed).mark(a_fifth(), false, RowPart::test, parts);
  std::vector<bool> out;
  for (const RowPart part : parts) out.push_back(part == RowPart::test);
  return out;
}

}  // namespace thalweg
