// The curves of a run as a table.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/spec.h"
#include "run/folder.h"
#include "thalweg/error.h"
#include "thalweg/export.h"
#include "train/line_file.h"

namespace thalweg {
namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::pair<std::string, std::string>>;  // the column, and what stands there

Error bad_line(const std::string& where, const std::string& line) {
  return Error(Code::data, {where, "a line is not a metric", "`" + line.substr(0, 60) + "`",
                            "an object of numbers with `update`", ""});
}

// Those of an object, the members of `test` behind that word; a null is an empty cell.
bool add_cells(const Json& object, const std::string& before, Cells& cells) {
  if (!object.is_object()) return false;
  for (const auto& [key, value] : object.items()) {
    if (key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos) return false;
    if (before.empty() && key == "test") {
      if (!value.is_null() && !add_cells(value, "test_", cells)) return false;
      continue;
    }
    if (!value.is_number() && !value.is_null()) return false;
    const bool whole = value.is_number_integer();
    cells.emplace_back(before + key, value.is_null() ? ""
                                     : whole         ? value.dump()
                                                     : print_number(value.get<double>()));
  }
  return true;
}

Cells read_cells(const std::string& where, const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  Cells cells;
  if (!json.is_object() || !json.contains("update") || !json["update"].is_number_unsigned())
    throw bad_line(where, line);
  cells.emplace_back("kind", json.contains("train_loss") ? "epoch" : "update");
  if (!add_cells(json, "", cells)) throw bad_line(where, line);
  return cells;
}

// The columns of all rows: those that every run has stand where they always do.
std::vector<std::string> columns_of(const std::vector<Cells>& rows) {
  std::vector<std::string> out = {"kind", "update", "epoch", "loss", "lr", "grad_norm", "train_loss"};
  for (const Cells& cells : rows) {
    for (const auto& [column, cell] : cells) {
      if (column != "seconds" && std::ranges::find(out, column) == out.end()) out.push_back(column);
    }
  }
  out.emplace_back("seconds");
  return out;
}

}  // namespace

std::string export_curves(const std::filesystem::path& directory) {
  check_run(directory);
  const std::filesystem::path path = directory / "metrics.jsonl";
  std::vector<Cells> rows;
  for (const std::string& line : read_lines(path))
    rows.push_back(read_cells(path.string() + ":" + std::to_string(rows.size() + 1), line));
  const std::vector<std::string> columns = columns_of(rows);
  std::string out;
  for (const std::string& column : columns) out += (out.empty() ? "" : ",") + column;
  out += "\n";
  for (const Cells& cells : rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto found = std::ranges::find(cells, columns[i], &Cells::value_type::first);
      out += (i > 0 ? "," : "") + (found == cells.end() ? "" : found->second);
    }
    out += "\n";
  }
  return out;
}

}  // namespace thalweg
