#include "augment/augmenter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/registry.h"

namespace thalweg {

struct AugmentationRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
#define THALWEG_AUGMENTATION(kind) THALWEG_OBJECT(AugmentationRegistry, Augmentation, kind)
#include "augment/augmentations.inc"

namespace {

using Listed = registry::Entries<AugmentationRegistry, __COUNTER__>;
constexpr auto kKinds = Listed::each([]<class Entry>() { return &Entry::kObject; });
constexpr auto kSpecs = Listed::each([]<class Entry>() { return &Entry::kObject.spec; });

const Augmentation& find_kind(const Item& item, const Source& source, const std::string& also = {}) {
  return *kKinds[find_spec(kSpecs, item, source, "an augmentation", "`thalweg list augmentations`", also)];
}

ImageShape image_of(const Shape& shape) {
  if (shape.empty()) return {};
  return {static_cast<std::size_t>(shape[0]), static_cast<std::size_t>(shape[1]),
          static_cast<std::size_t>(shape[2])};
}

void check_fit(const Augmentation& kind, std::span<const double> options, const ImageShape& image,
               const Item& item, const Source& source) {
  const std::string name = "`" + item.name + "`";
  if (kind.of_images && image.pixels() == 0)
    throw source.error(item.at, {"", name + " changes images", "samples that are no images", "",
                                 "`noise` and `mixup` take any numbers"});
  if (kind.misfit == nullptr) return;
  const auto [got, want] = kind.misfit(options, image);
  if (want.empty()) return;
  throw source.error(item.at, {"",
                               name + " does not fit images of " + std::to_string(image.height) + " x " +
                                   std::to_string(image.width),
                               got, want, ""});
}

// One row of `to` of the rows as they were.
void mix_row(const Mixing& mixing, std::span<const float> before, std::size_t row, std::span<float> to) {
  const std::size_t features = to.size() / mixing.partners.size();
  const auto own = static_cast<float>(mixing.share), other = static_cast<float>(1 - mixing.share);
  const float* a = before.data() + row * features;
  const float* b = before.data() + mixing.partners[row] * features;
  for (std::size_t j = 0; j < features; ++j) to[row * features + j] = own * a[j] + other * b[j];
}

}  // namespace

std::span<const Spec* const> augmentation_specs() { return kSpecs; }

void check_augmentation(const Item& item, const Source& source, const std::string& also) {
  find_kind(item, source, also);
}

std::string augment_text(std::span<const Item> items, const Source& source, bool every) {
  Text out;
  for (const Item& item : items) {
    const Spec& spec = find_kind(item, source).spec;
    out.push_back(unbind(spec, bind(spec, item, source), every));
  }
  return print(out);
}

Augmenter::Augmenter(std::string_view text, const Shape& image, float black)
    : image_(image_of(image)), black_(black) {
  if (text.empty()) return;
  const Source source{"data", std::string(text)};
  bool mixes = false;
  for (const Item& item : parse(source)) {
    const Augmentation& kind = find_kind(item, source);
    const Settings settings = bind(kind.spec, item, source);
    Stage stage{&kind, {}};
    for (std::size_t i = 0; i < settings.size(); ++i) {
      const std::optional<double> number = as_number(kind.spec.options[i], settings[i]);
      stage.options.push_back(number.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    check_fit(kind, stage.options, image_, item, source);
    if (kind.mix != nullptr && std::exchange(mixes, true))
      throw source.error(item.at, {"", "samples can be mixed once", "`" + item.name + "` again", "", ""});
    stages_.push_back(std::move(stage));
  }
}

const Mixing& Augmenter::apply(std::uint64_t seed, std::uint64_t position, std::span<float> inputs,
                               std::size_t rows, Team& team) {
  seed_ = seed;
  position_ = position;
  rows_ = rows;
  mixing_.partners.clear();
  if (stages_.empty()) return mixing_;
  before_.resize(inputs.size());
  for (std::size_t first = 0; first < stages_.size();) {
    std::size_t last = first;
    while (last < stages_.size() && stages_[last].kind->mix == nullptr) ++last;
    if (last > first) apply_to_rows(first, last, inputs, team);
    if (last < stages_.size()) mix(last, inputs, team);
    first = last + 1;
  }
  return mixing_;
}

void Augmenter::apply_to_rows(std::size_t first, std::size_t last, std::span<float> inputs, Team& team) {
  constexpr std::size_t kGrain = 4;  // rows
  const std::size_t features = inputs.size() / rows_;
  for_each_part(team, rows_, kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const Augmented sample{inputs.subspan(row * features, features), image_, black_,
                             std::span(before_).subspan(row * features, features)};
      for (std::size_t stage = first; stage < last; ++stage)
        stages_[stage].kind->apply(stages_[stage].options, {seed_, position_ + row, stage}, sample);
    }
  });
}

void Augmenter::mix(std::size_t stage, std::span<float> inputs, Team& team) {
  constexpr std::size_t kGrain = 16;  // rows
  mixing_.partners.resize(rows_);
  stages_[stage].kind->mix(stages_[stage].options, {seed_, position_, stage}, mixing_);
  std::ranges::copy(inputs, before_.begin());
  for_each_part(team, rows_, kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) mix_row(mixing_, before_, row, inputs);
  });
}

void mix_rows(const Mixing& mixing, std::span<float> numbers) {
  const std::vector<float> before(numbers.begin(), numbers.end());
  for (std::size_t row = 0; row < mixing.partners.size(); ++row) mix_row(mixing, before, row, numbers);
}

}  // namespace thalweg
