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

using IsType = bool (Json::*)() const noexcept;

void check_type(const Json& value, IsType is_type, const char* key, const char* want) {
  if (!(value.*is_type)()) throw bad_encoding("`" + std::string(key) + "` has the wrong type", "", want);
}

const Json& member(const Json& object, const char* key, IsType is_type, const char* want) {
  const Json& value = member(object, key);
  check_type(value, is_type, key, want);
  return value;
}

double number(const Json& object, const char* key) {
  return member(object, key, &Json::is_number, "a number").get<double>();
}

std::size_t index(const Json& object, const char* key) {
  return member(object, key, &Json::is_number_unsigned, "a whole number").get<std::size_t>();
}

const Json& array(const Json& object, const char* key) {
  return member(object, key, &Json::is_array, "an array");
}

std::string text(const Json& object, const char* key) {
  return member(object, key, &Json::is_string, "a string").get<std::string>();
}

std::vector<std::string> texts(const Json& object, const char* key) {
  for (const Json& value : array(object, key)) check_type(value, &Json::is_string, key, "strings");
  return member(object, key).get<std::vector<std::string>>();
}

// Whether a column holds words, not numbers.
bool is_categorical(const Json& object) {
  const std::string kind = text(object, "kind");
  if (kind != "categorical" && kind != "numeric") {
    throw bad_encoding("another kind of column", "`" + kind + "`", "numeric or categorical");
  }
  return kind == "categorical";
}

const char* kind_name(bool categorical) { return categorical ? "categorical" : "numeric"; }

std::string print_column(const ColumnEncoding& column) {
  JsonObject object;
  object.add("name", column.name).add("position", column.position).add("kind", kind_name(column.categorical));
  if (column.categorical) {
    object.add("levels", column.levels);
    return column.other ? object.add("other", true).text() : object.text();
  }
  return object.add("mean", column.mean).add("scale", column.scale).add("fill", column.fill).text();
}

std::string print_target(const TargetColumn& column) {
  return JsonObject().add("name", column.name).add("position", column.position).text();
}

std::string print_scaling(const Scaling& scaling) {
  return JsonObject().add("offset", scaling.offset).add("factor", scaling.factor).text();
}

std::string print_range(const Interval& range) {
  return JsonObject().add("least", range.least).add("most", range.most).text();
}

std::string print_targets(const TargetEncoding& targets) {
  JsonObject out;
  out.add("kind", kind_name(targets.categorical))
      .raw("columns", json_list(targets.columns, print_target))
      .add("classes", targets.classes)
      .raw("scaling", json_list(targets.scaling, print_scaling));
  if (!targets.range.empty()) out.raw("range", json_list(targets.range, print_range));
  return out.text();
}

std::string print_text(const TextEncoding& text) {
  JsonObject out;
  out.add("delimiter", std::string(1, text.delimiter)).add("skip", text.skip).add("missing", text.missing);
  if (text.id) out.raw("id", print_target(*text.id));
  return out.text();
}

TextEncoding read_text(const Json& object) {
  const std::string delimiter = text(object, "delimiter");
  if (delimiter.size() != 1) throw bad_encoding("`delimiter` is no character", "`" + delimiter + "`", "one");
  TextEncoding out{delimiter[0], index(object, "skip"), texts(object, "missing")};
  if (object.contains("id"))
    out.id = TargetColumn{text(member(object, "id"), "name"), index(member(object, "id"), "position")};
  return out;
}

ColumnEncoding read_column(const Json& object) {
  ColumnEncoding column{.name = text(object, "name"), .position = index(object, "position")};
  column.categorical = is_categorical(object);
  if (column.categorical) {
    column.levels = texts(object, "levels");
    column.other =
        object.contains("other") && member(object, "other", &Json::is_boolean, "true or false").get<bool>();
    return column;
  }
  column.mean = number(object, "mean");
  column.scale = number(object, "scale");
  column.fill = number(object, "fill");
  if (column.scale == 0) throw bad_encoding("`scale` is 0", "`" + column.name + "`", "a nonzero number");
  return column;
}

std::vector<Interval> read_range(const Json& object) {
  std::vector<Interval> out;
  for (const Json& one : array(object, "range")) {
    out.push_back({number(one, "least"), number(one, "most")});
    if (!(out.back().least <= out.back().most))
      throw bad_encoding("`range` is empty",
                         print_number(out.back().least) + " to " + print_number(out.back().most),
                         "`least` that is at most `most`");
  }
  return out;
}

TargetEncoding read_targets(const Json& object) {
  TargetEncoding targets;
  targets.categorical = is_categorical(object);
  for (const Json& column : array(object, "columns")) {
    targets.columns.push_back({text(column, "name"), index(column, "position")});
  }
  targets.classes = texts(object, "classes");
  for (const Json& one : array(object, "scaling")) {
    targets.scaling.push_back({number(one, "offset"), number(one, "factor")});
    if (targets.scaling.back().factor == 0) throw bad_encoding("`factor` is 0", "", "a nonzero number");
  }
  if (object.contains("range")) targets.range = read_range(object);
  const bool regression = targets.classes.empty();
  if (targets.columns.empty() || targets.scaling.size() != (regression ? targets.columns.size() : 0) ||
      (!regression && targets.columns.size() != 1) || (regression && targets.categorical) ||
      (!targets.range.empty() && targets.range.size() != targets.scaling.size())) {
    throw bad_encoding("`targets` contradicts itself", "",
                       "classes of one column, or scaling and range of each");
  }
  return targets;
}

// The object of an encoding of that kind.
Json parse_encoding(std::string_view encoding) {
  Json object = Json::parse(encoding, nullptr, false);
  if (object.is_discarded()) throw bad_encoding("not JSON", "", "one object");
  if (number(object, "schema") != kSchema) {
    throw bad_encoding("another schema", print_number(number(object, "schema")), std::to_string(kSchema));
  }
  return object;
}

Json parse_encoding(std::string_view encoding, const std::string& kind) {
  Json object = parse_encoding(encoding);
  if (text(object, "kind") != kind) {
    throw bad_encoding("it was derived from data of another kind", text(object, "kind"), kind);
  }
  return object;
}

}  // namespace

std::string encoding_kind(std::string_view encoding) { return text(parse_encoding(encoding), "kind"); }

double ColumnEncoding::encoded(double x) const {
  const double number = std::isnan(x) ? fill : x;
  const double y = (number - mean) / scale;
  return std::isfinite(y) ? y : number / scale - mean / scale;
}

double scaled(double x, const Scaling& scaling) {
  const double y = (x - scaling.offset) * scaling.factor;
  return std::isfinite(y) ? y : x * scaling.factor - scaling.offset * scaling.factor;
}

std::string print_encoding(const TableEncoding& encoding) {
  JsonObject object;
  object.add("schema", kSchema)
      .add("kind", "table")
      .add("named", encoding.named)
      .add("width", encoding.width);
  if (encoding.text) object.raw("text", print_text(*encoding.text));
  // Column by column: there may be so many that their text is to be there once.
  std::string out = object.raw("columns", "[").text();
  out.pop_back();
  constexpr std::size_t kEach = 128;  // bytes, more than most take
  out.reserve(out.size() + kEach * encoding.columns.size());
  for (const ColumnEncoding& column : encoding.columns) {
    if (&column != &encoding.columns.front()) out += ", ";
    out += print_column(column);
  }
  return out += "], \"targets\": " + print_targets(encoding.targets) + "}";
}

TableEncoding read_table_encoding(std::string_view encoding) {
  const Json object = parse_encoding(encoding, "table");
  TableEncoding out{.named = member(object, "named", &Json::is_boolean, "true or false").get<bool>(),
                    .width = index(object, "width")};
  if (object.contains("text")) out.text = read_text(object["text"]);
  for (const Json& column : array(object, "columns")) out.columns.push_back(read_column(column));
  out.targets = read_targets(member(object, "targets"));
  return out;
}

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

std::string print_encoding(const ImageEncoding& encoding) {
  return JsonObject()
      .add("schema", kSchema)
      .add("kind", "images")
      .add("channels", encoding.size.channels)
      .add("height", encoding.size.height)
      .add("width", encoding.size.width)
      .add("resizes", encoding.resizes)
      .add("offset", encoding.scaling.offset)
      .add("factor", encoding.scaling.factor)
      .add("classes", encoding.classes)
      .text();
}

ImageEncoding read_image_encoding(std::string_view encoding) {
  constexpr std::size_t kMostSide = 65535;
  const Json object = parse_encoding(encoding, "images");
  const ImageEncoding out{
      .size = {index(object, "channels"), index(object, "height"), index(object, "width")},
      .resizes = member(object, "resizes", &Json::is_boolean, "true or false").get<bool>(),
      .scaling = {number(object, "offset"), number(object, "factor")},
      .classes = texts(object, "classes")};
  const auto [channels, height, width] = out.size;
  const bool sides = std::min(height, width) > 0 && std::max(height, width) <= kMostSide;
  if (!sides || (channels != 1 && channels != 3) || out.classes.empty())
    throw bad_encoding("the images have an impossible shape, or no classes", "",
                       "1 or 3 channels, and sides");
  return out;
}

void set_scaling(Dataset& data, const Scaling& scaling) {
  data.train.set_scaling(scaling);
  data.test.set_scaling(scaling);
  data.held_out.set_scaling(scaling);
  data.encoding = print_encoding(scaling);
  for (std::size_t i = 0; i < data.classes; ++i) data.class_names.push_back(std::to_string(i));
}

}  // namespace thalweg
