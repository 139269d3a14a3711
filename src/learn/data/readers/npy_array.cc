#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "data/dense.h"
#include "data/readers/npy.h"

namespace thalweg {
namespace {

constexpr std::uint32_t kMaxHeader = 1 << 20;
constexpr std::size_t kMaxDims = 32;

// The few forms of Python's literals that a header is made of.
class Literals {
 public:
  Literals(const std::string& where, std::string_view text) : where_(where), text_(text) {}

  bool take(char c) {
    pass_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) throw error("`" + std::string(1, c) + "`");
  }
  std::string text() {
    const char quote = take('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) throw error("a closing quote");
    const std::string out(text_.substr(at_, end - at_));
    at_ = end + 1;
    return out;
  }
  bool truth() {
    pass_blanks();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    throw error("True or False");
  }
  std::uint64_t number() {
    pass_blanks();
    std::uint64_t number = 0;
    const char* begin = text_.data() + at_;
    const auto [end, fault] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (fault != std::errc()) throw error("a whole number");
    at_ += static_cast<std::size_t>(end - begin);
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote 3L
    return number;
  }
  void finish() {
    pass_blanks();
    if (at_ != text_.size()) throw error("the end");
  }
  Error error(const std::string& want) const {
    const std::string got = at_ < text_.size() ? "`" + std::string(text_.substr(at_, 20)) + "`" : "the end";
    return Error(Code::data,
                 {where_ + ", header byte " + std::to_string(at_), "the header is malformed", got, want, ""});
  }

 private:
  void pass_blanks() { at_ = std::min(text_.find_first_not_of(" \n\t", at_), text_.size()); }

  const std::string& where_;
  std::string_view text_;
  std::size_t at_ = 0;
};

std::vector<std::uint64_t> take_shape(Literals& text) {
  std::vector<std::uint64_t> dims;
  text.expect('(');
  while (!text.take(')')) {
    if (dims.size() == kMaxDims) throw text.error("at most 32 dimensions");
    dims.push_back(text.number());
    if (!text.take(',')) {
      text.expect(')');
      break;
    }
  }
  return dims;
}

// Types whose elements are no numbers or words, by the first letter of their names.
struct OtherType {
  char letter;
  std::string_view name, hint;
};
constexpr OtherType kOtherTypes[] = {
    {'c', "complex numbers", "numpy.stack([array.real, array.imag], axis=-1) makes two numbers of each"},
    {'M', "dates", "array.astype(\"int64\") counts their units"},
    {'m', "spans of time", "array.astype(\"int64\") counts their units"},
    {'V', "raw bytes, as bfloat16 is saved", "array.astype(numpy.float32) before it is saved"}};

Error wrong_type(const std::string& where, const std::string& type, std::string_view element) {
  if (element.starts_with('O')) {
    return Error(Code::data, {where, "an array of Python objects is not read", "`" + type + "`",
                              "numbers, or words as targets", "array.astype(numpy.float32), or astype(str)"});
  }
  const auto other = std::find_if(std::begin(kOtherTypes), std::end(kOtherTypes),
                                  [&](const OtherType& one) { return element.starts_with(one.letter); });
  const bool known = other != std::end(kOtherTypes);
  return Error(Code::data, {where, "the elements are of an unknown type",
                            "`" + type + "`" + (known ? ", " + std::string(other->name) : ""),
                            "f2, f4, f8, b1, u1 to u8, i1 to i8, or U and S as targets",
                            known ? std::string(other->hint) : "array.astype(numpy.float32)"});
}

void take_type(const std::string& where, const std::string& type, NpyHeader& header) {
  constexpr std::string_view kTypes[] = {"f2", "f4", "f8", "b1", "u1", "u2",
                                         "u4", "u8", "i1", "i2", "i4", "i8"};
  constexpr int kLongestWord = 1 << 16;  // characters
  const bool ordered = !type.empty() && std::string_view("<>|=").find(type[0]) != std::string_view::npos;
  const std::string_view element = std::string_view(type).substr(ordered ? 1 : 0);
  header.big = type.starts_with('>');
  if (element.starts_with('U') || element.starts_with('S')) {
    const std::optional<int> length = read_exactly<int>(element.substr(1));
    if (!length || *length < 1 || *length > kLongestWord) throw wrong_type(where, type, element);
    header.kind = element[0];
    header.size = *length * (header.kind == 'U' ? 4 : 1);
    return;
  }
  if (std::find(std::begin(kTypes), std::end(kTypes), element) == std::end(kTypes))
    throw wrong_type(where, type, element);
  header.kind = element[0];
  header.size = element[1] - '0';
}

// [('a', '<f8'), ...]: each element is a record.
Error structured(const std::string& where) {
  return Error(
      Code::data,
      {where, "the header says that this is a structured array", "fields of their own types",
       "one type of all elements",
       "numpy.lib.recfunctions.structured_to_unstructured(array), or pandas.DataFrame(array) and csv"});
}

// Offsets of the elements of one row, in C order, in an array whose first dimension moves fastest.
std::vector<std::size_t> fortran_offsets(std::span<const std::uint64_t> dims) {
  std::vector<std::size_t> offsets = {0};
  std::size_t stride = dims[0];
  for (std::size_t d = 1; d < dims.size(); ++d) {
    std::vector<std::size_t> next;
    next.reserve(offsets.size() * dims[d]);
    for (const std::size_t offset : offsets) {
      for (std::size_t i = 0; i < dims[d]; ++i) next.push_back(offset + i * stride);
    }
    offsets = std::move(next);
    stride *= dims[d];
  }
  return offsets;
}

std::uint32_t read_length(Input& input, unsigned version) {
  const std::vector<std::uint8_t> bytes = input.read(version == 1 ? 2 : 4);
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data(), bytes.size());
  return length;
}

NpyHeader read_header(const std::string& name, Input& input) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  const std::vector<std::uint8_t> magic = input.read(8);
  const unsigned version = magic[6];
  if (!std::equal(kMagic.begin(), kMagic.end(), magic.begin(),
                  [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; })) {
    throw input.error(0, "the file does not begin like a .npy file", "", "\\x93NUMPY");
  }
  if (version < 1 || version > 3 || magic[7] != 0) {
    throw input.error(6, "another version", std::to_string(version) + "." + std::to_string(magic[7]),
                      "1.0, 2.0 or 3.0");
  }
  const std::uint32_t length = read_length(input, version);
  if (length > kMaxHeader) {
    throw input.error(8, "the header is too long", std::to_string(length),
                      "at most " + std::to_string(kMaxHeader));
  }
  const std::vector<std::uint8_t> text = input.read(length);
  return parse_npy_header(name, {reinterpret_cast<const char*>(text.data()), text.size()});
}

// numpy's float16: a sign, 5 bits of exponent, 10 of fraction.
double half(std::uint64_t bits) {
  const int exponent = static_cast<int>(bits >> 10 & 0x1f);
  const double fraction = static_cast<double>(bits & 0x3ff) / 1024;
  double size = exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
  if (exponent == 0x1f) {
    size = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  }
  return bits >> 15 != 0 ? -size : size;
}

void append_utf8(std::uint32_t c, std::string& out) {
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;
  const auto put = [&](std::uint32_t lead, int shift) {
    out += static_cast<char>(lead | c >> shift);
    while (shift > 0) out += static_cast<char>(0x80 | (c >> (shift -= 6) & 0x3f));
  };
  c < 0x80 ? put(0, 0) : c < 0x800 ? put(0xc0, 6) : c < 0x10000 ? put(0xe0, 12) : put(0xf0, 18);
}

std::int64_t to_signed(std::uint64_t element, int size) {
  const int unused = 64 - 8 * size;  // bits
  return static_cast<std::int64_t>(element << unused) >> unused;
}

}  // namespace

NpyHeader parse_npy_header(const std::string& where, std::string_view text) {
  NpyHeader header;
  Literals literals(where, text);
  std::vector<std::string> keys;
  literals.expect('{');
  while (!literals.take('}')) {
    keys.push_back(literals.text());
    literals.expect(':');
    if (keys.back() == "descr") {
      if (literals.take('[')) throw structured(where);
      take_type(where, literals.text(), header);
    } else if (keys.back() == "fortran_order") {
      header.fortran = literals.truth();
    } else if (keys.back() == "shape") {
      header.dims = take_shape(literals);
    } else {
      throw literals.error("descr, fortran_order or shape");
    }
    if (!literals.take(',')) {
      literals.expect('}');
      break;
    }
  }
  literals.finish();
  std::sort(keys.begin(), keys.end());
  if (keys != std::vector<std::string>{"descr", "fortran_order", "shape"}) {
    throw literals.error("descr, fortran_order and shape once each");
  }
  return header;
}

std::uint64_t NpyArray::bits(std::size_t row, std::size_t i) const {
  const std::uint8_t* from =
      bytes.data() + (row * stride + offsets[i]) * static_cast<std::size_t>(header.size);
  std::uint64_t bits = 0;
  std::memcpy(&bits, from, static_cast<std::size_t>(header.size));
  return header.big ? __builtin_bswap64(bits) >> (64 - 8 * header.size) : bits;
}

double NpyArray::at(std::size_t row, std::size_t i) const {
  const std::uint64_t element = bits(row, i);
  switch (header.kind) {
    case 'f':
      if (header.size == 2) return half(element);
      return header.size == 8
                 ? std::bit_cast<double>(element)
                 : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(element)));
    case 'i':
      return static_cast<double>(to_signed(element, header.size));
    case 'b':
      return element != 0;
    default:
      return static_cast<double>(element);
  }
}

std::string NpyArray::text(std::size_t row, std::size_t i) const {
  const std::size_t size = static_cast<std::size_t>(header.size);
  const std::uint8_t* from = bytes.data() + (row * stride + offsets[i]) * size;
  std::string out(reinterpret_cast<const char*>(from), header.kind == 'S' ? size : 0);
  for (std::size_t at = 0; header.kind == 'U' && at < size; at += 4) {
    std::uint32_t c = 0;
    std::memcpy(&c, from + at, sizeof c);
    append_utf8(header.big ? __builtin_bswap32(c) : c, out);
  }
  return out.substr(0, out.find_last_not_of('\0') + 1);  // what numpy fills up with
}

std::string NpyArray::word(std::size_t row, std::size_t i) const {
  if (header.holds_words()) return text(row, i);
  if (header.kind == 'i') return std::to_string(to_signed(bits(row, i), header.size));
  if (header.kind == 'u') return std::to_string(bits(row, i));
  return print_number(at(row, i));
}

NpyArray read_npy(const std::string& name, Input& input) {
  NpyArray array{name, read_header(name, input), {}, {}, 1};
  const std::vector<std::uint64_t>& dims = array.header.dims;
  std::uint64_t elements = 1;
  std::uint64_t size = 0;
  bool fits = true;
  for (const std::uint64_t dim : dims) fits = fits && !__builtin_mul_overflow(elements, dim, &elements);
  fits = fits && !__builtin_mul_overflow(elements, static_cast<unsigned>(array.header.size), &size);
  if (!fits || size > input.at_most()) {
    throw input.error(input.at(), "fewer bytes than the shape requires",
                      "at most " + std::to_string(input.at_most()), fits ? std::to_string(size) : "too many");
  }
  if (dims.empty() || elements == 0) {
    throw input.error(input.at(), "the array is empty or has no rows", "", "n rows");
  }
  check_dense(name, dims[0], elements / dims[0], size);
  array.bytes = input.read(size);
  input.finish();
  if (array.header.fortran) {
    array.offsets = fortran_offsets(dims);
  } else {
    array.stride = elements / dims[0];
    array.offsets.resize(array.stride);
    for (std::size_t i = 0; i < array.stride; ++i) array.offsets[i] = i;
  }
  return array;
}

}  // namespace thalweg
