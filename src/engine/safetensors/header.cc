#include "safetensors/header.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <vector>

#include "safetensors/header_text.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kShown = 80;  // bytes of a text from the file that a message shows

[[noreturn]] void fail(const std::string& where, const std::string& what, const std::string& got = {},
                       const std::string& want = {}, const std::string& hint = {}) {
  throw Error(Code::data, {where, what, got, want, hint});
}

// Takes the header from front to back and keeps only what the format knows; anything else is an error at
// once.
class HeaderReader {
 public:
  HeaderReader(const std::string& file, std::string_view text) : file_(file), text_(file, text) {}

  Header read() {
    members(file_ + ", header", "one object", [&](std::string name) { read_entry(std::move(name)); });
    text_.expect_end();
    return std::move(header_);
  }

 private:
  static constexpr std::string_view kFields[] = {"dtype", "shape", "data_offsets"};
  static constexpr std::string_view kSizes = "a whole number from 0, below 2^63";
  static constexpr std::string_view kOffsets = "two whole numbers below 2^64";

  // What stands here in place of what is wanted, by its first character.
  std::string kind_of_value() {
    switch (text_.peek()) {
      case '{':
        return "an object";
      case '[':
        return "a list";
      case '"':
        return "a string";
      default:
        return excerpt(text_.word());
    }
  }

  [[noreturn]] void refuse(const std::string& where, const std::string& got, std::string_view want) {
    fail(where, "a value of the wrong kind", got, std::string(want));
  }

  // Calls member(key) at the value of each member of the object that must stand here.
  template <class Member>
  void members(const std::string& where, std::string_view want, Member&& member) {
    if (text_.peek() != '{') refuse(where, kind_of_value(), want);
    text_.expect('{');
    if (text_.take('}')) return;
    do {
      std::string key = text_.string();
      text_.expect(':');
      member(std::move(key));
    } while (text_.take(','));
    text_.expect('}');
  }

  void read_entry(std::string name) {
    const std::string where = file_ + ", header";
    if (name == kMetadataName) {
      if (has_metadata_) duplicate(where, name);
      has_metadata_ = true;
      return read_metadata();
    }
    if (header_.tensors.size() == kMaxTensors)
      fail(where, "too many tensors", "", "at most " + std::to_string(kMaxTensors));
    const auto [entry, fresh] = header_.tensors.try_emplace(std::move(name));
    if (!fresh) duplicate(where, entry->first);
    if (text_.peek() != '{') refuse(where, kind_of_value(), "an object for each name");
    read_tensor(file_ + ", tensor " + excerpt(entry->first), entry->second);
  }

  void read_metadata() {
    const std::string where = file_ + ", metadata";
    if (text_.peek() != '{') refuse(file_ + ", header", kind_of_value(), "an object for each name");
    members(where, "an object", [&](std::string key) {
      if (header_.metadata.size() == kMaxMetadata)
        fail(where, "too many keys", "", "at most " + std::to_string(kMaxMetadata));
      const auto [entry, fresh] = header_.metadata.try_emplace(std::move(key));
      if (!fresh) duplicate(where, entry->first);
      if (text_.peek() != '"') refuse(where + ", " + excerpt(entry->first), kind_of_value(), "a string");
      entry->second = text_.string();
    });
  }

  void read_tensor(const std::string& where, TensorPlace& tensor) {
    unsigned seen = 0;  // bit i: kFields[i]
    members(where, "an object", [&](const std::string& key) {
      const auto* found = std::ranges::find(kFields, key);
      if (found == std::end(kFields))
        fail(where, "unknown key", excerpt(key), "dtype, shape and data_offsets");
      const auto field = found - std::begin(kFields);
      if ((seen >> field & 1) != 0) duplicate(where, key);
      seen |= 1U << field;
      const std::string at = where + ", " + excerpt(key);
      if (field == 0) tensor.type = read_type(at);
      if (field == 1) read_shape(at, tensor.shape);
      if (field == 2) read_offsets(at, tensor);
    });
    for (unsigned i = 0; i < std::size(kFields); ++i) {
      if ((seen >> i & 1) == 0) fail(where, "`" + std::string(kFields[i]) + "` is missing");
    }
  }

  ElementType read_type(const std::string& where) {
    if (text_.peek() != '"') refuse(where, kind_of_value(), "a string");
    const std::string name = text_.string();
    const std::optional<ElementType> type = find_element_type(name);
    if (!type) fail(where, "unknown type of elements", excerpt(name), "a type of safetensors such as F32");
    return *type;
  }

  // Calls number(n) for each of the list that must stand here.
  template <class Number>
  void numbers(const std::string& where, std::string_view want, Number&& number) {
    if (text_.peek() != '[') refuse(where, kind_of_value(), "a list of whole numbers");
    text_.expect('[');
    if (text_.take(']')) return;
    do {
      const char first = text_.peek();
      if (first == '{' || first == '[' || first == '"') refuse(where, kind_of_value(), want);
      const std::string_view word = text_.word();
      std::uint64_t value = 0;
      const auto [end, error] = std::from_chars(word.begin(), word.end(), value);
      if (error != std::errc() || end != word.end()) refuse(where, excerpt(word), want);
      number(value);
    } while (text_.take(','));
    text_.expect(']');
  }

  void read_shape(const std::string& where, Shape& shape) {
    numbers(where, kSizes, [&](std::uint64_t size) {
      if (size > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
        refuse(where, std::to_string(size), kSizes);
      if (shape.size() == kMaxRank) fail(where, "too many axes", "", "at most " + std::to_string(kMaxRank));
      shape.push_back(static_cast<std::int64_t>(size));
    });
  }

  void read_offsets(const std::string& where, TensorPlace& tensor) {
    std::size_t n = 0;
    numbers(where, kOffsets, [&](std::uint64_t offset) {
      if (n == 2) refuse(where, std::to_string(offset), kOffsets);
      (n++ == 0 ? tensor.begin : tensor.end) = offset;
    });
    if (n != 2) fail(where, "the end is missing", std::to_string(n) + " numbers", "begin and end");
  }

  [[noreturn]] void duplicate(const std::string& where, const std::string& key) const {
    fail(where, "the key " + excerpt(key) + " occurs twice");
  }

  const std::string& file_;
  HeaderText text_;
  Header header_;
  bool has_metadata_ = false;
};

}  // namespace

std::string excerpt(std::string_view text) {
  const std::string_view shown = text.substr(0, kShown);
  return "`" + std::string(shown) + (shown.size() < text.size() ? "...`" : "`");
}

std::string print_bytes(std::uint64_t n) { return std::to_string(n) + (n == 1 ? " byte" : " bytes"); }

std::string describe(ElementType type, const Shape& shape) {
  return std::string(element_name(type)) + " " + print_shape(shape);
}

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

Header read_header(const std::string& file, std::string_view text) {
  if (!text.starts_with('{')) fail(file + ", byte 8", "the header does not begin with `{`");
  const std::size_t zero = text.find('\0');
  if (zero != text.npos)
    fail(file + ", byte " + std::to_string(kLengthBytes + zero), "a zero byte in the header");
  return HeaderReader(file, text).read();
}

void check_places(const std::string& file, const TensorPlaces& tensors, std::uint64_t bytes) {
  std::vector<const TensorPlaces::value_type*> order;
  order.reserve(tensors.size());
  for (const auto& entry : tensors) order.push_back(&entry);
  std::ranges::stable_sort(order, {},
                           [](const auto* e) { return std::pair(e->second.begin, e->second.end); });
  std::uint64_t next = 0;
  for (const auto* entry : order) {
    const TensorPlace& tensor = entry->second;
    const std::string where = file + ", tensor " + excerpt(entry->first);
    const std::string got = std::to_string(tensor.begin) + " to " + std::to_string(tensor.end);
    if (tensor.begin != next) {
      fail(where,
           tensor.begin < next ? "its elements overlap those of another" : "a hole before its elements", got,
           "from " + std::to_string(next));
    }
    const std::optional<std::uint64_t> size = byte_count(tensor.type, tensor.shape);
    if (tensor.end < tensor.begin || size != tensor.end - tensor.begin) {
      fail(where, "its place does not fit its shape", got + " for " + describe(tensor.type, tensor.shape),
           size ? print_bytes(*size) : "a whole number of bytes below 2^64");
    }
    if (tensor.end > bytes) fail(where, "the file is truncated", print_bytes(bytes), print_bytes(tensor.end));
    next = tensor.end;
  }
  if (next != bytes) {
    fail(file, "bytes after the last tensor", print_bytes(bytes) + " of elements", std::to_string(next));
  }
}

}  // namespace thalweg
