#include "data/readers/arrays.h"

#include <algorithm>
#include <array>

#include "base/did_you_mean.h"

namespace thalweg {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return text;
}

// The names in use for inputs and for targets, the more telling first.
constexpr std::array kInputs = {"x", "inputs", "input", "images", "image", "features", "data", "arr_0"};
constexpr std::array kTargets = {"y", "targets", "target", "labels", "label", "classes", "arr_1"};

// The array of a part - train, test or none - under one of its usual names; empty where there is none.
std::string usual_name(const NamedArrays& archive, std::span<const char* const> names,
                       const std::string& part) {
  for (const std::string name : names) {
    const std::vector<std::string> spellings =
        part.empty()
            ? std::vector<std::string>{name}
            : std::vector<std::string>{name + "_" + part, part + "_" + name, name + part, part + name};
    for (const std::string& array : archive.arrays()) {
      if (std::ranges::find(spellings, lower(array)) != spellings.end()) return array;
    }
  }
  return "";
}

// The array that an option names, or one of a usual name.
std::string choose(const NamedArrays& archive, const Setting& setting, std::string_view option,
                   std::span<const char* const> names, std::initializer_list<const char*> parts) {
  if (given(setting)) {
    const std::string array = text_of(setting);
    if (archive.holds(array)) return array;
    const std::vector<std::string_view> known(archive.arrays().begin(), archive.arrays().end());
    throw archive.error("`" + std::string(option) + "` is no array of the file", "`" + array + "`",
                        did_you_mean(array, known));
  }
  for (const char* part : parts) {
    if (const std::string found = usual_name(archive, names, part); !found.empty()) return found;
  }
  return "";
}

// Of weights nobody has named there are none.
NpyPair read_pair(const NamedArrays& archive, const std::string& x, const std::string& y,
                  const Setting& weight, std::string_view option) {
  const std::string w = choose(archive, weight, option, {}, {});
  return {archive.read(x), y.empty() ? nullptr : archive.read(y), w.empty() ? nullptr : archive.read(w)};
}

}  // namespace

bool NamedArrays::holds(const std::string& array) const {
  return std::ranges::find(arrays_, array) != arrays_.end();
}

Error NamedArrays::error(const std::string& what, const std::string& got, const std::string& hint) const {
  constexpr std::size_t kMost = 20;
  const std::span<const std::string> shown(arrays_);
  std::string want = "one of " + join(shown.first(std::min(kMost, shown.size())), ", ");
  if (shown.size() > kMost) want += ", ... (" + std::to_string(shown.size()) + ")";
  return Error(Code::data, {name_, what, got, arrays_.empty() ? "arrays, NAME.npy" : want, hint});
}

Dataset read_named_arrays(std::unique_ptr<NamedArrays> archive, const Settings& settings,
                          const Request& request) {
  std::string x = choose(*archive, option<kNamedArraysOptions, "x">(settings), "x", kInputs, {"train", ""});
  const Setting& targets = option<kNamedArraysOptions, "y">(settings);
  const bool without = request.all && given(targets) && !archive->holds(text_of(targets));  // to be predicted
  const std::string y = without ? "" : choose(*archive, targets, "y", kTargets, {"train", ""});
  if (x.empty() && archive->arrays().size() == 1 && y.empty()) x = archive->arrays().front();
  if (x.empty())
    throw archive->error("none of the arrays has a usual name of inputs", "", "x=NAME chooses one");
  if (y.empty() && request.encoding.empty())
    throw archive->error("none of the arrays has a usual name of targets", "", "y=NAME chooses one");
  std::string test_x =
      choose(*archive, option<kNamedArraysOptions, "test_x">(settings), "test_x", kInputs, {"test"});
  const std::string test_y =
      choose(*archive, option<kNamedArraysOptions, "test_y">(settings), "test_y", kTargets, {"test"});
  // What nobody has named is held out as a whole pair beside inputs that nobody has named.
  const bool named = given(option<kNamedArraysOptions, "test_x">(settings));
  if (!named && (test_y.empty() || given(option<kNamedArraysOptions, "x">(settings)))) test_x.clear();
  const Setting none;  // what is only to be predicted needs no weights
  const Setting& weight = request.all ? none : option<kNamedArraysOptions, "weight">(settings);
  const Setting& test_weight = request.all ? none : option<kNamedArraysOptions, "test_weight">(settings);
  const NpyPair pair = read_pair(*archive, x, y, weight, "weight");
  const NpyPair held_out =
      test_x.empty() ? NpyPair() : read_pair(*archive, test_x, test_y, test_weight, "test_weight");
  archive.reset();  // what is not read of it takes no memory
  return read_arrays(pair, held_out, table_options<kNamedArraysOptions>(settings), request);
}

}  // namespace thalweg
