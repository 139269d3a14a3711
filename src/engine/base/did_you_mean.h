// Names that nobody knows, answered by the nearest one that is known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/spec.h"
#include "thalweg/error.h"

namespace thalweg {

// The candidate nearest to `name` by edit distance as "did you mean `x`?"; empty when nothing is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

// What names there are, as messages say it.
struct KnownNames {
  std::string_view noun;     // of one, with its article: "a schedule"
  std::string_view command;  // that lists them: "`thalweg list schedules`"; empty: none does
  std::vector<std::string_view> names = {};
};

// A complaint about a name that is not among the known ones: it offers the nearest one and says where the
// list is. Where none is near it names them all, or, where they are more than twelve, the command alone.
Message unknown_name(std::string what, std::string_view name, const KnownNames& known);

// The same of an item of a text; a name of another library is answered by what it is called here, with the
// whole text as it would read.
Message unknown_item(std::string what, const Item& item, const Source& source, const KnownNames& known);

// Throws: the item has no such option. `sugar` are names that it takes besides those of its Spec.
[[noreturn]] void unknown_option(const Spec& spec, const Arg& arg, const Source& source,
                                 std::span<const std::string_view> sugar = {});

// "one of beta1, beta2", those of `sugar` first.
std::string wanted_options(const Spec& spec, std::span<const std::string_view> sugar = {});

// The text in the words of here where it has some of other libraries: adamw(learning_rate=1e-3, betas=(0.9,
// 0.95)) is adamw(lr=1e-3, beta1=0.9, beta2=0.95), Dense(8, activation="relu") is dense(8) | relu. Empty
// where it has none, or cannot be read. In a text of that kind a name of `known` is one of here whatever the
// case of its letters.
std::string in_words_of_here(const Source& source, std::string_view kind = {},
                             std::span<const std::string_view> known = {});

}  // namespace thalweg
