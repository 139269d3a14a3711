#include "thalweg/params.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/test_error.h"

namespace thalweg {
namespace {

TEST(Shape, CountIsTheProductOfTheSizes) {
  EXPECT_EQ(count({}), 1u);
  EXPECT_EQ(count({7}), 7u);
  EXPECT_EQ(count({3, 4, 5}), 60u);
  EXPECT_EQ(count({3, 0, 5}), 0u);
  EXPECT_EQ(count({std::int64_t{1} << 62}), std::uint64_t{1} << 62);
}

TEST(Shape, ImpossibleSizesAreErrorsThatShowThem) {
  expect_contains(usage_error([] { count({3, -1}); }), "3x-1");
  expect_contains(usage_error([] { count({std::int64_t{1} << 62, 2}); }), "4611686018427387904x2");
  usage_error([] { count({INT64_MAX, INT64_MAX}); });
}

TEST(Shape, PrintsItsSizes) {
  EXPECT_EQ(print_shape({}), "scalar");
  EXPECT_EQ(print_shape({784, 256}), "784x256");
  EXPECT_EQ(print_shape({0}), "0");
}

TEST(Role, NamesReadBack) {
  for (const Role role : {Role::none, Role::weight, Role::bias, Role::norm, Role::embedding, Role::other}) {
    EXPECT_EQ(parse_role(role_name(role)), role);
  }
  expect_contains(usage_error([] { parse_role("wieght"); }), "did you mean `weight`?");
}

TEST(Params, AddedMemoryIsZeroAlignedAndPadded) {
  Params params;
  for (const std::int64_t size : {1, 3, 16, 17, 1000}) {
    Parameter& p = params.add("p" + std::to_string(size), {size}, Role::weight);
    for (const std::span<float> stream : {p.value<float>(), p.grad<float>()}) {
      EXPECT_EQ(stream.size(), static_cast<std::size_t>(size));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(stream.data()) % 64, 0u);
      const std::size_t padded = (stream.size() + 15) / 16 * 16;
      EXPECT_TRUE(std::all_of(stream.data(), stream.data() + padded, [](float x) { return x == 0.0f; }));
    }
    EXPECT_FALSE(p.absent());
    EXPECT_FALSE(p.frozen());
  }
}

TEST(Params, AParameterKnowsItself) {
  Params params;
  const Parameter& p = params.add("table", {5, 3}, Role::embedding, Dtype::f64);
  EXPECT_EQ(p.name(), "table");
  EXPECT_EQ(p.shape(), (Shape{5, 3}));
  EXPECT_EQ(p.role(), Role::embedding);
  EXPECT_EQ(p.dtype(), Dtype::f64);
  EXPECT_EQ(p.size(), 15u);
  EXPECT_EQ(p.value<double>().size(), 15u);
}

TEST(Params, AskingForAnotherTypeIsAnErrorThatNamesTheParameter) {
  Params params;
  const Parameter& p = params.add("w", {2}, Role::weight);
  const std::string error = usage_error([&] { p.value<double>(); });
  expect_contains(error, "`w`");
  expect_contains(error, "got f64; want f32");
  usage_error([&] { p.grad<double>(); });
}

TEST(Params, AreFoundByNameAndKeepTheirOrderAndPlace) {
  Params params;
  Parameter* first = &params.add("a0", {1}, Role::bias);
  float* memory = first->value<float>().data();
  for (int i = 1; i < 500; ++i) params.add("a" + std::to_string(i), {i}, Role::bias);
  EXPECT_EQ(params.size(), 500u);
  EXPECT_EQ(params.elements(), 1u + 499u * 500u / 2u);
  EXPECT_EQ(params.find("a0"), first);
  EXPECT_EQ(first->value<float>().data(), memory);
  EXPECT_EQ(params.find("a321"), &params[321]);
  EXPECT_EQ(params.find("b"), nullptr);
  int i = 0;
  for (const Parameter& p : params) EXPECT_EQ(p.name(), "a" + std::to_string(i++));
}

TEST(Params, StayWhereTheyAreWhenMoved) {
  Params params;
  Parameter* w = &params.add("w", {3}, Role::weight);
  const Params moved = std::move(params);
  EXPECT_EQ(&moved[0], w);
  EXPECT_EQ(w->value<float>().size(), 3u);
}

TEST(Params, MemoryOfDifferentParametersDoesNotTouch) {
  Params params;
  for (int i = 0; i < 50; ++i) params.add(std::to_string(i), {i * 13 % 40}, Role::other);
  for (int i = 0; i < 50; ++i) {
    for (float& x : params[static_cast<std::size_t>(i)].value<float>()) x = static_cast<float>(i);
  }
  for (int i = 0; i < 50; ++i) {
    for (const float x : params[static_cast<std::size_t>(i)].value<float>())
      EXPECT_EQ(x, static_cast<float>(i));
    for (const float x : params[static_cast<std::size_t>(i)].grad<float>()) EXPECT_EQ(x, 0.0f);
  }
}

TEST(Params, AdoptedMemoryIsTheCallers) {
  std::vector<double> value = {1, 2, 3}, grad = {4, 5, 6};
  Params params;
  const Parameter& p = params.adopt("p", {3}, value.data(), grad.data());
  EXPECT_EQ(p.value<double>().data(), value.data());
  EXPECT_EQ(p.grad<double>().data(), grad.data());
  EXPECT_EQ(p.role(), Role::none);
  EXPECT_FALSE(p.absent());
  EXPECT_EQ(value, (std::vector<double>{1, 2, 3}));
}

TEST(Params, WithoutGradientMemoryAParameterIsAbsentAndStaysSo) {
  float value[2] = {};
  Params params;
  Parameter& p = params.adopt("p", {2}, value, nullptr);
  EXPECT_TRUE(p.absent());
  expect_contains(usage_error([&] { p.set_absent(false); }), "`p`");
  EXPECT_TRUE(p.absent());
  p.set_absent(true);
}

TEST(Params, NamesAreNotEmptyAndNotTaken) {
  float memory[4] = {};
  Params params;
  params.add("w", {2}, Role::weight);
  expect_contains(usage_error([&] { params.add("w", {3}, Role::bias); }), "`w`");
  expect_contains(usage_error([&] { params.adopt("w", {2}, memory, memory + 2); }), "`w`");
  usage_error([&] { params.add("", {3}, Role::bias); });
  EXPECT_EQ(params.size(), 1u);
  params.adopt("v", {2}, memory, memory + 2);  // what failed above holds no memory
  expect_contains(usage_error([&] { params.adopt("v", {2}, memory, memory + 2); }), "`v`: the name is taken");
}

TEST(Params, OverlapsAreErrorsThatNameBoth) {
  std::vector<float> memory(100);
  Params params;
  params.adopt("first", {10}, &memory[20], &memory[60]);
  const auto adopt = [&](std::size_t value, std::size_t grad, std::int64_t size) {
    params.adopt("second", {size}, &memory[value], &memory[grad]);
  };
  const std::pair<std::size_t, std::size_t> overlapping[] = {{20, 0}, {25, 0}, {11, 0},  {29, 0},
                                                             {0, 60}, {0, 51}, {60, 30}, {80, 69}};
  for (const auto& [value, grad] : overlapping) {
    const std::string error = usage_error([&] { adopt(value, grad, 10); });
    expect_contains(error, "`first`");
    expect_contains(error, "`second`");
  }
  expect_contains(usage_error([&] { adopt(0, 90, 100); }), "`first`");
  expect_contains(usage_error([&] { adopt(80, 85, 10); }), "its value and its gradient overlap");
  usage_error([&] { adopt(80, 80, 10); });
  adopt(30, 50, 10);  // they touch, and do not overlap
  EXPECT_EQ(params.size(), 2u);
}

TEST(Params, AdoptingMemoryOfTheLibraryIsAnOverlap) {
  Params params;
  Parameter& owned = params.add("owned", {40}, Role::weight);
  float* value = owned.value<float>().data();
  const std::string error = usage_error([&] { params.adopt("second", {4}, value + 36, nullptr); });
  expect_contains(error, "`owned`");
  expect_contains(error, "`second`");
  usage_error([&] { params.adopt("second", {4}, owned.grad<float>().data(), nullptr); });
}

TEST(Params, NullMemoryIsForEmptyParametersOnly) {
  Params params;
  expect_contains(usage_error([&] { params.adopt("p", {1}, static_cast<float*>(nullptr), nullptr); }), "`p`");
  EXPECT_EQ(params.adopt("empty", {0}, static_cast<float*>(nullptr), nullptr).size(), 0u);
  EXPECT_EQ(params.adopt("empty too", {4, 0}, static_cast<float*>(nullptr), nullptr).size(), 0u);
}

TEST(Params, ShapesWhoseBytesCannotBeCountedAreErrors) {
  double memory[2] = {};
  Params params;
  for (const std::int64_t size :
       {std::int64_t{1} << 62, (std::int64_t{1} << 62) - 1, std::int64_t{1} << 61}) {
    expect_contains(usage_error([&] { params.add("p", {size}, Role::weight); }), std::to_string(size));
    usage_error([&] { params.adopt("p", {size}, memory, nullptr); });
  }
  EXPECT_EQ(params.size(), 0u);
}

TEST(Params, MemoryThatTheSystemDoesNotHaveIsAnErrorThatNamesTheBytes) {
  Params params;
  try {
    params.add("p", {std::int64_t{1} << 50}, Role::weight);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::resource);
    expect_contains(error.what(), "4503599627370496 bytes");
  }
  EXPECT_EQ(params.size(), 0u);
}

}  // namespace
}  // namespace thalweg
