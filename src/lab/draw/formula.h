// Formulas as pages show them: MathML, which browsers typeset without a script or a font of the page.
#pragma once

#include <string>
#include <string_view>

namespace thalweg::page {

// A display of one or several lines, whose columns two or more spaces part:
//
//   m <- beta1 m + (1 - beta1) g
//   p <- p - eta hat(m) / (sqrt(v) + eps)
//   g_i^2  "for" i < n
//
// Names of Greek letters are letters (grad is the gradient, sum a sum), and digits behind a name are its
// index. A fraction is of the whole product before `/` and the one factor behind it. `<-`, `<=`, `>=` and
// `->` are arrows and relations, `*` is a dot, `~` in proportion to. Words in quotes stay words. What it does
// not know stands as it is written.
std::string formula(std::string_view text);

}  // namespace thalweg::page
