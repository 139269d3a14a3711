#include "draw/words.h"

#include <gtest/gtest.h>

namespace thalweg::page {
namespace {

TEST(WordPlaces, ALineMeetsABoxThatItPasses) {
  const Box box{10, 10, 20, 20};
  EXPECT_TRUE(box.meets({0, 0}, {30, 30}));
  EXPECT_TRUE(box.meets({12, 12}, {14, 14}));
  EXPECT_TRUE(box.meets({0, 15}, {30, 15}));
  EXPECT_FALSE(box.meets({0, 0}, {30, 5}));
  EXPECT_FALSE(box.meets({0, 25}, {5, 30}));
  EXPECT_FALSE(box.meets({0, 0}, {9, 9}));
  EXPECT_FALSE(box.meets({0, 15}, {0, 15}));
}

TEST(WordPlaces, StandWhereTheyCoverNothing) {
  WordPlaces places({0, 0, 200, 200}, 10, 18);
  const auto first = places.take({100, 100}, "words");
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->right);
  EXPECT_EQ(first->y, -8);
  const auto second = places.take({100, 100}, "words");
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->right);  // beside the first
}

TEST(WordPlaces, KeepOffLines) {
  WordPlaces places({0, 0, 200, 200}, 10, 18);
  places.avoid(std::vector<Point>{{0, 88}, {200, 88}});
  const auto below = places.take({100, 100}, "words");
  ASSERT_TRUE(below.has_value());
  EXPECT_EQ(below->y, 20);
}

TEST(WordPlaces, AreLeftOutWhereThereIsNoRoom) {
  WordPlaces places({0, 0, 60, 60}, 10, 18);
  EXPECT_FALSE(places.take({30, 30}, "longer words").has_value());
  EXPECT_TRUE(places.take({4, 30}, "short").has_value());
}

}  // namespace
}  // namespace thalweg::page
