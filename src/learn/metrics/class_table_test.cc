#include <gtest/gtest.h>

#include "thalweg/metrics.h"

namespace thalweg {
namespace {

constexpr double kNone = ClassMetrics::kNone;

TEST(ClassTable, ALineForEachClassAndTheirMean) {
  ClassMetrics m;
  EXPECT_EQ(m.text(), "");
  m.names = {"a", "gr\xc3\xbcn \x1b", "macro"};
  m.precision = {{1, kNone, 0.5}, 0.75};
  m.recall = {{0.25, kNone, 1}, 0.625};
  m.f1 = {{0.4, kNone, 2.0 / 3}, 0.53333333};
  m.auc = {{0.5, kNone, 0.123456}, 0.311728};
  EXPECT_EQ(m.text(),
            "class          precision  recall      f1     auc  average_precision\n"
            "a                 1.0000  0.2500  0.4000  0.5000                  -\n"
            "gr\xc3\xbcn \\u001b            -       -       -       -                  -\n"
            "macro (class)     0.5000  1.0000  0.6667  0.1235                  -\n"
            "macro             0.7500  0.6250  0.5333  0.3117                  -\n");
}

TEST(ClassTable, TellsHowManySamplesANumberIsOf) {
  ClassMetrics m;
  m.names = {"no", "yes"};
  m.rows = {390, 10.5};
  m.f1 = {{0.5, 0.25}, 0.375};
  EXPECT_EQ(m.text(),
            "class   rows  precision  recall      f1     auc  average_precision\n"
            "no       390          -       -  0.5000       -                  -\n"
            "yes     10.5          -       -  0.2500       -                  -\n"
            "macro  400.5          -       -  0.3750       -                  -\n");
}

TEST(ClassTable, OfManyClassesThoseOfTheLowestF1) {
  ClassMetrics m;
  m.names = {"a", "b", "c", "d"};
  m.f1 = {{0.5, kNone, 0.25, 0.75}, 0.5};
  EXPECT_EQ(m.text(2),
            "class  precision  recall      f1     auc  average_precision\n"
            "c              -       -  0.2500       -                  -\n"
            "a              -       -  0.5000       -                  -\n"
            "macro          -       -  0.5000       -                  -\n"
            "2 of 4 classes, those of the lowest f1\n");
  EXPECT_EQ(m.text(4).find("those of"), std::string::npos);
  EXPECT_NE(m.text(3).find("\nd "), std::string::npos);
}

}  // namespace
}  // namespace thalweg
