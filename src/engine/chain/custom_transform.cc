#include "chain/custom_transform.h"

#include <algorithm>
#include <memory>
#include <string>

#include "chain/link.h"
#include "chain/recipes.h"
#include "custom/custom_spec.h"
#include "custom/registered.h"
#include "thalweg/custom_transform.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostOptions = TransformBlock<float>::kMostOptions;
static_assert(kMostOptions + 2 <= kMaxCoefs && TransformBlock<float>::kMostState == kMaxState);

// Its numbers of a step are the options, t and k, which doubles hold exactly.
double prepare(const Moment& now, Coefs& coefs) {
  std::ranges::copy(now.o, coefs.begin());
  coefs[kMostOptions] = static_cast<double>(now.t);
  coefs[kMostOptions + 1] = static_cast<double>(now.k);
  return 1.0;
}

template <class T>
void call(const TransformFunction<T>& function, std::size_t options, std::size_t states, const Coefs& coefs,
          void* u, const Streams& streams) {
  TransformBlock<T> block{.update = {static_cast<T*>(u), streams.n},
                          .value = {static_cast<const T*>(streams.value), streams.n},
                          .state = {},
                          .options = {coefs.data(), options},
                          .t = static_cast<std::uint64_t>(coefs[kMostOptions]),
                          .k = static_cast<std::uint64_t>(coefs[kMostOptions + 1])};
  for (std::size_t i = 0; i < states; ++i) block.state[i] = {static_cast<T*>(streams.state[i]), streams.n};
  function(block);
}

// A transform with everything that it refers to.
class Entry {
 public:
  Entry(CustomTransform custom, TransformFunction<float> f32, TransformFunction<double> f64)
      : spec_("transform", std::move(custom.card), OptionType::scalar, {&kOn, 1}),
        state_(std::move(custom.state)) {
    const std::size_t options = spec().options.size() - 1, states = state_.size();
    check(custom.rule, f32 && f64);
    names_.assign(state_.begin(), state_.end());
    variant_ = names_;
    apply_ = [=](Dtype dtype, const Coefs& coefs, void* u, const Streams& streams) {
      dtype == Dtype::f32 ? call(f32, options, states, coefs, u, streams)
                          : call(f64, options, states, coefs, u, streams);
    };
    transform_ = {.spec = spec(),
                  .scope = Scope::element,
                  .part = custom.rule ? Part::rule : Part::other,
                  .sees = Sees::value | Sees::tiles,
                  .kept = {.variants = {&variant_, 1}},
                  .kernels = {.custom = &apply_},
                  .prepare = prepare};
  }

  const Spec& spec() const { return spec_.spec(); }
  const Transform& transform() const { return transform_; }

 private:
  void check(bool rule, bool has_functions) const {
    const std::string where = "transform `" + std::string(spec().name) + "`";
    const auto fail = [&](const char* what, const std::string& got, const char* want) {
      throw Error(Code::usage, {where, what, got, want, ""});
    };
    if (spec().options.size() - 1 > kMostOptions)
      fail("too many options", std::to_string(spec().options.size() - 1), "at most 8");
    if (state_.size() > kMaxState)
      fail("too many streams of state", std::to_string(state_.size()), "at most 4");
    for (std::size_t i = 0; i < state_.size(); ++i) {
      check_custom_name(where, "state", state_[i]);
      if (std::ranges::find(state_, state_[i]) - state_.begin() != static_cast<std::ptrdiff_t>(i))
        fail("two streams of state have the same name", "`" + state_[i] + "`", "names that differ");
    }
    for (const char* sugar : {"lr", "decay"}) {
      if (rule && spec().find(sugar))
        fail("a rule has no such option", std::string("`") + sugar + "`",
             "what stands beside it in the chain");
    }
    if (!has_functions) fail("a function is empty", "", "one for f32 and one for f64");
  }

  const CustomSpec spec_;
  const std::vector<std::string> state_;
  std::vector<std::string_view> names_;
  Names variant_;
  CustomApply apply_;
  Transform transform_;
};

Registered<Entry>& registered() {
  static Registered<Entry> all;
  return all;
}

}  // namespace

const Transform* find_custom_transform(std::string_view name) {
  const Entry* entry = registered().find(name);
  return entry == nullptr ? nullptr : &entry->transform();
}

std::vector<const Transform*> custom_transforms() {
  std::vector<const Transform*> out;
  for (const Entry* entry : registered().all()) out.push_back(&entry->transform());
  return out;
}

void register_transform(CustomTransform transform, TransformFunction<float> f32,
                        TransformFunction<double> f64) {
  const std::string name = transform.card.name;
  auto entry = std::make_unique<const Entry>(std::move(transform), std::move(f32), std::move(f64));
  const bool listed =
      std::ranges::any_of(transforms(), [&](const Transform& t) { return t.spec.name == name; }) ||
      std::ranges::any_of(recipes(), [&](const Recipe& r) { return r.spec.name == name; });
  if (listed) {
    throw Error(Code::usage,
                {"transform `" + name + "`", "a transform or recipe has that name", "", "another name",
                 "`thalweg list transforms` and `thalweg list recipes` name them"});
  }
  registered().add(std::move(entry));
}

}  // namespace thalweg
