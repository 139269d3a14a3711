// Reading the JSON of a case with complaints that name the field.
#include <cmath>
#include <limits>

#include "cases/case.h"

namespace thalweg::oracle {
namespace {

void gather_numbers(const Json& value, std::string_view what, std::vector<double>& out) {
  if (!value.is_array()) {
    out.push_back(read_number(value, what));
    return;
  }
  for (const Json& element : value) gather_numbers(element, what, out);
}

[[noreturn]] void wrong_type(std::string_view what, std::string_view wanted, const Json& got) {
  throw Malformed("`" + std::string(what) + "` is " + got.type_name() + " where " + std::string(wanted) +
                  " is wanted");
}

}  // namespace

double read_number(const Json& value, std::string_view what) {
  if (value.is_number()) return value.get<double>();
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  wrong_type(what, "a number", value);
}

std::vector<double> read_numbers(const Json& value, std::string_view what) {
  std::vector<double> numbers;
  gather_numbers(value, what, numbers);
  return numbers;
}

const Json& read_array(const Json& value, std::string_view what) {
  if (!value.is_array()) wrong_type(what, "an array", value);
  return value;
}

std::string read_string(const Json& value, std::string_view what) {
  if (!value.is_string()) wrong_type(what, "a string", value);
  return value.get<std::string>();
}

Shape read_shape(const Json& value) {
  Shape shape;
  for (const Json& size : read_array(value, "shape")) {
    if (!size.is_number_unsigned()) throw Malformed("`shape` holds what is no size");
    shape.push_back(size.get<std::int64_t>());
  }
  return shape;
}

Tensor read_tensor(const Json& entry, const char* numbers) {
  Tensor tensor{read_string(member(entry, "name"), "name"), read_shape(member(entry, "shape")),
                read_numbers(member(entry, numbers), numbers)};
  if (count(tensor.shape) == tensor.init.size()) return tensor;
  throw Malformed("`" + std::string(numbers) + "` of `" + tensor.name + "` does not fill its shape");
}

std::vector<double> transposed(const std::vector<double>& matrix, std::size_t rows) {
  std::vector<double> out(matrix.size());
  const std::size_t columns = rows == 0 ? 0 : matrix.size() / rows;
  for (std::size_t i = 0; i < matrix.size(); ++i) out[i % columns * rows + i / columns] = matrix[i];
  return out;
}

const Json& member(const Json& object, const char* key) {
  if (!object.is_object()) {
    throw Malformed("an object with `" + std::string(key) + "` is wanted, not " + object.type_name());
  }
  const auto found = object.find(key);
  if (found == object.end()) throw Malformed("`" + std::string(key) + "` is missing");
  return *found;
}

Fields::Fields(const Json& object, std::string what, const Clock& clock)
    : object_(object), what_(std::move(what)), clock_(clock) {
  if (!object.is_object()) wrong_type(what_, "an object", object);
}

const Json* Fields::find(std::string_view key) {
  const auto found = object_.find(*asked_.emplace(key).first);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::vector<double> Fields::numbers(std::string_view key) {
  const Json* list = find(key);
  if (list == nullptr) lacks("no " + std::string(key));
  return read_numbers(read_array(*list, key), key);
}

bool Fields::flag(std::string_view key, bool fallback) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) wrong_type(what_ + "." + std::string(key), "true or false", *value);
  return value->get<bool>();
}

std::string Fields::text(std::string_view key, std::string_view fallback) {
  const Json* value = find(key);
  return value == nullptr ? std::string(fallback) : read_string(*value, what_ + "." + std::string(key));
}

std::vector<std::string> Fields::unread() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_.items()) {
    if (!value.is_null() && !asked_.contains(key)) keys.push_back(key);
  }
  return keys;
}

void Fields::skip_unread() const {
  for (const std::string& key : unread()) lacks(key);
}

void Fields::lacks(const std::string& what) const {
  throw Skip((what_ == "hyper" ? "" : what_ + ", ") + what);
}

void add_reason(std::string& reasons, const std::string& reason) {
  if (("; " + reasons + "; ").find("; " + reason + "; ") != std::string::npos) return;
  reasons += (reasons.empty() ? "" : "; ") + reason;
}

void collect(std::string& reasons, const std::function<void()>& part) {
  try {
    part();
  } catch (const Skip& skip) {
    add_reason(reasons, skip.what());
  }
}

std::string refusal(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace thalweg::oracle
