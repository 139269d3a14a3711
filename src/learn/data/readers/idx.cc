// idx: a folder of four files like MNIST, plain, gzip or zstd, the t10k or test pair held out.
//
// An IDX file is big-endian: two zero bytes, the type of an element (8: unsigned byte), the number of
// dimensions, each dimension in 32 bits, then the elements in row-major order.
#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>

#include <fmt/core.h>

#include "data/dataset.h"
#include "data/encoding.h"
#include "data/samples/bytes.h"
#include "data/subset.h"
#include "files/input.h"

namespace thalweg {
namespace {

constexpr std::uint32_t kMagic = 0x0800;  // of bytes; the lowest byte is the number of dimensions
constexpr std::size_t kMaxDims = 3;

struct Array {
  std::filesystem::path path;
  std::vector<std::uint64_t> dims;  // each at least 1
  std::vector<std::uint8_t> bytes;

  std::size_t features() const { return bytes.size() / dims[0]; }
};

std::string hex(std::uint32_t number) { return fmt::format("{:#010x}", number); }

std::string print_dims(const std::vector<std::uint64_t>& dims) {
  return join(dims, " x ", [](std::uint64_t dim) { return std::to_string(dim); });
}

std::uint32_t read_u32(Input& input) {
  const std::vector<std::uint8_t> bytes = input.read(4);
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
         bytes[3];
}

// The dimensions of a file that must have min_dims to max_dims of them.
std::vector<std::uint64_t> read_dims(Input& input, std::size_t min_dims, std::size_t max_dims) {
  const std::uint32_t magic = read_u32(input);
  const std::uint32_t count = magic - kMagic;
  if (count < min_dims || count > max_dims) {
    std::string want = hex(kMagic + static_cast<std::uint32_t>(max_dims));
    if (min_dims < max_dims) want = hex(kMagic + static_cast<std::uint32_t>(min_dims)) + " or " + want;
    throw input.error(0, "the file does not begin like an IDX file of bytes", hex(magic), want);
  }
  std::vector<std::uint64_t> dims;
  for (std::uint32_t i = 0; i < count; ++i) {
    dims.push_back(read_u32(input));
    if (dims.back() == 0) throw input.error(input.at() - 4, "a dimension is empty", "0", "at least 1");
  }
  return dims;
}

// The number of elements, which the file must be able to hold.
std::uint64_t checked_size(const Input& input, const std::vector<std::uint64_t>& dims) {
  std::uint64_t size = 1;
  bool fits = true;
  for (const std::uint64_t dim : dims) fits = fits && !__builtin_mul_overflow(size, dim, &size);
  if (!fits || size > input.at_most()) {
    throw input.error(input.at(), "fewer bytes than the dimensions require",
                      "at most " + std::to_string(input.at_most()), print_dims(dims));
  }
  return size;
}

Array read_array(const std::filesystem::path& path, std::size_t min_dims, std::size_t max_dims) {
  Input input(path);
  Array array{path, read_dims(input, min_dims, max_dims), {}};
  array.bytes = input.read(checked_size(input, array.dims));
  input.finish();
  return array;
}

// The first of the spellings in use that is there.
std::filesystem::path find_file(const std::filesystem::path& folder, const std::vector<std::string>& stems,
                                std::initializer_list<const char*> kinds) {
  std::error_code ignored;
  for (const std::string& stem : stems) {
    for (const char* kind : kinds) {
      for (const char* joint : {"-", "."}) {
        for (const char* ending : {"-ubyte", "-ubyte.gz", "-ubyte.zst"}) {
          std::filesystem::path path = folder / (stem + joint + kind + ending);
          if (std::filesystem::exists(path, ignored)) return path;
        }
      }
    }
  }
  const std::string name = stems.front() + "-" + *kinds.begin() + "-ubyte";
  throw Error(Code::data, {(folder / name).string(), "is missing", "", name + " or " + name + ".gz", ""});
}

// Vectors are no images.
Shape image_shape(const Array& images) {
  if (images.dims.size() < kMaxDims) return {};
  return {1, static_cast<std::int64_t>(images.dims[1]), static_cast<std::int64_t>(images.dims[2])};
}

struct Part {
  Array images;
  Array labels;
};

// What stands before `train-images` in names of files, as in emnist-letters-train-images-idx3-ubyte.gz.
std::set<std::string> prefixes_in(const std::filesystem::path& folder) {
  constexpr std::string_view kMark = "train-images";
  std::set<std::string> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    const std::size_t at = name.find(kMark);
    if (at == std::string::npos) continue;
    const std::string_view rest = std::string_view(name).substr(at + kMark.size());
    if (rest.starts_with("-idx") || rest.starts_with(".idx")) found.insert(name.substr(0, at));
  }
  return found;
}

// That of one data set: the one asked for, none, or the only one there is.
std::string choose_prefix(const std::filesystem::path& folder, const std::string& wanted) {
  const std::set<std::string> found = prefixes_in(folder);
  if (wanted.empty()) {
    if (found.empty() || found.contains("")) return "";
    if (found.size() == 1) return *found.begin();
  }
  for (const std::string& one : {wanted, wanted + "-"}) {
    if (found.contains(one)) return one;
  }
  throw Error(Code::data,
              {folder.string(),
               wanted.empty() ? "the folder holds several data sets"
                              : "no file of images begins with `" + wanted + "`",
               "", join(found, ", "), found.empty() ? "" : "prefix=" + *found.rbegin() + " chooses one"});
}

Part read_part(const std::filesystem::path& folder, const std::vector<std::string>& names) {
  const auto stems = [&](const std::string& kind) {
    std::vector<std::string> out;
    for (const std::string& name : names) out.push_back(name + kind);
    return out;
  };
  Part part{read_array(find_file(folder, stems("-images"), {"idx3", "idx2"}), 2, kMaxDims),
            read_array(find_file(folder, stems("-labels"), {"idx1"}), 1, 1)};
  if (part.labels.dims[0] != part.images.dims[0]) {
    throw Error(Code::data, {part.labels.path.string() + ", byte 4", "there are not as many labels as images",
                             std::to_string(part.labels.dims[0]), std::to_string(part.images.dims[0]), ""});
  }
  return part;
}

void check_same_images(const Array& train, const Array& test) {
  const std::vector<std::uint64_t> want(train.dims.begin() + 1, train.dims.end());
  const std::vector<std::uint64_t> got(test.dims.begin() + 1, test.dims.end());
  if (got == want) return;
  throw Error(Code::data,
              {test.path.string() + ", byte 8", "images must be as large as those of the training part",
               print_dims(got), print_dims(want), ""});
}

// Classes are the labels from 0 to the largest. Those that no image has are told: EMNIST numbers its letters
// from 1.
void count_classes(const Part& train, const Part& test, Dataset& data) {
  constexpr std::size_t kMostTold = 10;
  const std::array<std::uint64_t, 256> a = histogram(train.labels.bytes), b = histogram(test.labels.bytes);
  for (std::size_t label = 0; label < a.size(); ++label) {
    if (a[label] + b[label] > 0) data.classes = label + 1;
  }
  std::vector<std::string> empty;
  for (std::size_t label = 0; label < data.classes; ++label) {
    if (a[label] + b[label] == 0) empty.push_back(std::to_string(label));
  }
  if (empty.empty()) return;
  const std::string told = join(std::span(empty).first(std::min(empty.size(), kMostTold)), ", ");
  data.notes.push_back(fmt::format("{} of the {} classes are empty: no image has the label {}{}",
                                   empty.size(), data.classes, told,
                                   empty.size() > kMostTold ? ", ..." : ""));
}

// Puts the rows of another part after those of `part`.
void append(Part& part, const Part& other) {
  const auto join = [](std::vector<std::uint8_t>& to, const std::vector<std::uint8_t>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  join(part.images.bytes, other.images.bytes);
  join(part.labels.bytes, other.labels.bytes);
  part.images.dims[0] += other.images.dims[0];
}

Samples to_samples(Part part) {
  Samples samples;
  samples.labels.assign(part.labels.bytes.begin(), part.labels.bytes.end());
  samples.rows.resize(part.labels.bytes.size());
  std::iota(samples.rows.begin(), samples.rows.end(), 0u);
  const std::size_t features = part.images.features();  // before the bytes move away
  samples.assign(features, std::move(part.images.bytes));
  return samples;
}

// Of the training files; the others are the test part.
std::vector<RowPart> parts_of(const Part& train, const std::filesystem::path& folder, std::size_t classes,
                              const Request& request) {
  const std::vector<std::int32_t> labels(train.labels.bytes.begin(), train.labels.bytes.end());
  if (request.all || request.judge) return std::vector<RowPart>(labels.size(), RowPart::train);
  return draw_parts(folder.string(), labels, classes, request.seed, request.plan, true);
}

std::vector<std::uint8_t> trained_bytes(const Array& images, const std::vector<RowPart>& parts) {
  const std::vector<std::uint32_t> rows = rows_of(parts, RowPart::train);
  if (rows.size() == parts.size()) return images.bytes;
  std::vector<std::uint8_t> out;
  append_rows(images.bytes, rows, images.features(), out);
  return out;
}

constexpr Option kOptions[] = {
    required(path_option("folder",
                         "the folder of the four files train-images-idx3-ubyte, ..., plain, gzip or zstd")),
    kByteScaleOption,
    name_option("prefix",
                "what the names of the files begin with, such as emnist-letters; by default nothing, or "
                "what all of them begin with")};

Dataset read_idx(const Settings& settings, const Request& request) {
  const std::filesystem::path folder = text_of(option<kOptions, "folder">(settings));
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    const bool there = std::filesystem::exists(folder, ignored);
    throw Error(Code::data, {folder.string(), there ? "is not a folder" : "does not exist", "",
                             "a folder that holds train-images-idx3-ubyte and its three companions", ""});
  }
  const std::string prefix = choose_prefix(folder, text_of(option<kOptions, "prefix">(settings)));
  Part train = read_part(folder, {prefix + "train"});
  Part test = read_part(folder, {prefix + "t10k", prefix + "test"});
  check_same_images(train.images, test.images);
  Dataset data;
  data.sample = {static_cast<std::int64_t>(train.images.features())};
  data.image = image_shape(train.images);
  count_classes(train, test, data);
  const std::vector<RowPart> parts = parts_of(train, folder, data.classes, request);
  const Scaling scaling =
      request.encoding.empty()
          ? byte_scaling(text_of(option<kOptions, "scale">(settings)), trained_bytes(train.images, parts))
          : read_scaling(request.encoding);
  if (request.all) {
    append(train, test);
    data.test = to_samples(std::move(train));
  } else {
    data.apart = !request.judge && request.plan.apart(true);
    divide(data, to_samples(std::move(train)), parts);
    data.test = to_samples(std::move(test));
  }
  set_scaling(data, scaling);
  return data;
}

}  // namespace

extern constinit const Reader kIdxReader{
    {"idx", "a folder of images in four IDX files, like MNIST and EMNIST; the t10k or test pair is held out",
     "http://yann.lecun.com/exdb/mnist", kOptions},
    read_idx};

}  // namespace thalweg
