// Writes JSON text: enough for results, metrics and headers, with no dependency.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace thalweg {

// A string with its quotes; bytes that are not UTF-8 are written as U+FFFD.
std::string json_string(std::string_view text);
// 17 significant digits, which read back to the same double; null when not finite.
std::string json_number(double number);

// Builds one list, element by element; `json` is a value that is already written.
class JsonArray {
 public:
  JsonArray& raw(std::string_view json);
  std::string text() const { return "[" + body_ + "]"; }

 private:
  std::string body_;
};

// The list of what `print` writes of each element.
template <class List, class Print>
std::string json_list(const List& list, const Print& print) {
  JsonArray out;
  for (const auto& one : list) out.raw(print(one));
  return out.text();
}

// A value: a text, a number, a truth value or a list of values.
inline std::string json_value(std::string_view text) { return json_string(text); }
inline std::string json_value(const char* text) { return json_string(text); }
inline std::string json_value(bool value) { return value ? "true" : "false"; }
inline std::string json_value(double number) { return json_number(number); }
std::string json_value(std::integral auto number) { return std::to_string(number); }
template <class T>
concept JsonList = !std::convertible_to<T, std::string_view> && requires(const T& list) {
  list.begin();
};
std::string json_value(const JsonList auto& list) {
  return json_list(list, [](const auto& one) { return json_value(one); });
}

// Builds one object, member by member, in order.
//   JsonObject().add("name", "w").add("shape", Shape{3, 4}).text()  ->  {"name": "w", "shape": [3, 4]}
class JsonObject {
 public:
  template <class T>
  JsonObject& add(std::string_view key, const T& value) {
    return raw(key, json_value(value));
  }
  // `json` is a value that is already written: an object, a list or null.
  JsonObject& raw(std::string_view key, std::string_view json);
  std::string text() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

}  // namespace thalweg
