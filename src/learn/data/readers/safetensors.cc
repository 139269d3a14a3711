// safetensors: tensors in one safetensors file as arrays of inputs and targets.
#include "safetensors/safetensors.h"

#include <cstring>
#include <numeric>

#include "data/dense.h"
#include "data/readers/arrays.h"
#include "files/unpacker.h"

namespace thalweg {
namespace {

std::vector<std::byte> unpacked(const std::string& path) {
  const Bytes bytes = read_bytes(path);
  const std::unique_ptr<Unpacker> unpacker = unpacker_of(*bytes, name_of(path));
  if (unpacker == nullptr) return *bytes;
  const std::vector<std::uint8_t> all = unpacker->take_all(most_inflated(bytes->size()));
  const std::span<const std::byte> view = std::as_bytes(std::span(all));
  return {view.begin(), view.end()};
}

// The kind of number as NumPy calls it; \0 for one that it does not have.
char kind_of(ElementType type) {
  switch (type) {
    case ElementType::boolean:
      return 'b';
    case ElementType::u8:
    case ElementType::u16:
    case ElementType::u32:
    case ElementType::u64:
      return 'u';
    case ElementType::i8:
    case ElementType::i16:
    case ElementType::i32:
    case ElementType::i64:
      return 'i';
    case ElementType::f16:
    case ElementType::bf16:
    case ElementType::f32:
    case ElementType::f64:
      return 'f';
    default:
      return '\0';
  }
}

// bf16 is the upper half of a float.
std::vector<std::uint8_t> widened(std::span<const std::byte> halves) {
  std::vector<std::uint8_t> out(2 * halves.size());
  for (std::size_t i = 0; i + 1 < halves.size(); i += 2) std::memcpy(&out[2 * i + 2], &halves[i], 2);
  return out;
}

class Tensors : public NamedArrays {
 public:
  explicit Tensors(const std::string& path) : NamedArrays(name_of(path)), file_(name(), unpacked(path)) {
    for (const auto& [name, tensor] : file_.tensors()) arrays_.push_back(name);
  }

  std::shared_ptr<const NpyArray> read(const std::string& array) const override {
    const StoredTensor& tensor = file_.tensors().at(array);
    const std::string where = name() + ", " + array;
    const char kind = kind_of(tensor.type);
    if (kind == '\0') {
      throw Error(Code::data,
                  {where, "the elements are no numbers that are read", std::string(element_name(tensor.type)),
                   "F16, BF16, F32, F64, BOOL, U8 to U64 or I8 to I64", ""});
    }
    const bool narrow = tensor.type == ElementType::bf16;
    auto out = std::make_shared<NpyArray>();
    out->name = where;
    out->header.kind = kind;
    out->header.size = narrow ? 4 : static_cast<int>(element_bits(tensor.type) / 8);
    out->header.dims.assign(tensor.shape.begin(), tensor.shape.end());
    const std::size_t elements = tensor.bytes.size() * 8 / element_bits(tensor.type);
    if (tensor.shape.empty() || elements == 0)
      throw Error(Code::data, {where, "the tensor is empty or has no rows", "", "n rows", ""});
    const std::size_t rows = out->rows();
    check_dense(where, rows, elements / rows, tensor.bytes.size());
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(tensor.bytes.data());
    out->bytes = narrow ? widened(tensor.bytes) : std::vector(bytes, bytes + tensor.bytes.size());
    out->stride = elements / rows;
    out->offsets.resize(out->stride);
    std::iota(out->offsets.begin(), out->offsets.end(), std::size_t{0});
    return out;
  }

 private:
  Safetensors file_;
};

Dataset read(const Settings& settings, const Request& request) {
  return read_named_arrays(std::make_unique<Tensors>(text_of(option<kNamedArraysOptions, "file">(settings))),
                           settings, request);
}

}  // namespace

extern constinit const Reader kSafetensorsReader{
    {"safetensors",
     "tensors in one safetensors file; a fifth is held out, by class, unless it has tensors to test on",
     "https://github.com/huggingface/safetensors", kNamedArraysOptions},
    read};

}  // namespace thalweg
