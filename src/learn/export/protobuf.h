// A message of Protocol Buffers (https://protobuf.dev/programming-guides/encoding), field by field: enough to
// write one.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace thalweg {

class Protobuf {
 public:
  // A whole number, as a varint.
  Protobuf& number(std::uint64_t field, std::int64_t value) {
    varint(field << 3);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  // A float, in four bytes.
  Protobuf& real(std::uint64_t field, float value) {
    char bytes[sizeof(float)];
    std::memcpy(bytes, &value, sizeof(float));
    varint(field << 3 | 5);
    bytes_.append(bytes, sizeof(float));
    return *this;
  }
  // A string, bytes, or another message.
  Protobuf& text(std::uint64_t field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Protobuf& message(std::uint64_t field, const Protobuf& value) { return text(field, value.bytes_); }

  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace thalweg
