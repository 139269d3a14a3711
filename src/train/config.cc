#include "train/config.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <toml++/toml.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::array<std::string_view, 9> kKeys = {"schema", "data",   "model", "loss",   "optimizer",
                                                   "batch",  "epochs", "seed",  "threads"};
constexpr std::int64_t kSchema = 1;
constexpr std::int64_t kMostThreads = 1024;

// Reads keys of one table and says what is wrong with the file's name.
class Reader {
 public:
  Reader(const std::filesystem::path& path, const toml::table& table) : path_(path), table_(table) {}

  template <class T>
  T get(std::string_view key, std::string_view want) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) throw error("`" + std::string(key) + "` is missing", "", std::string(want), nullptr);
    if (const auto value = node->value_exact<T>()) return *value;
    throw error("`" + std::string(key) + "` has another type", "", std::string(want), node);
  }

  std::string text(std::string_view key) const { return get<std::string>(key, "a text"); }

  std::uint64_t number(std::string_view key, std::int64_t least) const {
    const auto value = get<std::int64_t>(key, "a whole number");
    if (key == "threads" && value > kMostThreads) {
      throw error("`threads` is too large", std::to_string(value), std::to_string(kMostThreads),
                  table_.get(key));
    }
    if (value >= least) return static_cast<std::uint64_t>(value);
    throw error("`" + std::string(key) + "` is too small", std::to_string(value), std::to_string(least),
                table_.get(key));
  }

  Error error(std::string what, std::string got, std::string want, const toml::node* node) const {
    const std::string line = node != nullptr ? ":" + std::to_string(node->source().begin.line) : "";
    return Error(Code::data, {path_.string() + line, std::move(what), std::move(got), std::move(want), ""});
  }

 private:
  const std::filesystem::path& path_;
  const toml::table& table_;
};

toml::table parse_file(const std::filesystem::path& path) {
  try {
    return toml::parse(read_text_file(path, std::uint64_t{1} << 20), path.string());
  } catch (const toml::parse_error& error) {
    throw Error(Code::data,
                {path.string() + ":" + std::to_string(error.source().begin.line), "this is no TOML",
                 std::string(error.description()), "a configuration as a run writes it", ""});
  }
}

void check_keys(const Reader& reader, const toml::table& table) {
  for (const auto& [key, node] : table) {
    if (std::find(kKeys.begin(), kKeys.end(), key.str()) != kKeys.end()) continue;
    const std::string hint = did_you_mean(key.str(), {kKeys.begin(), kKeys.end()});
    throw reader.error("unknown key", "`" + std::string(key.str()) + "`" + (hint.empty() ? "" : "; " + hint),
                       "", &node);
  }
}

}  // namespace

std::string print_config(const RunConfig& c) {
  const auto text = [](std::string_view key, const std::string& value) {
    return std::string(key) + " = " + json_string(value) + "\n";  // a JSON string is a TOML basic string
  };
  const auto number = [](std::string_view key, std::uint64_t value) {
    return std::string(key) + " = " + std::to_string(value) + "\n";
  };
  return "# A run of Thalweg. `thalweg train --resume` reads this file.\n" +
         number("schema", static_cast<std::uint64_t>(kSchema)) + text("data", c.data) +
         text("model", c.model) + text("loss", c.loss) + text("optimizer", c.optimizer) +
         number("batch", c.batch) + number("epochs", c.epochs) + number("seed", c.seed) +
         number("threads", static_cast<std::uint64_t>(c.threads));
}

RunConfig read_config(const std::filesystem::path& path) {
  const toml::table table = parse_file(path);
  const Reader reader(path, table);
  if (reader.number("schema", 1) != kSchema) {
    throw reader.error("another schema", std::to_string(reader.number("schema", 1)), std::to_string(kSchema),
                       table.get("schema"));
  }
  check_keys(reader, table);
  RunConfig c;
  c.data = reader.text("data");
  c.model = reader.text("model");
  c.loss = reader.text("loss");
  c.optimizer = reader.text("optimizer");
  c.batch = reader.number("batch", 0);
  c.epochs = reader.number("epochs", 1);
  c.seed = reader.number("seed", 0);
  c.threads = static_cast<int>(reader.number("threads", 1));
  return c;
}

void check_numbers(const RunConfig& config) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 63;  // one more than a configuration file can hold
  const auto check = [](std::string_view option, bool good, const std::string& got, const std::string& want) {
    if (!good) throw Error(Code::usage, {std::string(option), "out of range", got, want, ""});
  };
  const auto check_count = [&](std::string_view option, std::uint64_t value, std::uint64_t least) {
    check(option, value >= least && value < kMost, std::to_string(value),
          std::to_string(least) + " to " + std::to_string(kMost - 1));
  };
  check_count("epochs", config.epochs, 1);
  check_count("batch", config.batch, 0);
  check_count("seed", config.seed, 0);
  check("threads", config.threads >= 1 && config.threads <= kMostThreads, std::to_string(config.threads),
        "1 to " + std::to_string(kMostThreads));
}

}  // namespace thalweg
