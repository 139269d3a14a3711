// Texts of the engine with blanks that the fields of a case fill.
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/spec.h"
#include "cases/case.h"

namespace thalweg::oracle {

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

std::string listed(const std::vector<std::string>& texts, std::string_view between) {
  return fmt::format("{}", fmt::join(texts, between));
}

std::string list_text(const std::vector<double>& numbers) {
  std::vector<std::string> texts(numbers.size());
  std::ranges::transform(numbers, texts.begin(), print_number);
  return "[" + listed(texts) + "]";
}

// All of them are asked for, so that none is overlooked.
double Fields::first_given(std::string_view keys) {
  std::optional<double> found;
  std::string key;
  for (const std::string_view one : split(keys, "|")) {
    std::optional<double> number = thalweg::read_number(one);
    key = one.substr(0, one.find('.'));
    const Json* value = number ? nullptr : find(key);
    if (value != nullptr && key.size() == one.size()) number = oracle::read_number(*value, what_ + "." + key);
    if (value != nullptr && key.size() != one.size()) {
      const std::vector<double> pair = read_numbers(*value, key);
      if (pair.size() != 2) throw Malformed("`" + key + "` is not a pair");
      number = pair[one.ends_with(".1") ? 1 : 0];
    }
    if (!found) found = number;
  }
  if (!found) throw Skip(what_ + " without " + key);
  return *found;
}

double Fields::number(std::string_view keys) {
  double product = 1;
  for (const std::string_view factor : split(keys, "*")) product *= first_given(factor);
  return product;
}

std::string Fields::word(std::string_view key, std::string_view words) {
  const std::vector<std::string_view> known = split(words, "/");
  const Json* value = find(key);
  const bool is_flag = value != nullptr && value->is_boolean();
  const std::string given = is_flag ? value->dump() : text(key, known[0].substr(0, known[0].find('=')));
  for (const std::string_view one : known) {
    const std::size_t equal = one.find('=');
    if (one.substr(0, equal) == given) return std::string(one.substr(equal + 1));  // all of it without `=`
  }
  lacks(std::string(key) + " " + given);
}

std::string Fields::blank(std::string_view blank) {
  if (const std::size_t colon = blank.find(':'); colon != std::string_view::npos) {
    return word(blank.substr(0, colon), blank.substr(colon + 1));
  }
  const char mark = blank.back();
  const std::string_view keys = blank.substr(0, blank.find_last_not_of("#!,@") + 1);
  if (mark == ',' || mark == '@') {
    std::vector<double> list = numbers(keys);
    for (double& one : list) one = mark == '@' ? scaled(one - clock_.origin) : one;
    return list_text(list);
  }
  const double value = number(keys);
  if (mark == '!' && !(value > 0)) {
    throw Skip("refused by design: " + std::string(split(keys, "|")[0]) + " " + print_number(value));
  }
  return print_number(mark == '#' || mark == '!' ? scaled(value) : value);
}

std::string Fields::fill(std::string_view text) {
  std::string filled;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
    const std::size_t close = text.find('}', open);
    filled += text.substr(0, open);
    filled += blank(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
  return filled += text;
}

}  // namespace thalweg::oracle
