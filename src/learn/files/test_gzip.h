// For tests of what reads packed files: data to be unpacked.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace thalweg {

// `window` says which header it gets, as for zlib's deflateInit2().
inline std::string deflated(const std::string& bytes, int window) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY), Z_OK);
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

// One gzip member.
inline std::string gzip(const std::string& bytes) { return deflated(bytes, 16 + MAX_WBITS); }

}  // namespace thalweg
