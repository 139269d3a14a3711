#include "data/dataset.h"

#include <algorithm>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

#include "augment/augmenter.h"
#include "base/registry.h"
#include "base/utf8.h"
#include "files/input.h"

namespace thalweg {

struct ReaderRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
#define THALWEG_READER(reader) THALWEG_OBJECT(ReaderRegistry, Reader, reader)
#include "data/readers.inc"

namespace {

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
  constexpr Ending kEndings[] = {{".csv", "csv"},
                                 {".tsv", "csv"},
                                 {".txt", "csv"},
                                 {".data", "csv"},
                                 {".npy", "npy"},
                                 {".npz", "npz"},
                                 {".safetensors", "safetensors"},
                                 {".svm", "libsvm"},
                                 {".libsvm", "libsvm"},
                                 {"", "csv"}};
  const std::string& path = source.text;
  std::error_code error;
  const std::filesystem::file_type type = std::filesystem::status(path, error).type();
  const std::size_t packed = path.ends_with(".gz") ? 3 : path.ends_with(".zst") ? 4 : 0;
  const std::string_view name = std::string_view(path).substr(0, path.size() - packed);
  const Ending& found =
      *std::ranges::find_if(kEndings, [&](const Ending& one) { return name.ends_with(one.ending); });
  const bool there =
      type == std::filesystem::file_type::regular || type == std::filesystem::file_type::directory;
  if (!there && (found.ending.empty() || path.find('(') != std::string::npos)) return;
  if (has_spec(kSpecs, path.substr(0, path.find_first_of(" (")))) return;
  const bool folder = type == std::filesystem::file_type::directory;
  const auto is_folder = [](const auto& entry) { return entry.is_directory(); };
  const bool of_folders =
      folder && std::ranges::any_of(std::filesystem::directory_iterator(path, error), is_folder);
  throw source.error(0, {"", "unknown name", "`" + path + "`", "a data source",
                         "did you mean `" +
                             std::string(of_folders ? "images"
                                         : folder   ? "idx"
                                                    : found.reader) +
                             "(" + print_word(path) + ")`?"});
}

// The reader, then what is done to its samples.
Text parse_source(const Source& source) {
  check_no_path(source);
  bool first = true;
  return parse(source, [&](const Item& item, const std::string& also) {
    std::exchange(first, false) ? void(find_reader(item, source, also))
                                : check_augmentation(item, source, also);
  });
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
    const Text items = parse_source(source);
    const Item& item = items.front();
    reader = &find_reader(item, source);
    settings = bind(reader->spec, item, source);
    make_paths_absolute(reader->spec, settings, item, source);
    const std::span<const Item> behind = std::span(items).subspan(1);
    augment = augment_text(behind, source, false);
    full_augment = augment_text(behind, source, true);
  }

  // Canonical, or with every option.
  std::string text(bool every) const {
    const std::string& behind = every ? full_augment : augment;
    return print(Text{unbind(reader->spec, settings, every)}) + (behind.empty() ? "" : " | " + behind);
  }

  const Reader* reader;
  Settings settings;
  std::string augment, full_augment;
};

// The reader and its files; of a reader without files the reader and all that is asked of it.
std::vector<std::string> samples_of(std::string_view text) {
  const auto& [reader, settings, augment, full] = Bound(text);
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
  const auto& [reader, settings, augment, full] = Bound(text);
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
  const std::string canonical = bound.text(false);
  try {
    Dataset data = bound.reader->read(bound.settings, request);
    data.text = canonical;
    data.full_text = bound.text(true);
    data.augment = bound.full_augment;
    Augmenter(bound.augment, data.image, 0);  // which throws where they do not fit each other
    tell_parts(data);
    for (std::string& note : data.notes) note = shown(note);
    return data;
  } catch (const std::bad_alloc&) {
    throw Error(Code::resource,
                {canonical, "the data does not fit in memory", "", "", "free some memory or read a part"});
  }
}

}  // namespace

std::span<const Spec* const> data_specs() { return kSpecs; }

Dataset load_dataset(std::string_view text, std::uint64_t seed, std::string_view encoding,
                     const PartOptions& parts) {
  return read(text, {.seed = seed, .encoding = encoding, .plan = plan_of(parts)});
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

Dataset load_all(std::string_view text, std::string_view encoding, RowTexts& texts) {
  return read(text, {.encoding = encoding, .all = true, .texts = &texts});
}

Dataset load_dataset(std::string_view text, std::uint64_t seed, std::string_view encoding,
                     const PartOptions& parts, RowTexts& texts, RowTexts& test_texts) {
  return read(text, {.seed = seed,
                     .encoding = encoding,
                     .texts = &texts,
                     .test_texts = &test_texts,
                     .plan = plan_of(parts)});
}

}  // namespace thalweg
