#include "draw/formula.h"

#include <gtest/gtest.h>

namespace thalweg::page {
namespace {

// What stands in the one cell of a formula.
std::string cell(const char* text) {
  const std::string before = "<math display=\"block\"><mtable displaystyle=\"true\"><mtr><mtd>";
  const std::string behind = "</mtd></mtr></mtable></math>\n";
  const std::string made = formula(text);
  EXPECT_TRUE(made.starts_with(before) && made.ends_with(behind)) << made;
  return made.substr(before.size(), made.size() - before.size() - behind.size());
}

TEST(Formula, NamesAreLettersWithIndicesAndPowers) {
  EXPECT_EQ(cell("p <- p - eta g"), "<mi>p</mi><mo>←</mo><mi>p</mi><mo>−</mo><mi>η</mi><mi>g</mi>");
  EXPECT_EQ(cell("beta1"), "<msub><mi>β</mi><mn>1</mn></msub>");
  EXPECT_EQ(cell("g^2"), "<msup><mi>g</mi><mrow><mn>2</mn></mrow></msup>");
  EXPECT_EQ(cell("P_i^2"), "<msubsup><mi>P</mi><mrow><mi>i</mi></mrow><mrow><mn>2</mn></mrow></msubsup>");
  EXPECT_EQ(cell("1 - beta1^t"),
            "<mn>1</mn><mo>−</mo><msup><msub><mi>β</mi><mn>1</mn></msub><mrow><mi>t</mi>"
            "</mrow></msup>");
  EXPECT_EQ(cell("0.01 <= k"), "<mn>0.01</mn><mo>≤</mo><mi>k</mi>");
}

TEST(Formula, AFractionIsOfTheProductBeforeAndTheFactorBehind) {
  EXPECT_EQ(cell("a + b c / d e"),
            "<mi>a</mi><mo>+</mo><mfrac><mrow><mi>b</mi><mi>c</mi></mrow><mrow><mi>d</mi>"
            "</mrow></mfrac><mi>e</mi>");
  EXPECT_EQ(
      cell("hat(m) / (sqrt(v) + eps)"),
      "<mfrac><mrow><mover><mrow><mi>m</mi></mrow><mo>^</mo></mover></mrow><mrow><msqrt><mi>v</mi></msqrt>"
      "<mo>+</mo><mi>ε</mi></mrow></mfrac>");
  EXPECT_EQ(cell("(1 - a) / 2"),
            "<mfrac><mrow><mn>1</mn><mo>−</mo><mi>a</mi></mrow><mrow><mn>2</mn></mrow></mfrac>");
}

TEST(Formula, BlanksMakeColumnsAndLinesRows) {
  EXPECT_EQ(formula("x  \"if\" k < 2\ny\n"),
            "<math display=\"block\"><mtable displaystyle=\"true\"><mtr><mtd><mi>x</mi></mtd>"
            "<mtd><mtext>\u00a0if\u00a0</mtext><mi>k</mi><mo>&lt;</mo><mn>2</mn></mtd></mtr>"
            "<mtr><mtd><mi>y</mi></mtd></mtr></mtable></math>\n");
}

TEST(Formula, WhatIsNotClosedEnds) {
  EXPECT_EQ(cell("(a"), "<mrow><mo stretchy=\"false\">(</mo><mi>a</mi><mo stretchy=\"false\">)</mo></mrow>");
  EXPECT_EQ(cell("a)"), "<mi>a</mi><mo>)</mo>");
  EXPECT_EQ(cell("\"a <"), "<mtext>\u00a0a &lt;\u00a0</mtext>");
  EXPECT_EQ(cell("a / "), "<mfrac><mrow><mi>a</mi></mrow><mrow></mrow></mfrac>");
}

}  // namespace
}  // namespace thalweg::page
