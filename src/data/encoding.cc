#include "data/encoding.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/spec.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

constexpr int kSchema = 1;

Error bad_encoding(const std::string& what, const std::string& got, const std::string& want) {
  return Error(Code::data, {"encoding", what, got, want, "use the one that the run was trained with"});
}

const Json& member(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end()) {
    throw bad_encoding("a member is missing", "", "`" + std::string(key) + "`");
  }
  return *found;
}

double number(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_number()) throw bad_encoding("`" + std::string(key) + "` has another type", "", "a number");
  return value.get<double>();
}

std::string text(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_string()) throw bad_encoding("`" + std::string(key) + "` has another type", "", "a text");
  return value.get<std::string>();
}

// The object of an encoding of that kind.
Json parse_encoding(std::string_view encoding, const std::string& kind) {
  Json object = Json::parse(encoding, nullptr, false);
  if (object.is_discarded()) throw bad_encoding("this is no JSON", "", "one object");
  if (number(object, "schema") != kSchema) {
    throw bad_encoding("another schema", print_number(number(object, "schema")), std::to_string(kSchema));
  }
  if (text(object, "kind") != kind) {
    throw bad_encoding("the data are of another kind than those it was derived from", text(object, "kind"),
                       kind);
  }
  return object;
}

}  // namespace

std::string print_encoding(const Scaling& scaling) {
  return JsonObject()
      .add("schema", kSchema)
      .add("kind", "bytes")
      .add("offset", scaling.offset)
      .add("factor", scaling.factor)
      .text();
}

Scaling read_scaling(std::string_view encoding) {
  const Json object = parse_encoding(encoding, "bytes");
  return {number(object, "offset"), number(object, "factor")};
}

void set_scaling(Dataset& data, const Scaling& scaling) {
  data.train.set_scaling(scaling);
  data.test.set_scaling(scaling);
  data.encoding = print_encoding(scaling);
}

}  // namespace thalweg
