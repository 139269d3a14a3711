// thalweg_params_...
#include "thalweg/params.h"

#include "c_abi/call.h"
#include "c_abi/objects.h"
#include "thalweg/memory.h"

namespace thalweg::c {
namespace {

Params& params_of(const thalweg_params* handle) { return object_of<Params>(Kind::params, handle); }

template <class T>
T read_enum(int value, int most, const char* name) {
  if (value >= 0 && value <= most) return static_cast<T>(value);
  throw Error(Code::usage, {name, "unknown", std::to_string(value), "0 to " + std::to_string(most), ""});
}
Role read_role(thalweg_role role) { return read_enum<Role>(role, THALWEG_OTHER, "role"); }
Dtype read_dtype(thalweg_dtype dtype) { return read_enum<Dtype>(dtype, THALWEG_U8, "dtype"); }

// Calls f with both as pointers to elements.
template <class F>
void typed(Dtype dtype, void* value, void* gradient, const F& f) {
  switch (dtype) {
    case Dtype::f32:
      return f(static_cast<float*>(value), static_cast<float*>(gradient));
    case Dtype::f64:
      return f(static_cast<double*>(value), static_cast<double*>(gradient));
    case Dtype::u8:
      break;
  }
  throw Error(Code::usage, {"dtype", "bytes cannot be optimized", "u8", "f32 or f64", ""});
}

void give_index(std::size_t* out, const Params& params) {
  if (out != nullptr) *out = params.size() - 1;
}

}  // namespace

Shape read_shape(std::size_t rank, const std::int64_t* shape) {
  constexpr std::size_t kMostRank = 64;
  if (rank > kMostRank) {
    throw Error(Code::usage, {"rank", "too many dimensions", std::to_string(rank), "at most 64", ""});
  }
  return rank == 0 ? Shape() : Shape(&need(shape, "shape"), shape + rank);
}

Parameter& parameter_at(Params& params, std::size_t index) {
  if (index < params.size()) return params[index];
  throw Error(Code::usage, {"index", "there is no such parameter", std::to_string(index),
                            "below " + std::to_string(params.size()), ""});
}

thalweg_tensor tensor_of(const std::string& name, const Buffer& buffer) {
  return {sizeof(thalweg_tensor),
          name.c_str(),
          static_cast<thalweg_dtype>(buffer.dtype),
          buffer.shape.size(),
          buffer.shape.data(),
          buffer.size(),
          buffer.data};
}

}  // namespace thalweg::c

using namespace thalweg;     // NOLINT: the functions below stand in no namespace
using namespace thalweg::c;  // NOLINT

thalweg_status thalweg_params_create(thalweg_params** params) {
  return call([&] { give_handle(params, Kind::params, std::make_shared<Params>()); });
}

thalweg_status thalweg_params_destroy(thalweg_params* params) { return destroy(Kind::params, params); }

thalweg_status thalweg_params_adopt(thalweg_params* params, const char* name, size_t rank,
                                    const int64_t* shape, thalweg_dtype dtype, void* value, void* gradient,
                                    thalweg_role role, size_t* index) {
  return call([&] {
    Params& all = params_of(params);
    const std::string text(need_text(name, "name"));
    typed(read_dtype(dtype), value, gradient,
          [&](auto* v, auto* g) { all.adopt(text, read_shape(rank, shape), v, g, read_role(role)); });
    give_index(index, all);
  });
}

thalweg_status thalweg_params_add(thalweg_params* params, const char* name, size_t rank, const int64_t* shape,
                                  thalweg_dtype dtype, thalweg_role role, size_t* index) {
  return call([&] {
    Params& all = params_of(params);
    all.add(std::string(need_text(name, "name")), read_shape(rank, shape), read_role(role),
            read_dtype(dtype));
    give_index(index, all);
  });
}

thalweg_status thalweg_params_rebind(thalweg_params* params, size_t index, void* value, void* gradient) {
  return call([&] {
    Params& all = params_of(params);
    const Parameter& parameter = parameter_at(all, index);
    typed(parameter.dtype(), value, gradient, [&](auto* v, auto* g) { all.rebind(parameter.name(), v, g); });
  });
}

thalweg_status thalweg_params_set_gradients(thalweg_params* params, void* const* gradients, size_t count) {
  return call([&] {
    if (count > 0) need(gradients, "gradients");
    params_of(params).set_gradients({gradients, count});
  });
}

thalweg_status thalweg_params_set_absent(thalweg_params* params, size_t index, int absent) {
  return call([&] { parameter_at(params_of(params), index).set_absent(absent != 0); });
}

thalweg_status thalweg_params_set_frozen(thalweg_params* params, size_t index, int frozen) {
  return call([&] { parameter_at(params_of(params), index).set_frozen(frozen != 0); });
}

thalweg_status thalweg_params_count(const thalweg_params* params, size_t* count) {
  return call([&] { need(count, "count") = params_of(params).size(); });
}

thalweg_status thalweg_params_find(const thalweg_params* params, const char* name, size_t* index) {
  return call([&] {
    Params& all = params_of(params);
    std::size_t at = 0;
    while (at < all.size() && all[at].name() != need_text(name, "name")) ++at;
    if (at == all.size()) {
      throw Error(Code::usage, {"name", "no parameter is called so", "`" + std::string(name) + "`", "", ""});
    }
    need(index, "index") = at;
  });
}

thalweg_status thalweg_params_value(const thalweg_params* params, size_t index, thalweg_tensor* value) {
  return call([&] {
    Parameter& parameter = parameter_at(params_of(params), index);
    write_struct(value, tensor_of(parameter.name(), parameter.value_buffer()));
  });
}

thalweg_status thalweg_params_gradient(const thalweg_params* params, size_t index, thalweg_tensor* gradient) {
  return call([&] {
    Parameter& parameter = parameter_at(params_of(params), index);
    write_struct(gradient, tensor_of(parameter.name(), parameter.grad_buffer()));
  });
}

thalweg_status thalweg_params_small_pages(const thalweg_params* params, unsigned char* small, size_t count) {
  return call([&] {
    const std::vector<bool> found = on_small_pages(params_of(params));
    if (count != found.size()) {
      throw Error(Code::usage, {"count", "not one byte a parameter", std::to_string(count),
                                std::to_string(found.size()), ""});
    }
    if (count > 0) need(small, "small");
    for (std::size_t i = 0; i < count; ++i) small[i] = found[i] ? 1 : 0;
  });
}
