// digits: 1,797 handwritten digits of 8 x 8 pixels that are part of the library (digits.md); a fifth of each
// class is held out. Inputs are pixels / 16, in [0, 1].
#include <charconv>

#include "data/dataset.h"
#include "data/encoding.h"
#include "files/gzip.h"

extern "C" {
extern const std::byte thalweg_digits_gz[];  // digits_embedded.S
extern const std::byte thalweg_digits_gz_end[];
}

namespace thalweg {
namespace {

constexpr std::size_t kFeatures = 64;
constexpr std::size_t kClasses = 10;
constexpr std::uint64_t kMaxText = 1 << 20;
constexpr char kWhere[] = "embedded digits";

// Cuts a number below `bound` and the separator after it off the front of `text`.
std::uint8_t take_number(std::string_view& text, unsigned bound, char separator) {
  unsigned number = bound;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::size_t used = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || number >= bound || used >= text.size() || text[used] != separator) {
    throw Error(Code::data, {kWhere, "malformed number", "`" + std::string(text.substr(0, 8)) + "`",
                             "0 to " + std::to_string(bound - 1), ""});
  }
  text.remove_prefix(used + 1);
  return static_cast<std::uint8_t>(number);
}

// Lines of 64 pixels and a label.
Samples parse_samples(std::string_view text) {
  Samples samples;
  std::vector<std::uint8_t> pixels;
  while (!text.empty()) {
    for (std::size_t i = 0; i < kFeatures; ++i) pixels.push_back(take_number(text, 17, ','));
    samples.labels.push_back(take_number(text, kClasses, '\n'));
  }
  samples.assign(kFeatures, std::move(pixels));
  return samples;
}

Dataset read_digits(const Settings&, const Request& request) {
  const std::span packed(thalweg_digits_gz, thalweg_digits_gz_end);
  const std::vector<std::uint8_t> text = Gunzip(packed, kWhere).take_all(kMaxText);
  const Samples all = parse_samples({reinterpret_cast<const char*>(text.data()), text.size()});
  Dataset data;
  data.sample = {kFeatures};
  data.image = {1, 8, 8};
  data.classes = kClasses;
  const bool whole = request.all || request.judge;
  data.apart = !whole && request.plan.apart(false);
  divide(data, all,
         whole ? std::vector<RowPart>(all.size(), RowPart::test)
               : draw_parts("digits", all.labels, kClasses, request.seed, request.plan));
  set_scaling(data, request.encoding.empty() ? Scaling{0, 1.0 / 16} : read_scaling(request.encoding));
  return data;
}

}  // namespace

extern constinit const Reader kDigitsReader{
    {"digits",
     "1,797 handwritten digits of 8 x 8 pixels, part of the library; a fifth is held out, by class",
     "UCI optdigits, test part (Alpaydin and Kaynak 1998), CC BY 4.0",
     {}},
    read_digits};

}  // namespace thalweg
