// What a reader derives from the training part and later data are encoded with, and its JSON form.
//
//   {"schema": 1, "kind": "bytes", "offset": 0, "factor": 0.0625}
//   {"schema": 1, "kind": "images", "channels": 3, "height": 32, "width": 32, "resizes": false,
//    "offset": 121.5, "factor": 0.0155, "classes": ["cat", "dog"]}
//   {"schema": 1, "kind": "table", "named": true, "width": 3,
//    "text": {"delimiter": ";", "skip": 0, "missing": ["-999"]},   of a text; older ones lack it. With an id
//                                                         also "id": {"name": "flat", "position": 2}
//    "columns": [{"name": "size", "position": 0, "kind": "numeric", "mean": 71.5, "scale": 20.3,
//                 "fill": 71.5},
//                {"name": "town", "position": 1, "kind": "categorical", "levels": ["Bonn", "Ulm"]}],
//    "targets": {"kind": "numeric", "columns": [{"name": "price", "position": 2}],
//                "scaling": [{"offset": 210000, "factor": 1e-05}],     or "classes": ["no", "yes"]
//                "range": [{"least": -2.1, "most": 4.5}]}}             scaled; older ones, and free ones,
//                lack it
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "images/image.h"
#include "thalweg/dataset.h"

namespace thalweg {

// "bytes", "images" or "table". Throws Error(data) for what is no encoding.
std::string encoding_kind(std::string_view encoding);

// The one scaling of data that are bytes.
std::string print_encoding(const Scaling& scaling);
// Throws Error(data) for what is not such an encoding.
Scaling read_scaling(std::string_view encoding);

// Of images in files.
struct ImageEncoding {
  ImageSize size;
  bool resizes = false;  // images of another size are resized, not refused
  Scaling scaling = {};
  std::vector<std::string> classes = {};  // names of folders, ascending
};

std::string print_encoding(const ImageEncoding& encoding);
// Throws Error(data) for what is not such an encoding.
ImageEncoding read_image_encoding(std::string_view encoding);

// Scales the inputs of both parts and makes this the encoding of the data, whose classes are numbers.
void set_scaling(Dataset& data, const Scaling& scaling);

// A column of inputs. A number x becomes ((x, or fill where it is missing) - mean) / scale; a category
// becomes one number a level, 1 for its own and 0 for the others, and 0 for all when it is missing. What is
// no level is the last number, `other`, where there is one, and 0 for all where not.
struct ColumnEncoding {
  std::string name;
  std::size_t position = 0;  // column of the source, from 0
  bool categorical = false;
  double mean = 0;
  double scale = 1;
  double fill = 0;
  std::vector<std::string> levels = {};  // in ascending order of their bytes
  bool other = false;                    // levels that came once in training share a number

  double encoded(double x) const;  // of a number or NaN
  std::size_t width() const { return categorical ? levels.size() + (other ? 1 : 0) : 1; }
};

// What a number of the source is stored as, also where its difference from the offset is beyond a double.
double scaled(double x, const Scaling& scaling);

struct TargetColumn {
  std::string name;
  std::size_t position = 0;
};

struct TargetEncoding {
  std::vector<TargetColumn> columns;
  bool categorical = false;          // targets are words; otherwise numbers
  std::vector<std::string> classes;  // of a classification, ascending: by number, or by the bytes of words
  std::vector<Scaling> scaling;      // of a regression: one a column
  std::vector<Interval> range = {};  // the same, or none: Dataset::target_range
};

// How the text of the training data was read, and later texts are.
struct TextEncoding {
  char delimiter = ',';
  std::size_t skip = 0;                   // lines before the first record
  std::vector<std::string> missing = {};  // words that mean no value, besides those of every text
  std::optional<TargetColumn> id = {};    // the column that tells rows apart, no input
};

struct TableEncoding {
  bool named = false;     // columns have names of their own and are found by them
  std::size_t width = 0;  // columns of the source
  std::optional<TextEncoding> text = {};
  std::vector<ColumnEncoding> columns = {};
  TargetEncoding targets = {};
};

std::string print_encoding(const TableEncoding& encoding);
// Throws Error(data) for what is not such an encoding.
TableEncoding read_table_encoding(std::string_view encoding);

}  // namespace thalweg
