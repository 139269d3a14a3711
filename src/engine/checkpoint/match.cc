#include "checkpoint/match.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "checkpoint/counterparts.h"
#include "checkpoint/other_checkpoint.h"
#include "checkpoint/renames.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Entry = TensorPlaces::value_type;
using Entries = std::map<std::string, const Entry*, std::less<>>;

class Matching {
 public:
  Matching(const std::string& file, const std::vector<Slot>& slots, const TensorPlaces& tensors,
           const LoadOptions& options, Wanted wanted)
      : file_(file), slots_(slots), options_(options), training_(wanted.training), found_(slots.size()) {
    Renames renames(options.remap);
    for (const Entry& entry : tensors) {
      const std::string ours = wanted.ours ? wanted.ours(entry.first) : renames.ours(entry.first);
      const auto [same, fresh] = entries_.emplace(ours, &entry);
      if (!fresh) clash(entry.first, *same);
    }
    renames.check(file);
  }

  Match run() {
    for (std::size_t i = 0; i < slots_.size(); ++i) find_exactly(i);
    if (options_.other_chain) find_counterparts(slots_, entries_, found_, used_);
    start_anew();
    for (std::size_t i = 0; i < slots_.size(); ++i) settle(i);
    for (const auto& [name, entry] : entries_) look_at_rest(name, *entry);
    if (!differences_.empty()) {
      throw OtherCheckpoint(Code::data, {file_, "the checkpoint belongs to another model", differences_,
                                         "the tensors of this model and optimizer",
                                         "build the model as it was when the file was saved"});
    }
    return std::move(match_);
  }

 private:
  [[noreturn]] void clash(const std::string& name, const Entries::value_type& other) const {
    throw Error(Code::usage, {"remap", "two tensors of " + file_ + " get the same name",
                              "`" + name + "` and `" + other.second->first + "` for `" + other.first + "`",
                              "a name for each", ""});
  }

  void find_exactly(std::size_t i) {
    const Slot& slot = slots_[i];
    const auto entry = entries_.find(slot.name);
    if (entry == entries_.end()) return;
    const TensorPlace& place = entry->second->second;
    if (place.type != slot.type || place.shape != slot.shape) return;
    found_[i] = entry->second;
    used_.insert(entry->second);
  }

  bool may_be_missing(const Slot& slot) const {
    return options_.partial ||
           (options_.other_chain && (slot.kind == Slot::Kind::state || slot.kind == Slot::Kind::number));
  }

  // A clock counts the updates that its parameter and all its state have seen.
  void start_anew() {
    std::set<std::size_t> anew;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const Slot& slot = slots_[i];
      if (found_[i] == nullptr && slot.parameter != kOfChain && !may_start_late(slot))
        anew.insert(slot.parameter);
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const Slot& slot = slots_[i];
      // What is missing though it must be there is a difference of its own, and the only one.
      if (slot.kind == Slot::Kind::parameter || !may_be_missing_with_clock(slot)) continue;
      if (anew.contains(slot.parameter)) used_.erase(std::exchange(found_[i], nullptr));
    }
  }

  bool may_be_missing_with_clock(const Slot& slot) const {
    return may_be_missing(slot) || (options_.other_chain && slot.kind == Slot::Kind::clock);
  }

  void settle(std::size_t i) {
    const Slot& slot = slots_[i];
    if (found_[i] != nullptr) {
      match_.kept.push_back({found_[i]->first, slot.name});
      match_.from.push_back(&found_[i]->second);
      return;
    }
    match_.from.push_back(nullptr);
    const auto entry = entries_.find(slot.name);
    const bool is_clock_there =
        slot.kind == Slot::Kind::clock && entry != entries_.end() && options_.other_chain;
    if (!may_be_missing(slot) && !is_clock_there) return add_difference(slot, entry);
    match_.fresh.push_back(slot.name);
    match_.state_anew |= slot.kind != Slot::Kind::parameter;
  }

  void add_difference(const Slot& slot, Entries::const_iterator entry) {
    if (entry == entries_.end()) return add("no `" + slot.name + "`");
    add("`" + entry->second->first + "` of " +
        describe(entry->second->second.type, entry->second->second.shape) + " instead of " +
        describe(slot.type, slot.shape));
    reported_.insert(entry->second);
  }

  // What nothing here has taken.
  void look_at_rest(const std::string& name, const Entry& entry) {
    if (used_.contains(&entry) || reported_.contains(&entry)) return;
    const Slot::Kind kind = take_apart(name).kind;
    if (!training_ && kind != Slot::Kind::parameter) return;
    const bool of_other_chain = options_.other_chain && (kind == Slot::Kind::state ||
                                                         kind == Slot::Kind::number || known_clock(name));
    if (options_.partial || of_other_chain) {
      match_.dropped.push_back(entry.first);
    } else {
      add("an extra `" + entry.first + "` of " + describe(entry.second.type, entry.second.shape));
    }
  }

  bool known_clock(const std::string& name) const {
    return std::ranges::any_of(
        slots_, [&](const Slot& slot) { return slot.kind == Slot::Kind::clock && slot.name == name; });
  }

  void add(const std::string& one) { differences_ += (differences_.empty() ? "" : ", ") + one; }

  const std::string& file_;
  const std::vector<Slot>& slots_;
  const LoadOptions& options_;
  const bool training_;
  Entries entries_;                  // of the file, by their names here
  std::vector<const Entry*> found_;  // for each slot
  std::set<const Entry*> used_;
  std::set<const Entry*> reported_;
  std::string differences_;
  Match match_;
};

}  // namespace

Match match_tensors(const std::string& file, const std::vector<Slot>& slots, const TensorPlaces& tensors,
                    const LoadOptions& options, Wanted wanted) {
  return Matching(file, slots, tensors, options, wanted).run();
}

}  // namespace thalweg
