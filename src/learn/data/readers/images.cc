// images: a folder of PNG and JPEG files, the classes being the folders that they stand in.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>

#include <fmt/core.h>

#include "base/file.h"
#include "data/dataset.h"
#include "data/encoding.h"
#include "data/samples/bytes.h"
#include "files/unpacker.h"
#include "images/image.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

constexpr Option kOptions[] = {
    required(path_option("folder",
                         "a folder with a folder of images for each class, or with train and test - or "
                         "val - that hold such folders")),
    in_unit("pixels", typed_option(OptionType::numbers, "size", "", {.min = 1, .max = 65535},
                                   "[height, width], or [side]: what all images are resized to, bilinear; by "
                                   "default they must be alike")),
    choice_option("channels", "auto|1|3", "auto",
                  "1: grey; 3: red, green, blue; auto: as the first image has"),
    kByteScaleOption, path_option("test", "a second, held-out folder, with the same classes")};

std::string name_in(const fs::path& path) { return path.filename().string(); }

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_image(const fs::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

// What stands in a folder and is wanted, in the order of the bytes of its names; what begins with a dot is
// not.
template <class Wanted>
std::vector<fs::path> entries(const fs::path& folder, const Wanted& wanted) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!name_in(it->path()).starts_with('.') && wanted(it->path())) found.push_back(it->path());
  }
  if (error) throw Error(Code::data, {folder.string(), "cannot be read", error.message(), "a folder", ""});
  std::ranges::sort(found, {}, name_in);
  return found;
}

struct Listed {
  fs::path path;
  std::int32_t label;
  std::uint32_t row = 0;  // in the order of all
};

struct Part {
  std::vector<Listed> files;
  std::vector<std::string> notes;
};

// Folders of classes. What is none of them is counted wrong.
Part list_part(const fs::path& root, const std::vector<std::string>& classes) {
  Part part;
  for (const fs::path& folder : entries(root, is_folder)) {
    const auto found = std::ranges::find(classes, name_in(folder));
    const bool known = found != classes.end();
    const std::vector<fs::path> files = entries(folder, is_image);
    const auto label = known ? static_cast<std::int32_t>(found - classes.begin()) : kNoClass;
    for (const fs::path& file : files) part.files.push_back({file, label});
    if (!known && !files.empty())
      part.notes.push_back(fmt::format("{}: no class of the training data: its {} images are counted wrong",
                                       folder.string(), files.size()));
  }
  return part;
}

struct Folders {
  fs::path train;
  fs::path test;  // or nothing
};

Folders find_folders(const fs::path& root, const std::string& test) {
  for (const fs::path& folder : {root, fs::path(test)}) {
    if (folder.empty() || is_folder(folder)) continue;
    std::error_code ignored;
    throw Error(Code::data,
                {folder.string(), fs::exists(folder, ignored) ? "is not a folder" : "does not exist", "",
                 "a folder with a folder of images for each class", ""});
  }
  if (!test.empty()) return {root, test};
  const fs::path train = root / "train";
  if (!is_folder(train) || entries(train, is_folder).empty()) return {root, {}};
  for (const char* name : {"test", "val", "valid", "validation"}) {
    if (is_folder(root / name)) return {train, root / name};
  }
  return {root, {}};
}

std::vector<std::string> classes_in(const fs::path& root) {
  std::vector<std::string> classes;
  for (const fs::path& folder : entries(root, is_folder)) {
    if (!entries(folder, is_image).empty()) classes.push_back(name_in(folder));
  }
  if (!classes.empty()) return classes;
  throw Error(Code::data, {root.string(), "no folder in it holds images", "",
                           "a folder for each class, of files that end in .png, .jpg or .jpeg", ""});
}

// Reads the images of parts into bytes of one size.
class Decoder {
 public:
  // With nothing said, the size and the channels are those of the first image.
  Decoder(ImageSize size, bool resizes) : size_(size), resizes_(resizes) {}

  std::vector<std::uint8_t> decode(const std::vector<Listed>& files) {
    std::vector<std::uint8_t> out;
    for (const Listed& file : files) {
      const Image image = decode_image(read_file(file.path), file.path.string());
      if (size_.channels == 0) size_.channels = image.size.channels;
      if (size_.height == 0) size_ = {size_.channels, image.size.height, image.size.width};
      check_size(image, file.path);
      converted_ += image.size.channels != size_.channels ? 1 : 0;
      if (out.empty()) reserve(files, out);
      out.resize(out.size() + size_.numbers());
      store_image(image, size_, std::span(out).last(size_.numbers()));
    }
    return out;
  }

  const ImageSize& size() const { return size_; }
  std::size_t converted() const { return converted_; }

 private:
  void check_size(const Image& image, const fs::path& path) const {
    if (resizes_ || (image.size.height == size_.height && image.size.width == size_.width)) return;
    throw Error(Code::data, {path.string(), "images must be as large as the others",
                             fmt::format("{} x {}", image.size.height, image.size.width),
                             fmt::format("{} x {}", size_.height, size_.width),
                             fmt::format("`size=[{}, {}]` resizes all of them", size_.height, size_.width)});
  }

  // Memory for all. Small files that are large images would take what nobody has.
  void reserve(const std::vector<Listed>& files, std::vector<std::uint8_t>& out) const {
    constexpr std::uint64_t kFree = std::uint64_t{48} << 20;
    std::uint64_t bytes = 0;
    for (const Listed& file : files) {
      std::error_code unreadable;  // which reading it will tell
      const std::uintmax_t size = fs::file_size(file.path, unreadable);
      bytes += unreadable ? 0 : size;
    }
    const std::uint64_t wanted = size_.numbers() * files.size(), most = kFree + kUsual * bytes;
    if (!resizes_ && wanted > most) {
      throw Error(Code::data,
                  {files.front().path.parent_path().string(), "the images are too large together",
                   std::to_string(wanted) + " bytes", fmt::format("at most {} for files of {}", most, bytes),
                   "`size=` makes them smaller"});
    }
    out.reserve(wanted);
  }

  ImageSize size_;
  bool resizes_;
  std::size_t converted_ = 0;
};

Samples to_samples(const std::vector<Listed>& files, std::size_t features, std::vector<std::uint8_t> bytes) {
  Samples samples;
  samples.assign(features, std::move(bytes));
  for (const Listed& file : files) {
    samples.labels.push_back(file.label);
    samples.rows.push_back(file.row);
  }
  return samples;
}

ImageEncoding wanted_encoding(const Settings& settings) {
  ImageEncoding out;
  const std::string channels = text_of(option<kOptions, "channels">(settings));
  if (channels != "auto") out.size.channels = channels == "1" ? 1 : 3;
  const Setting& size = option<kOptions, "size">(settings);
  const auto* sides = std::get_if<std::vector<Amount>>(&size);
  if (sides == nullptr) return out;
  if (sides->empty() || sides->size() > 2)
    throw Error(Code::usage, {"images", "`size` has one or two sides", std::to_string(sides->size()),
                              "[height, width]", ""});
  const auto side = [&](std::size_t i) {
    const double pixels = (*sides)[i].value;
    if (pixels == std::floor(pixels)) return static_cast<std::size_t>(pixels);
    throw Error(Code::usage, {"images", "`size` is of whole pixels", print_number(pixels), "", ""});
  };
  out.resizes = true;
  out.size.height = side(0);
  out.size.width = side(sides->size() - 1);
  return out;
}

struct Folder {
  ImageEncoding encoding;  // without its scaling, where it is to be derived
  std::vector<Listed> train, held_out, test;
  bool apart = false;  // as of Dataset
  bool labelled = true;
  std::vector<std::string> notes;
};

// In which part each of the training images is.
std::vector<RowPart> draw(const std::vector<Listed>& files, const Folder& folder, const Request& request,
                          bool own_test) {
  if (request.all || request.judge)
    return std::vector<RowPart>(files.size(), own_test && !request.all ? RowPart::train : RowPart::test);
  const std::size_t classes = folder.encoding.classes.size();
  std::vector<std::int32_t> labels;  // those of no class are one more
  for (const Listed& file : files)
    labels.push_back(file.label == kNoClass ? static_cast<std::int32_t>(classes) : file.label);
  return draw_parts(files.front().path.parent_path().parent_path().string(), labels, classes + 1,
                    request.seed, request.plan, own_test);
}

// Puts every image into its part.
void divide_files(Part train, Part test, const Request& request, Folder& folder) {
  const bool own_test = !test.files.empty();
  if (request.all) std::ranges::copy(test.files, std::back_inserter(train.files));
  folder.apart = !request.all && !request.judge && request.plan.apart(own_test);
  const std::vector<RowPart> parts = draw(train.files, folder, request, own_test);
  for (std::size_t i = 0; i < train.files.size(); ++i) {
    train.files[i].row = static_cast<std::uint32_t>(i);
    (parts[i] == RowPart::train      ? folder.train
     : parts[i] == RowPart::held_out ? folder.held_out
                                     : folder.test)
        .push_back(train.files[i]);
  }
  for (const Part* part : {&train, &test}) std::ranges::copy(part->notes, std::back_inserter(folder.notes));
  if (!own_test || request.all) return;
  for (std::size_t i = 0; i < test.files.size(); ++i) test.files[i].row = static_cast<std::uint32_t>(i);
  folder.test = std::move(test.files);
}

Folder read_folder(const Settings& settings, const Request& request) {
  const Folders folders = find_folders(text_of(option<kOptions, "folder">(settings)),
                                       text_of(option<kOptions, "test">(settings)));
  Folder out;
  out.encoding = wanted_encoding(settings);
  if (request.encoding.empty()) {
    out.encoding.classes = classes_in(folders.train);
  } else {
    const bool resizes = out.encoding.resizes;
    out.encoding = read_image_encoding(request.encoding);
    out.encoding.resizes = out.encoding.resizes || resizes;
  }
  Part train = list_part(folders.train, out.encoding.classes), test;
  if (!folders.test.empty()) test = list_part(folders.test, out.encoding.classes);
  if (request.all && train.files.empty()) {  // without folders of classes, to be predicted
    for (const fs::path& file : entries(folders.train, is_image)) train.files.push_back({file, kNoClass});
    out.labelled = false;
  }
  if (train.files.empty() || (test.files.empty() && !folders.test.empty())) {
    const fs::path& empty = train.files.empty() ? folders.train : folders.test;
    throw Error(Code::data, {empty.string(), "holds no images of classes", "",
                             "a folder for each class, of files that end in .png, .jpg or .jpeg", ""});
  }
  divide_files(std::move(train), std::move(test), request, out);
  return out;
}

Dataset read_images(const Settings& settings, const Request& request) {
  Folder folder = read_folder(settings, request);
  ImageEncoding& encoding = folder.encoding;
  Decoder decoder(encoding.size, encoding.resizes);
  std::vector<std::uint8_t> train = decoder.decode(folder.train), held_out = decoder.decode(folder.held_out),
                            test = decoder.decode(folder.test);
  const ImageSize& size = encoding.size = decoder.size();
  if (request.encoding.empty())
    encoding.scaling =
        byte_scaling(text_of(option<kOptions, "scale">(settings)), train.empty() ? test : train);
  Dataset data;
  data.train = to_samples(folder.train, size.numbers(), std::move(train));
  data.held_out = to_samples(folder.held_out, size.numbers(), std::move(held_out));
  data.test = to_samples(folder.test, size.numbers(), std::move(test));
  data.apart = folder.apart;
  if (!folder.labelled) data.test.labels.clear();
  data.sample = {static_cast<std::int64_t>(size.numbers())};
  data.image = {static_cast<std::int64_t>(size.channels), static_cast<std::int64_t>(size.height),
                static_cast<std::int64_t>(size.width)};
  data.classes = encoding.classes.size();
  data.class_names = encoding.classes;
  const std::size_t count = folder.train.size() + folder.held_out.size() + folder.test.size();
  data.notes.push_back(fmt::format("{} images of {} x {}, {}, of {} classes", count, size.height, size.width,
                                   size.channels == 1 ? "grey" : "colour", data.classes));
  if (decoder.converted() > 0)
    data.notes.push_back(fmt::format("{} of them were {} and are made {}", decoder.converted(),
                                     size.channels == 1 ? "colour" : "grey",
                                     size.channels == 1 ? "grey" : "colour"));
  data.notes.insert(data.notes.end(), folder.notes.begin(), folder.notes.end());
  data.train.set_scaling(encoding.scaling);
  data.held_out.set_scaling(encoding.scaling);
  data.test.set_scaling(encoding.scaling);
  data.encoding = print_encoding(encoding);
  return data;
}

}  // namespace

extern constinit const Reader kImagesReader{{"images",
                                             "a folder of PNG and JPEG images, a folder for each class; a "
                                             "fifth is held out, by class, unless there are "
                                             "folders `train` and `test`",
                                             "torchvision's ImageFolder", kOptions},
                                            read_images};

}  // namespace thalweg
