#include "checkpoint/safetensors.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they are");

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;
// Each keeps what a header makes us hold below a small multiple of its own size.
constexpr std::size_t kMaxTensors = std::size_t{1} << 20;
constexpr std::size_t kMaxMetadata = std::size_t{1} << 16;
constexpr std::size_t kMaxRank = 64;
constexpr std::size_t kShown = 80;  // bytes of a text from the file that a message shows

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::string_view kChecksum = "checksum";
constexpr std::size_t kDigits = 16;
// How a header with a checksum begins: its digits are at a known place, not searched for in a hostile text.
constexpr std::string_view kChecksumHead = R"({"__metadata__": {"checksum": ")";
constexpr std::string_view kNoDigits = "0000000000000000";
static_assert(kNoDigits.size() == kDigits);

// A text from a file, short enough for a message.
std::string excerpt(std::string_view text) {
  const std::string_view shown = text.substr(0, kShown);
  return "`" + std::string(shown) + (shown.size() < text.size() ? "...`" : "`");
}

std::string print_bytes(std::uint64_t n) { return std::to_string(n) + (n == 1 ? " byte" : " bytes"); }

[[noreturn]] void fail(const std::string& where, const std::string& what, const std::string& got = {},
                       const std::string& want = {}, const std::string& hint = {}) {
  throw Error(Code::data, {where, what, got, want, hint});
}

// The bytes that a tensor takes; nothing when they are not a whole number or above 2^64.
std::optional<std::uint64_t> byte_count(ElementType type, const Shape& shape) {
  std::uint64_t bits = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(bits, static_cast<std::uint64_t>(size), &bits))
      return std::nullopt;
  }
  if (__builtin_mul_overflow(bits, std::uint64_t{element_bits(type)}, &bits) || bits % 8 != 0)
    return std::nullopt;
  return bits / 8;
}

std::string tensor_text(const StoredTensor& tensor) {
  return std::string(element_name(tensor.type)) + " " + print_shape(tensor.shape);
}

// Where the header says that a tensor stands, from the start of the elements.
struct Extent {
  std::uint64_t begin = 0, end = 0;
  StoredTensors::value_type* entry = nullptr;
};

// Takes the header as a stream of events and keeps only what the format knows; anything else is an error at
// once, so that neither depth nor size of what is refused costs memory.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderReader(const std::string& file, std::map<std::string, std::string>& metadata, StoredTensors& tensors)
      : file_(file), metadata_(metadata), tensors_(tensors) {}

  std::vector<Extent> extents;

  bool null() override { refuse("null"); }
  bool boolean(bool) override { refuse("a boolean"); }
  bool number_integer(number_integer_t number) override { refuse(std::to_string(number)); }
  bool number_float(number_float_t, const string_t& text) override { refuse(excerpt(text)); }
  bool binary(binary_t&) override { refuse("binary data"); }

  bool number_unsigned(number_unsigned_t number) override {
    if (place_ == Place::shape) return add_size(number);
    if (place_ != Place::offsets || offsets_ == 2) refuse(std::to_string(number));
    (offsets_++ == 0 ? extents.back().begin : extents.back().end) = number;
    return true;
  }

  bool string(string_t& text) override {
    if (place_ == Place::metadata) {
      metadata_[field_] = std::move(text);
      return true;
    }
    if (place_ != Place::tensor || field_ != kFields[0]) refuse("a string");
    const std::optional<ElementType> type = find_element_type(text);
    if (!type) fail(where(), "unknown type of elements", excerpt(text), "a type of safetensors such as F32");
    extents.back().entry->second.type = *type;
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::start) {
      place_ = Place::top;
    } else if (place_ == Place::top) {
      place_ = name_ == kMetadata ? Place::metadata : Place::tensor;
      seen_ = 0;
    } else {
      refuse("an object");
    }
    return true;
  }

  bool key(string_t& text) override {
    if (place_ == Place::top) return add_entry(text);
    field_.clear();
    if (place_ == Place::metadata) return add_metadata(text);
    const auto* found = std::ranges::find(kFields, text);
    if (found == std::end(kFields))
      fail(where(), "unknown key", excerpt(text), "dtype, shape and data_offsets");
    const unsigned bit = 1U << (found - std::begin(kFields));
    if ((seen_ & bit) != 0) duplicate(text);
    field_ = text;
    seen_ |= bit;
    return true;
  }

  bool end_object() override {
    field_.clear();
    for (unsigned i = 0; place_ == Place::tensor && i < std::size(kFields); ++i) {
      if ((seen_ >> i & 1) == 0) fail(where(), "`" + std::string(kFields[i]) + "` is missing");
    }
    place_ = place_ == Place::top ? Place::start : Place::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || field_ == kFields[0]) refuse("a list");
    place_ = field_ == kFields[1] ? Place::shape : Place::offsets;
    offsets_ = 0;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets && offsets_ != 2) {
      fail(where(), "the end is missing", std::to_string(offsets_) + " numbers", "begin and end");
    }
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception&) override {
    fail(file_ + ", byte " + std::to_string(kLengthBytes + position), "the header is not JSON",
         token.empty() ? "" : excerpt(token), "", "the file is damaged or of another format");
  }

 private:
  enum class Place { start, top, metadata, tensor, shape, offsets };
  static constexpr std::string_view kFields[] = {"dtype", "shape", "data_offsets"};

  std::string where() const {
    if (place_ == Place::start || place_ == Place::top) return file_ + ", header";
    const std::string owner = place_ == Place::metadata ? "metadata" : "tensor " + excerpt(name_);
    return file_ + ", " + owner + (field_.empty() ? "" : ", " + excerpt(field_));
  }

  [[noreturn]] void refuse(const std::string& got) const {
    constexpr std::string_view kWant[] = {"one object", "an object for each name", "a string"};
    std::string want = "a whole number from 0, below 2^63";
    if (place_ < Place::tensor) want = kWant[static_cast<std::size_t>(place_)];
    if (place_ == Place::tensor) want = field_ == kFields[0] ? "a string" : "a list of whole numbers";
    if (place_ == Place::offsets) want = "two whole numbers below 2^64";
    fail(where(), "a value of the wrong kind", got, want);
  }

  [[noreturn]] void duplicate(const std::string& key) const {
    fail(where(), "the key " + excerpt(key) + " occurs twice");
  }

  bool add_size(std::uint64_t size) {
    Shape& shape = extents.back().entry->second.shape;
    if (size > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) refuse(std::to_string(size));
    if (shape.size() == kMaxRank) fail(where(), "too many axes", "", "at most " + std::to_string(kMaxRank));
    shape.push_back(static_cast<std::int64_t>(size));
    return true;
  }

  bool add_entry(const std::string& name) {
    name_ = name;
    field_.clear();
    if (name == kMetadata) {
      if (std::exchange(has_metadata_, true)) duplicate(name);
      return true;
    }
    if (tensors_.size() == kMaxTensors)
      fail(where(), "too many tensors", "", "at most " + std::to_string(kMaxTensors));
    const auto [entry, fresh] = tensors_.try_emplace(name);
    if (!fresh) duplicate(name);
    extents.push_back({0, 0, &*entry});
    return true;
  }

  bool add_metadata(const std::string& key) {
    if (metadata_.size() == kMaxMetadata)
      fail(where(), "too many keys", "", "at most " + std::to_string(kMaxMetadata));
    if (!metadata_.try_emplace(key).second) duplicate(key);
    field_ = key;
    return true;
  }

  const std::string& file_;
  std::map<std::string, std::string>& metadata_;
  StoredTensors& tensors_;
  Place place_ = Place::start;
  std::string name_;   // of the entry that is read
  std::string field_;  // the key within it; empty: none yet
  bool has_metadata_ = false;
  unsigned seen_ = 0;  // bit i: kFields[i] of this tensor
  unsigned offsets_ = 0;
};

// The JSON text, whose length the file declares.
std::string_view find_header(const std::string& file, std::span<const std::byte> bytes) {
  if (bytes.size() < kLengthBytes)
    fail(file, "the file is truncated", print_bytes(bytes.size()), "at least 8");
  std::uint64_t length;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  const std::string where = file + ", byte 0";
  if (length > kMaxHeader) {
    fail(where, "the length of the header is invalid", print_bytes(length),
         "at most " + std::to_string(kMaxHeader), "the file is damaged or not a safetensors file");
  }
  if (length > bytes.size() - kLengthBytes) {
    fail(where, "the header reaches beyond the file", print_bytes(length),
         "at most " + std::to_string(bytes.size() - kLengthBytes), "the file is truncated or damaged");
  }
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
  if (!header.starts_with('{')) fail(file + ", byte 8", "the header does not begin with `{`");
  const std::size_t zero = header.find('\0');  // which the parser would take for the end
  if (zero != header.npos)
    fail(file + ", byte " + std::to_string(kLengthBytes + zero), "a zero byte in the header");
  return header;
}

// Gives every tensor its bytes. They must follow each other from the first to the last byte.
void lay_out(const std::string& file, std::vector<Extent>& extents, std::span<const std::byte> data) {
  std::ranges::sort(extents, {}, [](const Extent& e) { return std::pair(e.begin, e.end); });
  std::uint64_t next = 0;
  for (const Extent& extent : extents) {
    StoredTensor& tensor = extent.entry->second;
    const std::string where = file + ", tensor " + excerpt(extent.entry->first);
    const std::string got = std::to_string(extent.begin) + " to " + std::to_string(extent.end);
    if (extent.begin != next) {
      fail(where,
           extent.begin < next ? "its elements overlap those of another" : "a hole before its elements", got,
           "from " + std::to_string(next));
    }
    const std::optional<std::uint64_t> size = byte_count(tensor.type, tensor.shape);
    if (extent.end < extent.begin || size != extent.end - extent.begin) {
      fail(where, "its place does not fit its shape", got + " for " + tensor_text(tensor),
           size ? print_bytes(*size) : "a whole number of bytes below 2^64");
    }
    if (extent.end > data.size())
      fail(where, "the file is truncated", print_bytes(data.size()), print_bytes(extent.end));
    tensor.bytes = data.subspan(extent.begin, *size);
    next = extent.end;
  }
  if (next != data.size()) {
    fail(file, "bytes after the last tensor", print_bytes(data.size()) + " of elements",
         std::to_string(next));
  }
}

std::uint32_t crc(std::span<const std::byte> bytes, std::uint32_t start = 0) {
  if (bytes.empty()) return start;  // libdeflate takes a null pointer for a request to start again
  return libdeflate_crc32(start, bytes.data(), bytes.size());
}

std::uint32_t crc(std::string_view text, std::uint32_t start = 0) {
  return crc(std::as_bytes(std::span(text.data(), text.size())), start);
}

std::string hex(std::uint32_t number) {
  std::array<char, 9> text;
  std::snprintf(text.data(), text.size(), "%08x", number);
  return text.data();
}

std::uint32_t header_crc(std::string_view header) {
  const std::uint32_t before = crc(kNoDigits, crc(header.substr(0, kChecksumHead.size())));
  return crc(header.substr(kChecksumHead.size() + kDigits), before);
}

void check_crc(const std::string& where, std::string_view part, std::string_view stored,
               std::uint32_t computed) {
  if (stored == hex(computed)) return;
  fail(where, "the " + std::string(part) + " does not match its checksum", hex(computed), excerpt(stored),
       "the file is damaged");
}

void check_header(const std::string& file, std::string_view header, std::string_view checksum) {
  const std::string_view at = header.substr(std::min(kChecksumHead.size(), header.size()), kDigits);
  if (checksum.size() != kDigits || !header.starts_with(kChecksumHead) || at != checksum) {
    fail(file + ", metadata", "a checksum of another kind", excerpt(checksum),
         "16 digits at byte " + std::to_string(kLengthBytes + kChecksumHead.size()),
         "the file is damaged or was changed by another tool");
  }
  const std::string where = file + ", bytes 8 to " + std::to_string(kLengthBytes + header.size());
  check_crc(where, "header", checksum.substr(0, kDigits / 2), header_crc(header));
}

// Whether it can be a JSON string: json_string() would write what is not UTF-8 as an escaped U+FFFD.
bool is_utf8(std::string_view text) {
  const std::string json = json_string(text);
  for (std::size_t at = json.find('\\'); at != json.npos; at = json.find('\\', at + 2)) {
    if (json.compare(at, 6, "\\ufffd") == 0) return false;
  }
  return true;
}

[[noreturn]] void misuse(const std::filesystem::path& path, const std::string& what, const std::string& got,
                         const std::string& want) {
  throw Error(Code::usage, {path.string(), what, got, want, ""});
}

void check_text(const std::filesystem::path& path, std::string_view text) {
  if (!is_utf8(text)) misuse(path, "text that is not UTF-8 cannot be saved", excerpt(text), "UTF-8");
}

using Order = std::vector<const StoredTensors::value_type*>;

Order order_of(const std::filesystem::path& path, const StoredTensors& tensors) {
  Order order;
  for (const auto& entry : tensors) {
    const auto& [name, tensor] = entry;
    check_text(path, name);
    if (name == kMetadata)
      misuse(path, "a tensor has the name of the metadata", excerpt(name), "another name");
    const std::optional<std::uint64_t> size = byte_count(tensor.type, tensor.shape);
    if (size != tensor.bytes.size() || tensor.shape.size() > kMaxRank) {
      misuse(path, "tensor " + excerpt(name) + " has an invalid shape",
             tensor_text(tensor) + " in " + print_bytes(tensor.bytes.size()),
             "as many bytes as its elements take");
    }
    order.push_back(&entry);
  }
  std::ranges::sort(order, [](const auto* a, const auto* b) {  // large types first, so that all are aligned
    return a->second.type != b->second.type ? a->second.type > b->second.type : a->first < b->first;
  });
  return order;
}

std::string metadata_json(const std::filesystem::path& path,
                          const std::map<std::string, std::string>& metadata) {
  JsonObject object;
  object.add(kChecksum, kNoDigits);
  for (const auto& [key, text] : metadata) {
    check_text(path, key);
    check_text(path, text);
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

// The header with its checksum, padded so that the elements begin at a multiple of 8.
std::string header_of(const Order& order, const std::string& metadata) {
  JsonObject object;
  object.raw(kMetadata, metadata);
  std::uint64_t begin = 0;
  std::uint32_t data = 0;
  for (const auto* entry : order) {
    object.raw(entry->first, tensor_json(entry->second, begin));
    begin += entry->second.bytes.size();
    data = crc(entry->second.bytes, data);
  }
  std::string header = object.text();
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return header.replace(kChecksumHead.size(), kDigits, hex(header_crc(header)) + hex(data));
}

}  // namespace

Safetensors::Safetensors(const std::filesystem::path& path) : Safetensors(path, read_file(path)) {}

Safetensors::Safetensors(const std::filesystem::path& path, std::vector<std::byte> bytes)
    : bytes_(std::move(bytes)) {
  const std::string file = path.string();
  const std::string_view header = find_header(file, bytes_);
  HeaderReader reader(file, metadata_, tensors_);
  nlohmann::json::sax_parse(header.begin(), header.end(), &reader);
  const auto checksum = metadata_.find(std::string(kChecksum));
  if (checksum != metadata_.end()) check_header(file, header, checksum->second);
  const std::span<const std::byte> data = std::span(bytes_).subspan(kLengthBytes + header.size());
  lay_out(file, reader.extents, data);
  if (checksum == metadata_.end()) return;
  const std::string where = file + ", bytes " + std::to_string(bytes_.size() - data.size()) + " to the end";
  check_crc(where, "data", checksum->second.substr(kDigits / 2), crc(data));
}

void write_safetensors(const std::filesystem::path& path, const StoredTensors& tensors,
                       const std::map<std::string, std::string>& metadata) {
  if (tensors.size() > kMaxTensors) misuse(path, "too many tensors", std::to_string(tensors.size()), "2^20");
  if (metadata.size() >= kMaxMetadata)
    misuse(path, "too much metadata", std::to_string(metadata.size()), "2^16 keys");
  const Order order = order_of(path, tensors);
  const std::string header = header_of(order, metadata_json(path, metadata));
  if (header.size() > kMaxHeader) {
    misuse(path, "the header is too long", print_bytes(header.size()),
           "at most " + std::to_string(kMaxHeader));
  }
  const std::uint64_t length = header.size();
  std::vector<std::span<const std::byte>> parts{std::as_bytes(std::span(&length, 1)),
                                                std::as_bytes(std::span(header))};
  for (const auto* entry : order) parts.push_back(entry->second.bytes);
  replace_file(path, parts);
}

}  // namespace thalweg
