#include <nlohmann/json.hpp>

#include <cstdint>
#include <new>
#include <stdexcept>
#include <string_view>

#include "base/file.h"
#include "page/run_data.h"
#include "thalweg/error.h"

namespace thalweg::page {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargest = std::uint64_t{64} << 20;

// What `read` makes of a text, of a file that is there; one whose members are not as they should be is an
// Error that names it.
template <class Read>
auto reading(const std::filesystem::path& path, const Read& read) -> decltype(read(std::string())) {
  if (!is_there(path)) return {};
  const std::string text = read_text_file(path, kLargest);
  try {
    return read(text);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(Code::data, {path.string(), "is malformed", error.what(), "what `thalweg train` writes",
                             "remove it: the page works without it"});
  }
}

double number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? kMissing : found->get<double>();
}

std::vector<double> numbers(const Json& array) {
  std::vector<double> out;
  for (const Json& one : array) out.push_back(one.is_null() ? kMissing : one.get<double>());
  return out;
}

// The exponents of doubles lie well inside.
int octave(const Json& number) {
  constexpr int kMost = 10'000;
  const bool whole =
      number.is_number_integer() && !(number.is_number_unsigned() && number.get<std::uint64_t>() > kMost);
  const std::int64_t octave = whole ? number.get<std::int64_t>() : INT64_MAX;
  if (octave < -kMost || octave > kMost) throw std::invalid_argument("`from` is not an octave");
  return static_cast<int>(octave);
}

Octaves octaves(const Json& object) {
  Octaves out{octave(object.at("from")), numbers(object.at("counts"))};
  if (out.counts.size() > 10'000) throw std::invalid_argument("too many `counts`");
  return out;
}

LayerDetail layer(const Json& object) {
  LayerDetail out;
  out.name = object.at("name").get<std::string>();
  out.size = number(object, "size");
  out.value_norm = number(object, "value_norm");
  out.update_norm = number(object, "update_norm");
  out.grad_norm = number(object, "grad_norm");
  out.values = octaves(object.at("values"));
  out.updates = octaves(object.at("updates"));
  return out;
}

Detail detail(const Json& object) {
  const Json& seconds = object.at("seconds");
  Detail out{object.at("update").get<double>(), number(seconds, "data"),   number(seconds, "forward"),
             number(seconds, "backward"),       number(seconds, "update"), {}};
  for (const Json& one : object.at("parameters")) out.layers.push_back(layer(one));
  return out;
}

Example example(const Json& object) {
  Example out;
  out.row = object.at("row").get<double>();
  out.truth = object.at("truth").get<std::string>();
  out.prediction = object.at("prediction").get<std::string>();
  out.probability = number(object, "probability");
  out.error = number(object, "error");
  if (object.contains("inputs")) out.inputs = numbers(object["inputs"]);
  return out;
}

}  // namespace

std::vector<Detail> read_details(const std::filesystem::path& path) {
  return reading(path, [](const std::string& text) {
    std::vector<Detail> out;
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      Detail one = detail(Json::parse(std::string_view(text).substr(begin, end - begin)));
      while (!out.empty() && out.back().update >= one.update) out.pop_back();
      out.push_back(std::move(one));
    }
    return out;
  });
}

Examples read_examples(const std::filesystem::path& path) {
  return reading(path, [](const std::string& text) {
    const Json json = Json::parse(text);
    Examples out;
    out.classes = json.at("classes").get<std::vector<std::string>>();
    out.features = json.at("features").get<std::vector<std::string>>();
    if (json.contains("image")) out.image = numbers(json["image"]);  // older runs have none
    if (json.contains("confusion")) {
      for (const Json& row : json["confusion"]) out.confusion.push_back(numbers(row));
    }
    for (const Json& one : json.at("worst")) out.worst.push_back(example(one));
    return out;
  });
}

Environment read_environment(const std::filesystem::path& path) {
  return reading(path, [](const std::string& text) {
    Environment out;
    const Json json = Json::parse(text);
    for (const auto& [name, value] : json.items()) {
      if (name == "schema") continue;
      const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
      if (!shown.empty()) out.emplace_back(name, shown);
    }
    return out;
  });
}

}  // namespace thalweg::page
