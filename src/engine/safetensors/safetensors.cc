#include "safetensors/safetensors.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "base/threads.h"
#include "safetensors/crc32.h"
#include "safetensors/first_thrown.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they are");

using Metadata = std::map<std::string, std::string>;
using Part = std::span<const std::byte>;

// Whether it can be a JSON string: json_string() would write what is not UTF-8 as an escaped U+FFFD.
bool is_utf8(std::string_view text) {
  const std::string json = json_string(text);
  for (std::size_t at = json.find('\\'); at != json.npos; at = json.find('\\', at + 2)) {
    if (json.compare(at, 6, "\\ufffd") == 0) return false;
  }
  return true;
}

[[noreturn]] void misuse(const std::string& where, const std::string& what, const std::string& got,
                         const std::string& want) {
  throw Error(Code::usage, {where, what, got, want, ""});
}

void check_text(const std::string& where, std::string_view text) {
  if (!is_utf8(text)) misuse(where, "text that is not UTF-8 cannot be saved", excerpt(text), "UTF-8");
}

using Order = std::vector<const StoredTensors::value_type*>;

Order order_of(const std::string& where, const StoredTensors& tensors) {
  Order order;
  for (const auto& entry : tensors) {
    const auto& [name, tensor] = entry;
    check_text(where, name);
    if (name == kMetadataName)
      misuse(where, "a tensor has the name of the metadata", excerpt(name), "another name");
    const std::optional<std::uint64_t> size = byte_count(tensor.type, tensor.shape);
    if (size != tensor.bytes.size() || tensor.shape.size() > kMaxRank) {
      misuse(where, "tensor " + excerpt(name) + " has an invalid shape",
             describe(tensor.type, tensor.shape) + " in " + print_bytes(tensor.bytes.size()),
             "as many bytes as its elements take");
    }
    order.push_back(&entry);
  }
  std::ranges::sort(order, [](const auto* a, const auto* b) {  // large types first, so that all are aligned
    return a->second.type != b->second.type ? a->second.type > b->second.type : a->first < b->first;
  });
  return order;
}

std::string metadata_json(const std::string& where, const Metadata& metadata) {
  JsonObject object;
  object.add(kChecksum, kNoDigits);
  for (const auto& [key, text] : metadata) {
    check_text(where, key);
    check_text(where, text);
    if (key != kChecksum) object.add(key, text);
  }
  return object.text();
}

std::string tensor_json(const StoredTensor& tensor, std::uint64_t begin) {
  return JsonObject()
      .add("dtype", element_name(tensor.type))
      .add("shape", tensor.shape)
      .add("data_offsets", std::array{begin, begin + tensor.bytes.size()})
      .text();
}

// What is written: the length, the header, whose checksum is zeros until it is known, and the elements, in
// pieces.
class Image {
 public:
  Image(const std::string& where, const StoredTensors& tensors, const Metadata& metadata) {
    if (tensors.size() > kMaxTensors)
      misuse(where, "too many tensors", std::to_string(tensors.size()), "2^20");
    if (metadata.size() >= kMaxMetadata)
      misuse(where, "too much metadata", std::to_string(metadata.size()), "2^16 keys");
    JsonObject object;
    object.raw(kMetadataName, metadata_json(where, metadata));
    for (const auto* entry : order_of(where, tensors)) {
      object.raw(entry->first, tensor_json(entry->second, bytes_));
      add(entry->second.bytes);
    }
    std::string header = object.text();
    header.resize((header.size() + 7) / 8 * 8, ' ');  // the elements begin at a multiple of 8
    if (header.size() > kMaxHeader) {
      misuse(where, "the header is too long", print_bytes(header.size()),
             "at most " + std::to_string(kMaxHeader));
    }
    const std::uint64_t length = header.size();
    head_.assign(reinterpret_cast<const char*>(&length), kLengthBytes);
    head_ += header;
    crcs_.resize(pieces_.size());
  }

  std::uint64_t bytes() const { return head_.size() + bytes_; }
  Part head() const { return std::as_bytes(std::span(head_)); }
  const std::vector<Part>& pieces() const { return pieces_; }

  // Each piece once, by any thread.
  void check(std::size_t piece) { crcs_[piece] = crc32_of(pieces_[piece]); }
  // From any number of threads: those that nobody has begun.
  void check_rest() {
    for (std::size_t i; (i = next_++) < pieces_.size();) check(i);
  }

  void stop() { next_ = pieces_.size(); }

  static constexpr std::size_t kDigitsAt = kLengthBytes + kChecksumHead.size();
  // What stands at kDigitsAt in the end, once every piece is checked.
  std::string digits() const {
    std::uint32_t elements = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i)
      elements = crc32_joined(elements, crcs_[i], pieces_[i].size());
    return hex(header_crc(std::string_view(head_).substr(kLengthBytes))) + hex(elements);
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{256} << 10;  // stays in a cache from CRC to write

  void add(Part part) {
    bytes_ += part.size();
    for (; !part.empty(); part = part.subspan(std::min(part.size(), kPiece)))
      pieces_.push_back(part.first(std::min(part.size(), kPiece)));
  }

  std::string head_;
  std::uint64_t bytes_ = 0;  // of elements
  std::vector<Part> pieces_;
  std::vector<std::uint32_t> crcs_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace

Safetensors::Safetensors(const std::filesystem::path& path) : Safetensors(path.string(), read_file(path)) {}

Safetensors::Safetensors(const std::string& name, std::vector<std::byte> bytes)
    : bytes_(std::move(bytes)), file_(StateSource(name, bytes_)) {
  Team alone(1);
  file_.verify(alone);
  for (const auto& [tensor, place] : file_.tensors()) {
    const std::span<const std::byte> elements(file_.memory(place), place.end - place.begin);
    tensors_.emplace(tensor, StoredTensor{place.type, place.shape, elements});
  }
}

// One thread writes, in order, the others form the CRC; alone it takes turns.
void write_safetensors(const std::filesystem::path& path, const StoredTensors& tensors,
                       const Metadata& metadata, int threads) {
  Image image(path.string(), tensors, metadata);
  Team team(useful_threads(image.bytes(), threads));
  Replacement file(followed(path, image.bytes()), image.bytes());
  file.append(image.head());
  FirstThrown thrown;
  team.run([&](int member) {
    if (member > 0) return image.check_rest();
    thrown.unless([&] {
      for (std::size_t i = 0; i < image.pieces().size(); ++i) {
        if (team.size() == 1) image.check(i);
        file.append(image.pieces()[i]);
      }
    });
    if (thrown.thrown()) image.stop();
    if (team.size() > 1) image.check_rest();
  });
  thrown.rethrow();
  const std::string digits = image.digits();
  file.overwrite(Image::kDigitsAt, std::as_bytes(std::span(digits)));
  file.put_in_place();
}

std::vector<std::byte> safetensors_bytes(const StoredTensors& tensors, const Metadata& metadata,
                                         int threads) {
  Image image("checkpoint in memory", tensors, metadata);
  Team team(useful_threads(image.bytes(), threads));
  std::vector<std::byte> out(image.bytes());
  std::ranges::copy(image.head(), out.begin());
  std::vector<std::size_t> at(1, image.head().size());
  for (const Part piece : image.pieces()) at.push_back(at.back() + piece.size());
  for_each_block(team, image.pieces().size(), [&](std::size_t i) {
    image.check(i);
    std::ranges::copy(image.pieces()[i], out.data() + at[i]);
  });
  const std::string digits = image.digits();
  std::ranges::copy(std::as_bytes(std::span(digits)), out.data() + Image::kDigitsAt);
  return out;
}

}  // namespace thalweg
