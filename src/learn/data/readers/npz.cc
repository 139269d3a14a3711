// npz: arrays in one of NumPy's .npz files, which is a ZIP archive of .npy files.
#include <algorithm>

#include "data/readers/arrays.h"
#include "files/unpacker.h"
#include "files/zip.h"

namespace thalweg {
namespace {

class Archive : public NamedArrays {
 public:
  explicit Archive(const std::string& path) : NamedArrays(name_of(path)), bytes_(read_bytes(path)) {
    constexpr std::string_view kEnding = ".npy";
    if (!is_zip())
      throw Input(name(), *bytes_).error(0, "the file does not begin like a .npz file", "", "PK");
    members_ = list_zip(*bytes_, name());
    std::erase_if(members_, [&](const ZipMember& one) { return !one.name.ends_with(kEnding); });
    for (ZipMember& one : members_) arrays_.push_back(one.name.substr(0, one.name.size() - kEnding.size()));
  }

  std::shared_ptr<const NpyArray> read(const std::string& array) const override {
    const auto at = std::ranges::find(arrays_, array) - arrays_.begin();
    const std::string where = name() + ", " + array;
    Input input(
        where, unzip(*bytes_, members_[static_cast<std::size_t>(at)], name(), most_inflated(bytes_->size())));
    return std::make_shared<const NpyArray>(read_npy(where, input));
  }

 private:
  bool is_zip() const {
    return bytes_->size() > 3 && (*bytes_)[0] == std::byte{'P'} && (*bytes_)[1] == std::byte{'K'};
  }

  Bytes bytes_;
  std::vector<ZipMember> members_;
};

Dataset read(const Settings& settings, const Request& request) {
  return read_named_arrays(std::make_unique<Archive>(text_of(option<kNamedArraysOptions, "file">(settings))),
                           settings, request);
}

}  // namespace

extern constinit const Reader kNpzReader{{"npz",
                                          "NumPy arrays in one archive, stored or deflated; a fifth is held "
                                          "out, by class, unless it has arrays to "
                                          "test on",
                                          "numpy.savez", kNamedArraysOptions},
                                         read};

}  // namespace thalweg
