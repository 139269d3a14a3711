// Arrays in NumPy's .npy form - a header of text, then the elements - and the data sets that they make.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/table.h"
#include "files/input.h"

namespace thalweg {

struct NpyHeader {
  char kind = 'f';   // f, i, u or b; words: U, 4 bytes a character, or S, one
  int size = 8;      // bytes of an element
  bool big = false;  // the highest byte comes first
  bool fortran = false;
  std::vector<std::uint64_t> dims;

  bool holds_words() const { return kind == 'U' || kind == 'S'; }
};

struct NpyArray {
  std::string name;
  NpyHeader header;
  std::vector<std::uint8_t> bytes;
  std::vector<std::size_t> offsets;  // of the elements of row 0, in C order; row i lies i * stride after
  std::size_t stride = 1;

  std::size_t rows() const { return header.dims.front(); }
  std::size_t row_size() const { return offsets.size(); }
  double at(std::size_t row, std::size_t i) const;         // a number
  std::string word(std::size_t row, std::size_t i) const;  // integers in full

 private:
  std::uint64_t bits(std::size_t row, std::size_t i) const;
  std::string text(std::size_t row, std::size_t i) const;
};

// Reads the text of a header, `{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }`. It is read,
// never run. Throws Error(data), naming `where`, for another text and for elements that are not f2, f4, f8,
// b1, u1 to u8, i1 to i8, U or S.
NpyHeader parse_npy_header(const std::string& where, std::string_view text);

// Reads versions 1.0, 2.0 and 3.0. Throws Error(data) also for an array without dimensions or rows, and for
// bytes that are too few or too many.
NpyArray read_npy(const std::string& name, Input& input);

struct NpyPair {
  std::shared_ptr<const NpyArray> inputs;
  std::shared_ptr<const NpyArray> targets = {};  // or none
  std::shared_ptr<const NpyArray> weights = {};  // likewise
};

// The data set of arrays; `held_out` may have no inputs. Words are classes, and no inputs.
Dataset read_arrays(const NpyPair& pair, const NpyPair& held_out, const TableOptions& options,
                    const Request& request);

}  // namespace thalweg
