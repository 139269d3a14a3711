#include "data/readers/csv_rows.h"

#include <algorithm>

#include "data/csv_columns.h"
#include "thalweg/error.h"

namespace thalweg {

std::optional<std::size_t> find_id(const CsvLayout& layout, const std::string& wanted,
                                   const TableEncoding* trained) {
  if (!wanted.empty()) return find_column(layout, wanted, "id");
  if (trained == nullptr || !trained->text || !trained->text->id) return std::nullopt;
  const TargetColumn& id = *trained->text->id;
  const std::size_t width = layout.columns.size();
  std::size_t at = width;
  if (trained->named && layout.header) {
    at = static_cast<std::size_t>(std::ranges::find(layout.columns, id.name, &CsvColumn::name) -
                                  layout.columns.begin());
  } else if (width == trained->width) {
    at = id.position;
  } else if (width + 1 == trained->width) {  // without the target
    at = id.position - (id.position > trained->targets.columns.front().position ? 1 : 0);
  }
  return at < width ? std::optional(at) : std::nullopt;
}

void read_rows(const std::string& name, std::string_view bytes, const CsvOptions& options,
               const CsvLayout& layout, std::optional<std::size_t> id, RowTexts& rows) {
  const bool first = rows.delimiter == '\0';
  if (id && rows.id.empty()) {
    rows.id = layout.columns[*id].name;
    rows.ids.resize(rows.rows);  // of a text before this one, that has none
  }
  CsvCursor cursor(name, bytes, layout.delimiter, options.skip);
  std::vector<CsvCell> cells;
  std::optional<std::string> header;
  if (layout.header && cursor.next(cells)) header = cursor.record();
  if (first) {
    rows.delimiter = layout.delimiter;
    rows.header = header;
    for (const CsvColumn& column : layout.columns) {
      if (rows.whole) rows.names.push_back(column.name);
    }
  } else if (rows.whole && (rows.delimiter != layout.delimiter || rows.header != header)) {
    throw Error(Code::usage, {name, "its rows do not go behind those of the first file", "",
                              "the same header", "name one of the files as the data"});
  }
  for (; cursor.next(cells); ++rows.rows) {
    if (!rows.id.empty()) rows.ids.emplace_back(id ? cells[*id].text : std::string_view());
    if (rows.whole) rows.records.emplace_back(cursor.record());
  }
}

}  // namespace thalweg
