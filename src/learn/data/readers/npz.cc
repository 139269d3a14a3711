// npz: arrays in one of NumPy's .npz files, which is a ZIP archive of .npy files.
#include <algorithm>
#include <array>

#include "base/did_you_mean.h"
#include "data/readers/npy.h"
#include "files/unpacker.h"
#include "files/zip.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
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
                 "training part; none: as it is")};

// An archive and what it holds.
class Archive {
 public:
  explicit Archive(const std::string& path) : name_(name_of(path)), bytes_(read_bytes(path)) {
    constexpr std::string_view kEnding = ".npy";
    if (!is_zip()) throw Input(name_, *bytes_).error(0, "the file does not begin like a .npz file", "", "PK");
    members_ = list_zip(*bytes_, name_);
    std::erase_if(members_, [&](const ZipMember& one) { return !one.name.ends_with(kEnding); });
    for (ZipMember& one : members_) arrays_.push_back(one.name.substr(0, one.name.size() - kEnding.size()));
  }

  const std::vector<std::string>& arrays() const { return arrays_; }
  bool holds(const std::string& array) const { return std::ranges::find(arrays_, array) != arrays_.end(); }

  std::shared_ptr<const NpyArray> read(const std::string& array) const {
    const auto at = std::ranges::find(arrays_, array) - arrays_.begin();
    const std::string name = name_ + ", " + array;
    Input input(name,
                unzip(*bytes_, members_[static_cast<std::size_t>(at)], name_, most_inflated(bytes_->size())));
    return std::make_shared<const NpyArray>(read_npy(name, input));
  }

  // Lists what there is.
  Error error(const std::string& what, const std::string& got, const std::string& hint) const {
    constexpr std::size_t kMost = 20;
    const std::span<const std::string> shown(arrays_);
    std::string want = "one of " + join(shown.first(std::min(kMost, shown.size())), ", ");
    if (shown.size() > kMost) want += ", ... (" + std::to_string(shown.size()) + ")";
    return Error(Code::data, {name_, what, got, arrays_.empty() ? "arrays, NAME.npy" : want, hint});
  }

 private:
  bool is_zip() const {
    return bytes_->size() > 3 && (*bytes_)[0] == std::byte{'P'} && (*bytes_)[1] == std::byte{'K'};
  }

  std::string name_;
  Bytes bytes_;
  std::vector<ZipMember> members_;
  std::vector<std::string> arrays_;
};

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return text;
}

// The names in use for inputs and for targets, the more telling first.
constexpr std::array kInputs = {"x", "inputs", "input", "images", "image", "features", "data", "arr_0"};
constexpr std::array kTargets = {"y", "targets", "target", "labels", "label", "classes", "arr_1"};

// The array of a part - train, test or none - under one of its usual names; empty where there is none.
std::string usual_name(const Archive& archive, std::span<const char* const> names, const std::string& part) {
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
std::string choose(const Archive& archive, const Setting& setting, std::string_view option,
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

NpyPair read_pair(const Archive& archive, const std::string& x, const std::string& y) {
  return {archive.read(x), y.empty() ? nullptr : archive.read(y)};
}

Dataset read(const Settings& settings, const Request& request) {
  auto archive = std::make_unique<Archive>(text_of(option<kOptions, "file">(settings)));
  std::string x = choose(*archive, option<kOptions, "x">(settings), "x", kInputs, {"train", ""});
  const Setting& targets = option<kOptions, "y">(settings);
  const bool without = request.all && given(targets) && !archive->holds(text_of(targets));  // to be predicted
  const std::string y = without ? "" : choose(*archive, targets, "y", kTargets, {"train", ""});
  if (x.empty() && archive->arrays().size() == 1 && y.empty()) x = archive->arrays().front();
  if (x.empty())
    throw archive->error("none of the arrays has a usual name of inputs", "", "x=NAME chooses one");
  if (y.empty() && request.encoding.empty())
    throw archive->error("none of the arrays has a usual name of targets", "", "y=NAME chooses one");
  std::string test_x = choose(*archive, option<kOptions, "test_x">(settings), "test_x", kInputs, {"test"});
  const std::string test_y =
      choose(*archive, option<kOptions, "test_y">(settings), "test_y", kTargets, {"test"});
  // What nobody has named is held out as a whole pair beside inputs that nobody has named.
  const bool named = given(option<kOptions, "test_x">(settings));
  if (!named && (test_y.empty() || given(option<kOptions, "x">(settings)))) test_x.clear();
  const NpyPair pair = read_pair(*archive, x, y);
  const NpyPair held_out = test_x.empty() ? NpyPair() : read_pair(*archive, test_x, test_y);
  archive.reset();  // what is not read of it takes no memory
  return read_arrays(pair, held_out, table_options<kOptions>(settings), request);
}

}  // namespace

extern constinit const Reader kNpzReader{{"npz",
                                          "NumPy arrays in one archive, stored or deflated; a fifth is held "
                                          "out, by class, unless it has arrays to "
                                          "test on",
                                          "numpy.savez", kOptions},
                                         read};

}  // namespace thalweg
