// Writes JSON text: enough for results, metrics and headers, with no dependency.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace thalweg {

// A string with its quotes; bytes that are not UTF-8 are written as U+FFFD.
std::string json_string(std::string_view text);
// 17 significant digits, which read back to the same double; null when not finite.
std::string json_number(double number);

// Builds one object or array, member by member, in order.
//   JsonObject().add("name", "w").add("size", 3).text()  ->  {"name": "w", "size": 3}
class JsonObject {
 public:
  JsonObject& add(std::string_view key, std::string_view value) { return raw(key, json_string(value)); }
  JsonObject& add(std::string_view key, const char* value) { return raw(key, json_string(value)); }
  JsonObject& add(std::string_view key, double value) { return raw(key, json_number(value)); }
  JsonObject& add(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonObject& add(std::string_view key, int value) { return raw(key, std::to_string(value)); }
  JsonObject& add(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }
  // `json` is a value that is already written: an object, an array or null.
  JsonObject& raw(std::string_view key, std::string_view json);
  std::string text() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

class JsonArray {
 public:
  JsonArray& raw(std::string_view json);
  std::string text() const { return "[" + body_ + "]"; }

 private:
  std::string body_;
};

}  // namespace thalweg
