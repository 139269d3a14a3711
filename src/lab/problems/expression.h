// A function of x, of x and y, or of x1, x2, ... written as text, differentiated by a sweep backwards over
// the tape of its operations (reverse mode; Linnainmaa 1976, doi:10.1007/BF01931367).
//
//   sum := product (('+'|'-') product)*      product := signed (('*'|'/') signed)*
//   signed := ('-'|'+') signed | power       power := atom ['^' signed]
//   atom := number | x | y | x1 | x2 | ... | pi | e | function '(' sum ')' | '(' sum ')'
//
// Functions are sin, cos, exp, log, sqrt and abs. As in dual.h the slope of abs and sqrt at 0 is 0, and so is
// that of a power of 0 where it would not be finite.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace thalweg {

struct Operation;

class Expression {
 public:
  static constexpr std::size_t kMostBytes = 10'000;
  static constexpr std::size_t kMostVariables = 1'000;

  // Throws Error(usage) with a caret. Brackets, signs and powers nest at most kMaxNesting deep.
  explicit Expression(const Source& source);

  // Whether a text begins as a formula does: with a number, a sign, a bracket, a variable or a function.
  static bool begins(std::string_view text);

  const std::string& text() const { return text_; }  // white space reduced to single blanks

  // Of x alone one, of y or no variable two, of x1, x2, ... the highest number; and what they are called.
  std::size_t dimension() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }

  // At as many numbers as there are dimensions, or more; not finite where the function is not.
  double value(std::span<const double> at) const;
  void gradient(std::span<const double> at, std::span<double> out) const;

  // A step of the tape: a leaf, or an operation on one or two steps before it.
  struct Step {
    const Operation* operation = nullptr;  // null: a leaf
    std::size_t a = 0, b = 0;              // of an operation with one operand both are it
    int variable = -1;                     // of a leaf: 0 for x and x1, 1 for y and x2; else it is `number`
    double number = 0;
    bool varies = false;  // depends on a variable
  };

 private:
  std::vector<double> forward(std::span<const double> at) const;

  std::string text_;
  std::vector<std::string> names_;
  std::vector<Step> steps_;  // the last one is the value
};

}  // namespace thalweg
