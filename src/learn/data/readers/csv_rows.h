// What of a delimited text goes with its predictions: the cells of the column that tells rows apart, and the
// rows as they stand.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/csv_table.h"
#include "data/dataset.h"

namespace thalweg {

// The column that `wanted` names, else the one that told the training rows apart, by name where both texts
// have names and by position where not; nothing where there is none. Throws Error(usage) for a wanted name
// that is no column.
std::optional<std::size_t> find_id(const CsvLayout& layout, const std::string& wanted,
                                   const TableEncoding* trained);

// Puts the rows of a text behind those that stand in `rows`. Throws Error(usage), where whole rows are
// wanted, for a text of another header or delimiter than theirs.
void read_rows(const std::string& name, std::string_view bytes, const CsvOptions& options,
               const CsvLayout& layout, std::optional<std::size_t> id, RowTexts& rows);

}  // namespace thalweg
