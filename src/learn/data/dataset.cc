#include "data/dataset.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <new>
#include <system_error>

#include "base/registry.h"
#include "base/utf8.h"
#include "data/subset.h"
#include "files/input.h"

namespace thalweg {

struct ReaderRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
#define THALWEG_READER(reader) THALWEG_OBJECT(ReaderRegistry, Reader, reader)
#include "data/readers.inc"

namespace {

constexpr std::uint64_t kMaxSamples = UINT32_MAX;

using Listed = registry::Entries<ReaderRegistry, __COUNTER__>;
constexpr auto kReaders = Listed::each([]<class Entry>() { return &Entry::kObject; });
constexpr auto kSpecs = Listed::each([]<class Entry>() { return &Entry::kObject.spec; });

const Reader& find_reader(const Item& item, const Source& source, const std::string& also = {}) {
  return *kReaders[find_spec(kSpecs, item, source, "a data source", "`thalweg list data`", also)];
}

// A path in the place of a source: by the end of its name, or a file or folder that is there.
void check_no_path(const Source& source) {
  struct Ending {
    std::string_view ending, reader;
  };
  constexpr Ending kEndings[] = {{".csv", "csv"},    {".tsv", "csv"},       {".txt", "csv"},
                                 {".data", "csv"},   {".npy", "npy"},       {".npz", "npz"},
                                 {".svm", "libsvm"}, {".libsvm", "libsvm"}, {"", "csv"}};
  const std::string& path = source.text;
  std::error_code error;
  const std::filesystem::file_type type = std::filesystem::status(path, error).type();
  const std::string_view name =
      std::string_view(path).substr(0, path.ends_with(".gz") ? path.size() - 3 : path.size());
  const Ending& found =
      *std::ranges::find_if(kEndings, [&](const Ending& one) { return name.ends_with(one.ending); });
  const bool there =
      type == std::filesystem::file_type::regular || type == std::filesystem::file_type::directory;
  if (!there && (found.ending.empty() || path.find('(') != std::string::npos)) return;
  if (has_spec(kSpecs, path.substr(0, path.find_first_of(" (")))) return;
  const bool folder = type == std::filesystem::file_type::directory;
  throw source.error(
      0, {"", "unknown name", "`" + path + "`", "a data source",
          "did you mean `" + std::string(folder ? "idx" : found.reader) + "(" + print_word(path) + ")`?"});
}

Item parse_source(const Source& source) {
  check_no_path(source);
  Text text =
      parse(source, [&](const Item& item, const std::string& also) { find_reader(item, source, also); });
  if (text.size() > 1) {
    throw source.error(text[1].at, {"", "a data source is one item", "`|`", "the end", ""});
  }
  return std::move(text.front());
}

std::string absolute_path(const std::string& path, const Item& item, const Source& source) {
  if (path == kStandardInput) return path;
  std::error_code error;
  const bool possible = !path.empty() && path.find('\0') == std::string::npos;
  const std::filesystem::path normal =
      possible ? std::filesystem::absolute(path, error).lexically_normal() : std::filesystem::path();
  if (normal.empty()) {
    throw source.error(item.at,
                       {"", "`" + item.name + "` has an invalid path", "`" + path + "`", "a path", ""});
  }
  return normal.has_filename() ? normal.string() : normal.parent_path().string();  // "a/" and "a" are one
}

void make_paths_absolute(const Spec& spec, Settings& settings, const Item& item, const Source& source) {
  for (std::size_t i = 0; i < settings.size(); ++i) {
    std::string* path = std::get_if<std::string>(&settings[i]);
    if (path != nullptr && spec.options[i].unit == kPathUnit) *path = absolute_path(*path, item, source);
  }
}

struct Bound {
  explicit Bound(std::string_view text) {
    const Source source{"data", std::string(text)};
    const Item item = parse_source(source);
    reader = &find_reader(item, source);
    settings = bind(reader->spec, item, source);
    make_paths_absolute(reader->spec, settings, item, source);
  }

  const Reader* reader;
  Settings settings;
};

// The reader and its files; of a reader without files the reader and all that is asked of it.
std::vector<std::string> samples_of(std::string_view text) {
  const auto& [reader, settings] = Bound(text);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (reader->spec.options[i].unit == kPathUnit) out.push_back(text_of(settings[i]));
  }
  if (out.empty()) out.push_back(print(Text{unbind(reader->spec, settings)}));
  out.emplace_back(reader->spec.name);
  return out;
}

// Whether a source holds other samples each time it is read: stdin, a pipe.
bool is_read_once(std::string_view text) {
  const auto& [reader, settings] = Bound(text);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (reader->spec.options[i].unit != kPathUnit || !given(settings[i])) continue;
    std::error_code ignored;
    const auto status = std::filesystem::status(text_of(settings[i]), ignored);
    if (!std::filesystem::is_regular_file(status) && !std::filesystem::is_directory(status)) return true;
  }
  return false;
}

Dataset read(std::string_view text, const Request& request) {
  const Bound bound(text);
  const Reader& reader = *bound.reader;
  const Settings& settings = bound.settings;
  const std::string canonical = print(Text{unbind(reader.spec, settings)});
  try {
    Dataset data = reader.read(settings, request);
    data.text = canonical;
    data.full_text = print(Text{unbind(reader.spec, settings, true)});
    for (std::string& note : data.notes) note = shown(note);
    return data;
  } catch (const std::bad_alloc&) {
    throw Error(Code::resource,
                {canonical, "the data does not fit in memory", "", "", "free some memory or read a part"});
  }
}

// Samples among `elements` numbers.
std::size_t count_samples(std::size_t features, std::size_t elements) {
  if (features == 0 || elements % features != 0 || elements / features > kMaxSamples) {
    throw Error(Code::usage, {"samples", "not a whole number of samples, or too many",
                              std::to_string(elements) + " numbers",
                              "at most 2^32 - 1 rows of " + std::to_string(features), ""});
  }
  return elements / features;
}

// Rows come in random order: without a hint the first lines of each are waited for.
void prefetch_row(std::span<const std::uint8_t> row) {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kMost = 4096;
  for (std::size_t at = 0; at < std::min(row.size(), kMost); at += kLine) __builtin_prefetch(&row[at]);
}

template <class T>
void scale_row(const Scaling& scaling, std::span<const T> from, float* to) {
  const double offset = scaling.offset;
  const double factor = scaling.factor;
  for (std::size_t i = 0; i < from.size(); ++i) {
    to[i] = static_cast<float>((static_cast<double>(from[i]) - offset) * factor);
  }
}

}  // namespace

std::span<const Spec* const> data_specs() { return kSpecs; }

void Samples::assign(std::size_t features, std::vector<std::uint8_t> inputs) {
  size_ = count_samples(features, inputs.size());
  features_ = features;
  bytes_ = std::move(inputs);
  floats_.clear();
}

void Samples::assign(std::size_t features, std::vector<float> inputs) {
  size_ = count_samples(features, inputs.size());
  features_ = features;
  floats_ = std::move(inputs);
  bytes_.clear();
}

void Samples::set_scaling(const Scaling& scaling) {
  if (!std::isfinite(scaling.offset) || !std::isfinite(scaling.factor)) {
    throw Error(Code::usage, {"scaling", "offset and factor must be finite",
                              print_number(scaling.offset) + " and " + print_number(scaling.factor), "", ""});
  }
  scaling_ = scaling;
}

void Samples::check(std::span<const std::uint32_t> wanted) const {
  if (std::all_of(wanted.begin(), wanted.end(), [&](std::uint32_t row) { return row < size_; })) return;
  throw Error(Code::usage,
              {"samples", "a row does not exist", "", "rows below " + std::to_string(size_), ""});
}

Samples Samples::subset(std::span<const std::uint32_t> wanted) const {
  check(wanted);
  Samples out;
  out.size_ = wanted.size();
  out.features_ = features_;
  out.scaling_ = scaling_;
  append_rows(bytes_, wanted, features_, out.bytes_);
  append_rows(floats_, wanted, features_, out.floats_);
  append_rows(labels, wanted, 1, out.labels);
  append_rows(values, wanted, size_ == 0 ? 0 : values.size() / size_, out.values);
  append_rows(weights, wanted, 1, out.weights);
  append_rows(rows, wanted, 1, out.rows);
  if (rows.empty()) out.rows.assign(wanted.begin(), wanted.end());
  return out;
}

void Samples::gather(std::span<const std::uint32_t> wanted, std::span<float> out) const {
  check(wanted);
  if (out.size() != wanted.size() * features_) {
    throw Error(Code::usage,
                {"samples", "the output has another size", std::to_string(out.size()) + " numbers",
                 std::to_string(wanted.size()) + " rows of " + std::to_string(features_), ""});
  }
  const auto row_of = [&](const auto& all, std::size_t i) {
    return std::span(all).subspan(wanted[i] * features_, features_);
  };
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    float* to = out.data() + i * features_;
    if (!floats_.empty()) {
      scale_row(scaling_, row_of(floats_, i), to);
      continue;
    }
    if (i + 1 < wanted.size()) prefetch_row(row_of(bytes_, i + 1));
    scale_row(scaling_, row_of(bytes_, i), to);
  }
}

Dataset load_dataset(std::string_view text, std::uint64_t seed, std::string_view encoding) {
  return read(text, {.seed = seed, .encoding = encoding});
}

Dataset load_to_judge(std::string_view text, std::string_view encoding) {
  return read(text, {.encoding = encoding, .judge = true});
}

bool same_samples(std::string_view text, std::string_view other) {
  const std::vector<std::string> samples = samples_of(text);
  return samples == samples_of(other) && !is_read_once(text);
}

Dataset load_all(std::string_view text, std::string_view encoding) {
  return read(text, {.encoding = encoding, .all = true});
}

}  // namespace thalweg
