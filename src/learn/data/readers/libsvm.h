// Sparse rows as LIBSVM and its kin write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

struct SparseRows {
  std::vector<double> labels;          // one a row
  std::vector<std::uint32_t> lines;    // one a row: the line it stands in
  std::vector<std::size_t> begins;     // rows + 1: where each row's entries begin
  std::vector<std::uint32_t> indices;  // ascending within a row
  std::vector<double> values;
  bool queries = false;  // some rows name a query, which is passed over

  std::size_t rows() const { return labels.size(); }
  double at(std::size_t row, std::uint32_t index) const;  // 0 where there is no entry
};

// A row a line: a label, perhaps `qid:` and a number, then index:value with ascending indices; `#` begins a
// comment. Throws Error(data), naming line and column, for anything else.
SparseRows parse_libsvm(const std::string& name, std::string_view bytes);

}  // namespace thalweg
