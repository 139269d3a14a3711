// For tests of readers: files to read, what is read, and what an error says.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <numeric>
#include <string>
#include <vector>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "thalweg/dataset.h"

namespace thalweg {

// One gzip member.
inline std::string gzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// The encoded inputs of a part, row after row.
inline std::vector<float> inputs_of(const Samples& samples) {
  std::vector<std::uint32_t> rows(samples.size());
  std::iota(rows.begin(), rows.end(), 0u);
  std::vector<float> out(samples.size() * samples.features());
  samples.gather(rows, out);
  return out;
}

// The rows of a source, in the order of its file and as their text says: every row once, without scaling.
inline std::vector<float> plain_inputs(const std::string& text) { return inputs_of(load_all(text, "").test); }

}  // namespace thalweg
