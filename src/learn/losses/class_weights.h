// How much the rows of each class count in a loss, as people say it: `balanced`, or a number for some of the
// classes by their names. It becomes the option `weight` of the loss.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

inline constexpr std::string_view kNoClassWeights = "none";

// The canonical form of "none", "balanced" or "cat=1, dog=5": a name that holds a comma, an equals sign or a
// quote stands in double quotes, as a word of the grammar does. Throws Error(usage), which begins with
// `where`, for another text, a name that comes twice and a number that is not finite and above 0.
std::string read_class_weights(const std::string& text, const std::string& where);

// The classes that the weights are for, as the training part has them.
struct WeighedClasses {
  std::span<const std::int32_t> labels;   // of the training part
  const std::vector<std::string>& names;  // one per class; empty: the data have values
};

// The loss with these weights of its classes: with `balanced` n / (k x count) of each, of n training samples
// and k classes that occur; of names their numbers, and 1 of every other class. `none` is the loss as it
// stands. Throws Error(usage) for data of values, a loss that takes no weights, a name that is no class, and
// named weights beside others that the loss has already.
std::string with_class_weights(const std::string& loss, const std::string& weights,
                               const WeighedClasses& classes);

// The weights that a loss has of its classes, of which there are so many; empty where it has none.
std::vector<double> class_weights_of(const std::string& loss, std::size_t classes);

}  // namespace thalweg
