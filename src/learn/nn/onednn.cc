#include "nn/onednn.h"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dnnl.hpp>

#include "reserve/reserve.h"
#include "thalweg/error.h"
#include "thalweg/version.h"

// Of OpenMP; the header that declares them is each compiler's own.
extern "C" int omp_get_max_threads();
extern "C" void omp_set_num_threads(int threads);

namespace thalweg {
namespace {

// oneDNN splits work, and chooses kernels, by the calling thread's OpenMP thread count, which belongs to the
// host.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

using Type = dnnl::memory::data_type;

dnnl::memory::desc matrix(std::size_t rows, std::size_t columns, std::size_t stride, bool transposed,
                          Type type = Type::f32) {
  const auto r = static_cast<dnnl::memory::dim>(rows);
  const auto c = static_cast<dnnl::memory::dim>(columns);
  const auto s = static_cast<dnnl::memory::dim>(stride);
  const dnnl::memory::dims strides = transposed ? dnnl::memory::dims{1, s} : dnnl::memory::dims{s, 1};
  return {{r, c}, type, strides};
}

dnnl::memory memory_at(const dnnl::memory::desc& desc, const float* data) {
  return {desc, cpu(), const_cast<float*>(data)};  // oneDNN has no memory that is read only
}

// A primitive with its arguments.
struct Bound {
  dnnl::primitive primitive;
  std::array<dnnl::memory, 5> memories;
  std::array<dnnl_exec_arg_t, 5> args;
  int count = 0;

  void bind(int arg, dnnl::memory memory) {
    const auto i = static_cast<std::size_t>(count++);
    memories[i] = std::move(memory);
    args[i] = {arg, memories[i].get()};
  }
  bool run(const dnnl::stream& stream) const {
    return dnnl_primitive_execute(primitive.get(), stream.get(), count, args.data()) == dnnl_success;
  }
};

}  // namespace

struct OnednnProduct::Impl {
  dnnl::stream stream;
  dnnl::memory a, b;                            // as the product reads them
  std::vector<std::shared_ptr<Bound>> rounded;  // to there, before each product
  Bound matmul;
  dnnl::memory scratch;
  WorkMemory work;

  Impl(const Product& product, const Strides& strides, const Operands<float>& operands, bool add,
       Compute compute, const Impl* beside);
  void round(dnnl::memory& from, std::size_t rows, std::size_t columns, bool transposed);
};

// Rounds to bf16, in the same order without gaps.
void OnednnProduct::Impl::round(dnnl::memory& from, std::size_t rows, std::size_t columns, bool transposed) {
  const dnnl::memory to(matrix(rows, columns, transposed ? rows : columns, transposed, Type::bf16), cpu());
  const auto reorder = std::make_shared<Bound>();
  reorder->primitive = dnnl::reorder(from, to);
  reorder->bind(DNNL_ARG_FROM, from);
  reorder->bind(DNNL_ARG_TO, to);
  rounded.push_back(reorder);
  work.held += to.get_desc().get_size();
  from = to;
}

OnednnProduct::Impl::Impl(const Product& product, const Strides& strides, const Operands<float>& operands,
                          bool add, Compute compute, const Impl* beside)
    : stream(cpu()) {
  if (beside != nullptr) {
    a = beside->a, b = beside->b;
    rounded = beside->rounded;
  } else {
    a = memory_at(matrix(product.rows, product.depth, strides.a, product.transpose_a), operands.a);
    b = memory_at(matrix(product.depth, product.columns, strides.b, product.transpose_b), operands.b);
    if (compute == Compute::bf16) {
      round(a, product.rows, product.depth, product.transpose_a);
      round(b, product.depth, product.columns, product.transpose_b);
    }
  }
  const auto c = matrix(product.rows, product.columns, strides.c, false);
  const auto bias = matrix(1, product.columns, product.columns, false);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (add) {
    dnnl::post_ops sum;
    sum.append_sum(1.0f);
    attributes.set_post_ops(sum);
  }
  const bool biased = operands.bias != nullptr;
  const dnnl::matmul::desc desc = biased ? dnnl::matmul::desc(a.get_desc(), b.get_desc(), bias, c)
                                         : dnnl::matmul::desc(a.get_desc(), b.get_desc(), c);
  const dnnl::matmul::primitive_desc plan(desc, attributes, cpu());
  matmul.primitive = dnnl::matmul(plan);
  matmul.bind(DNNL_ARG_SRC, a);
  matmul.bind(DNNL_ARG_WEIGHTS, b);
  matmul.bind(DNNL_ARG_DST, memory_at(c, operands.c));
  if (biased) matmul.bind(DNNL_ARG_BIAS, memory_at(bias, operands.bias));
  const dnnl::memory::desc scratchpad = plan.scratchpad_desc();
  if (beside != nullptr && scratchpad.get_size() <= beside->scratch.get_desc().get_size()) {
    scratch = dnnl::memory(scratchpad, cpu(), beside->scratch.get_data_handle());
  } else {
    scratch = dnnl::memory(scratchpad, cpu());
    work.held += scratchpad.get_size();
  }
  matmul.bind(DNNL_ARG_SCRATCHPAD, scratch);
  constexpr std::size_t kPackedDepth = 768;  // that oneDNN's sgemm copies of both operands, about
  if (std::string_view(plan.impl_info_str()).starts_with("gemm"))
    work.packed = sizeof(float) * std::min(product.depth, kPackedDepth) * (product.rows + product.columns);
}

OnednnProduct::OnednnProduct(const Product& product, const Strides& strides, const Operands<float>& operands,
                             bool add, Compute compute, const OnednnProduct* beside) try {
  const Reserve reserve;
  const OneThread one_thread;
  impl_ = std::make_unique<Impl>(product, strides, operands, add, compute,
                                 beside != nullptr ? beside->impl_.get() : nullptr);
  if (!reserve.used()) return;
  throw Error(Code::resource,
              {"matrix product", "there is too little memory for oneDNN to create it", "",
               std::to_string(Reserve::missing) + " more bytes", "use a smaller model or batch"});
} catch (const Error&) {
  throw;
} catch (const std::exception& error) {  // where others wait for a kernel that it fails to make, any kind
  throw Error(Code::resource, {"matrix product", "oneDNN cannot create it", error.what(), "",
                               "use a smaller model or batch"});
}

OnednnProduct::~OnednnProduct() = default;
OnednnProduct::OnednnProduct(OnednnProduct&&) noexcept = default;

bool OnednnProduct::run() const noexcept {
  const Reserve reserve;
  const OneThread one_thread;
  const bool ran =
      std::ranges::all_of(impl_->rounded, [&](const auto& reorder) { return reorder->run(impl_->stream); }) &&
      impl_->matmul.run(impl_->stream);
  return ran && !reserve.used();
}

bool computes_bf16() {
  return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

const WorkMemory& OnednnProduct::work_memory() const { return impl_->work; }

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

}  // namespace thalweg
