#include "translate/values.h"

#include <cmath>

#include "base/spec.h"

namespace thalweg::python {
namespace {

// Words of other libraries that are values of options.
constexpr struct {
  std::string_view elsewhere, here;
} kWords[] = {{"cos", "cosine"}, {"rel", "torch"}, {"abs", "absolute"}};

}  // namespace

std::string shown(const Result& result) {
  switch (result.is) {
    case Result::Is::none:
      return "None";
    case Result::Is::flag:
      return result.number != 0 ? "True" : "False";
    case Result::Is::number:
      return print_number(result.number);
    case Result::Is::list:
      return "[" + join(result.list, ", ", shown) + "]";
    case Result::Is::table:
      return "{...}";
    case Result::Is::piece:
      return print(result.piece.text);
    default:
      return result.word;
  }
}

Value value_of(Text text) { return {Value::Kind::text, "", std::move(text), {}, 0}; }

Value written(const Result& result, const Source& source, std::size_t at) {
  Value out;
  switch (result.is) {
    case Result::Is::flag:
      out.word = result.number != 0 ? "true" : "false";
      break;
    case Result::Is::number:
      if (!std::isfinite(result.number))
        throw source.error(at, {"", "a number that is not finite", "", "finite numbers", ""});
      out.word = print_number(result.number);
      break;
    case Result::Is::word:
      out.word = result.word;
      for (const auto& [elsewhere, here] : kWords) {
        if (result.word == elsewhere) out.word = here;
      }
      break;
    case Result::Is::list:
      out.kind = Value::Kind::list;
      for (const Result& one : result.list) out.list.push_back(written(one, source, at));
      break;
    case Result::Is::piece:
      if (result.piece.is_schedule || !result.piece.schedule.empty())
        return value_of(result.piece.schedule.empty() ? result.piece.text : result.piece.schedule);
      [[fallthrough]];
    default:
      throw source.error(
          result.at == std::string::npos ? at : result.at,
          {"", "a value that is not known", "`" + shown(result) + "`", "a number or a schedule", ""});
  }
  return out;
}

}  // namespace thalweg::python
