// Calls as Python writes them: names, arguments, numbers, tuples, and arithmetic on numbers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/text.h"

namespace thalweg::python {

struct Expression {
  enum class Kind {
    number,
    string,
    name,       // with dots: torch.optim.Adam
    call,       // parts[0] is called with the others
    list,       // and tuples
    table,      // {key: value}: keys and values in turn
    operation,  // text: one of + - * / ** < > | and "neg"
    index,      // parts[0][parts[1]]
    rest,       // an argument `*`
  };
  Kind kind = Kind::name;
  std::string text;                // of a name, a string or an operation
  double number = 0;               // of a number
  std::vector<Expression> parts;   // of the others
  std::vector<std::string> names;  // of a call's arguments; empty: by position
  std::size_t at = 0;              // byte of the source where it begins
};

struct Statement {
  std::string name;  // what it is called from then on; empty: nothing
  Expression value;
};

// Throws Error(usage) with a caret.
std::vector<Statement> parse_statements(const Source& source);
Expression parse_expression(const Source& source);

}  // namespace thalweg::python
