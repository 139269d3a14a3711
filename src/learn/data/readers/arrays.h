// Arrays under names in one file, and the data set that they make: in any of the forms that hold such.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/readers/npy.h"

namespace thalweg {

inline constexpr Option kNamedArraysOptions[] = {
    kFileOption,
    name_option("x", "the array of inputs; by default x, inputs, images, data or the like, x_train before x"),
    name_option("y", "the array of targets; by default y, targets, labels or the like"),
    name_option("test_x",
                "the array of held-out inputs; by default x_test, test_images or the like, if their targets "
                "are there too and "
                "`x` is not given"),
    name_option("test_y", "their targets"),
    kTaskOption,
    scale_option("standard",
                 "standard: each element of a row minus its mean, divided by its standard deviation in the "
                 "training part; none: as it is"),
    kTargetScaleOption,
    name_option("weight", "the array of weights of the rows, each at least 0; none where nothing is said"),
    name_option("test_weight", "those of the held-out part"),
    kClampOption};

// A file and what it holds.
class NamedArrays {
 public:
  explicit NamedArrays(std::string name) : name_(std::move(name)) {}
  virtual ~NamedArrays() = default;
  NamedArrays(const NamedArrays&) = delete;
  NamedArrays& operator=(const NamedArrays&) = delete;

  const std::string& name() const { return name_; }
  const std::vector<std::string>& arrays() const { return arrays_; }
  bool holds(const std::string& array) const;

  // One that it holds. Throws Error(data) for what is no array of numbers.
  virtual std::shared_ptr<const NpyArray> read(const std::string& array) const = 0;

  // Lists what there is.
  Error error(const std::string& what, const std::string& got, const std::string& hint) const;

 protected:
  std::vector<std::string> arrays_;

 private:
  std::string name_;
};

// The arrays that the options name, or those of usual names. `settings` are those of kNamedArraysOptions.
Dataset read_named_arrays(std::unique_ptr<NamedArrays> file, const Settings& settings,
                          const Request& request);

}  // namespace thalweg
