#include "data/cells/cell.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

namespace thalweg {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view text) {
  return text.starts_with('+') || text.starts_with('-') ? text.substr(1) : text;
}

// Of the digits before an exponent, the place of the first that is not 0, relative to the point: 1 for 1.5, 0
// for 0.5, -2 for 0.005.
std::ptrdiff_t leading_place(std::string_view digits) {
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const std::size_t first = std::min(digits.find_first_of("123456789"), digits.size());
  const std::ptrdiff_t distance = static_cast<std::ptrdiff_t>(point) - static_cast<std::ptrdiff_t>(first);
  return first < point ? distance : distance + 1;
}

// Of a number beyond the range of double: whether it is too small for it.
bool is_tiny(std::string_view text) {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view exponent = text.substr(std::min(e + 1, text.size()));
  const bool negative = exponent.starts_with('-');
  long long power = 0;
  const std::string_view digits = without_sign(exponent);
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), power);
  if (result.ec == std::errc::result_out_of_range) return negative;
  return (negative ? -power : power) + leading_place(without_sign(text.substr(0, e))) < 0;
}

// What people put around and into numbers, and what stands there when it is taken away.
struct Dress {
  std::string_view sign, plain, name;
};
constexpr std::string_view kMinus = "a minus sign that is not `-`", kSpace = "a space of another kind",
                           kCurrency = "a currency sign";
constexpr Dress kDresses[] = {{"\u2212", "-", kMinus},
                              {"\u2010", "-", kMinus},
                              {"\u2011", "-", kMinus},
                              {"\u2012", "-", kMinus},
                              {"\u2013", "-", kMinus},
                              {"\u2014", "-", kMinus},
                              {"\uff0d", "-", kMinus},
                              {"\u00a0", " ", "a no-break space"},
                              {"\u202f", " ", "a no-break space"},
                              {"\u2009", " ", "a thin space"},
                              {"\u2007", " ", kSpace},
                              {"\u2008", " ", kSpace},
                              {"\u200b", "", kSpace},
                              {"\u3000", " ", kSpace},
                              {"%", "", "a percent sign"},
                              {"\u2030", "", "a percent sign"},
                              {"US$", "", kCurrency},
                              {"HK$", "", kCurrency},
                              {"NZ$", "", kCurrency},
                              {"A$", "", kCurrency},
                              {"C$", "", kCurrency},
                              {"R$", "", kCurrency},
                              {"$", "", kCurrency},
                              {"\u00a2", "", kCurrency},
                              {"\u00a3", "", kCurrency},
                              {"\u00a4", "", kCurrency},
                              {"\u00a5", "", kCurrency},
                              {"\u0e3f", "", kCurrency},
                              {"\uff04", "", kCurrency},
                              {"\uffe0", "", kCurrency},
                              {"\uffe1", "", kCurrency},
                              {"\uffe5", "", kCurrency},
                              {"USD", "", kCurrency},
                              {"EUR", "", kCurrency},
                              {"GBP", "", kCurrency},
                              {"CHF", "", kCurrency},
                              {"JPY", "", kCurrency},
                              {"CNY", "", kCurrency},
                              {"INR", "", kCurrency},
                              {"SEK", "", kCurrency},
                              {"NOK", "", kCurrency},
                              {"DKK", "", kCurrency},
                              {" kr", "", kCurrency}};

// The currency signs from U+20A0 to U+20CF, where they begin; npos where there is none.
std::size_t find_currency(std::string_view text) {
  for (std::size_t at = text.find("\xe2\x82"); at != std::string_view::npos;
       at = text.find("\xe2\x82", at + 1)) {
    if (at + 2 < text.size() && static_cast<unsigned char>(text[at + 2]) >= 0xa0) return at;
  }
  return std::string_view::npos;
}

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

// 12,345.6: one to three digits, then threes behind separators, then perhaps a point and digits.
bool is_grouped(std::string_view text, char separator, char point) {
  if (separator == point) return false;
  const std::size_t end = std::min(text.find(point), text.size());
  if (end < text.size() && !all_digits(text.substr(end + 1))) return false;
  std::string_view whole = text.substr(0, end);
  std::size_t groups = 0;
  for (; whole.size() > 4; ++groups) {
    if (whole[whole.size() - 4] != separator || !all_digits(whole.substr(whole.size() - 3))) return false;
    whole.remove_suffix(4);
  }
  return groups > 0 && !whole.empty() && whole.size() <= 3 && all_digits(whole);
}

// 3,14
bool has_comma(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == 0 || comma == std::string_view::npos || comma + 1 == text.size()) return false;
  return all_digits(text.substr(0, comma)) && all_digits(text.substr(comma + 1));
}

std::optional<int> small_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && all_digits(text);
  return whole && text.size() <= 4 ? std::optional(number) : std::nullopt;
}

// Whether a word is the name of a month in English, or begins it with three letters or more.
bool is_month(std::string_view text) {
  constexpr std::string_view kMonths[] = {"january",   "february", "march",    "april",
                                          "may",       "june",     "july",     "august",
                                          "september", "october",  "november", "december"};
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lower.size() >= 3 &&
         std::ranges::any_of(kMonths, [&](std::string_view month) { return month.starts_with(lower); });
}

bool is_year(std::string_view text) {
  const std::optional<int> number = small_number(text);
  return number && text.size() == 4 && *number >= 1000 && *number < 3000;
}

// Behind a day: 12:30, 12:30:15.5 PM, 12:30:00+02:00.
bool is_time(std::string_view text) {
  constexpr std::string_view kTime = "0123456789:.+- APMZapmz";
  return text.size() >= 4 && is_digit(text[0]) && text.find(':') != std::string_view::npos &&
         text.find_first_not_of(kTime) == std::string_view::npos;
}

}  // namespace

std::optional<double> read_cell(std::string_view text) {
  const std::string_view digits = without_sign(text);
  const bool begins = !digits.empty() && (is_digit(digits[0]) || digits[0] == '.');
  if (!begins) return std::nullopt;  // from_chars would read inf and nan
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (end != digits.data() + digits.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    if (!is_tiny(digits)) return std::nullopt;
    number = 0;
  } else if (error != std::errc() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return text.starts_with('-') ? -number : number;
}

bool is_missing(std::string_view text, std::span<const std::string> more) {
  if (text.empty() || text == "NA" || text == "?") return true;
  const std::string_view word = without_sign(text);
  const auto same = [](char a, char b) { return (a | 0x20) == b; };
  if (word.size() == 3 && std::equal(word.begin(), word.end(), "nan", same)) return true;
  return std::find(more.begin(), more.end(), text) != more.end();
}

bool is_absent(std::string_view text) {
  constexpr std::string_view kWords[] = {"null",     "none",     "na",   "n/a",     "nan",    "#n/a",
                                         "#n/a n/a", "#na",      "<na>", "#div/0!", "1.#ind", "1.#qnan",
                                         "-1.#ind",  "-1.#qnan", "-nan", "+nan",    "\\n",    ".",
                                         "-",        "--",       "?",    ""};
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  if (std::all_of(text.begin(), text.end(), is_blank)) return true;
  std::string lower(text.substr(0, 10));
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return text.size() <= lower.size() &&
         std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords);
}

bool is_code(std::string_view text) {
  return text.size() > 1 && text[0] == '0' && std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view dress_of(std::string_view text) {
  constexpr std::size_t kMost = 40;
  constexpr std::string_view kDigits = "0123456789";
  if (text.size() > kMost || text.find_first_of(kDigits) == std::string_view::npos || read_cell(text))
    return {};
  std::string plain(text);
  std::string_view found;
  for (const Dress& dress : kDresses) {
    for (std::size_t at = plain.find(dress.sign); at != std::string::npos; at = plain.find(dress.sign)) {
      plain.replace(at, dress.sign.size(), dress.plain);
      found = dress.name;
    }
  }
  for (std::size_t at = find_currency(plain); at != std::string::npos; at = find_currency(plain)) {
    plain.erase(at, 3);
    found = kCurrency;
  }
  const std::size_t size = plain.size();
  while (plain.ends_with(' ')) plain.pop_back();
  plain.erase(0, plain.find_first_not_of(' '));
  if (found.empty() && plain.size() < size) found = "blanks around it";
  if (plain.starts_with('(') && plain.ends_with(')')) {
    plain = plain.substr(1, plain.size() - 2);
    found = found.empty() ? "brackets" : found;
  }
  const std::string_view number = without_sign(plain);
  if (read_cell(number)) return found;
  for (const char separator : {',', ' ', '\''}) {
    if (!is_grouped(number, separator, '.') && !is_grouped(number, separator, ',')) continue;
    return !found.empty() ? found : separator == ' ' ? "blanks between digits" : "signs between thousands";
  }
  const bool points = is_grouped(number, '.', ',');
  if (!points && !has_comma(number)) return {};
  const bool comma = number.find(',') != std::string_view::npos;
  return !found.empty() ? found : comma ? "a decimal comma" : "signs between thousands";
}

bool is_date(std::string_view text) {
  constexpr std::size_t kMost = 40;
  if (text.size() < 6 || text.size() > kMost) return false;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::size_t time = text.find_last_of(" T", colon);
    if (time == std::string_view::npos || !is_time(text.substr(time + 1))) return false;
    text = text.substr(0, time);
  }
  std::vector<std::string_view> parts;
  bool slashes = true;  // which, or the name of a month, let a year have two digits
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("-/. "), text.size());
    const std::string_view part = text.substr(0, end);
    slashes = slashes && (end == text.size() || text[end] == '/');
    parts.push_back(part.ends_with(',') ? part.substr(0, part.size() - 1) : part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (parts.size() != 3) return false;
  const auto named = std::ranges::find_if(parts, is_month);
  const bool has_name = named != parts.end();
  if (has_name) *named = "1";
  if (is_year(parts[0])) std::swap(parts[0], parts[2]);
  const std::optional<int> first = small_number(parts[0]), second = small_number(parts[1]);
  const bool year =
      is_year(parts[2]) || ((slashes || has_name) && parts[2].size() == 2 && all_digits(parts[2]));
  if (!first || !second || !year) return false;
  const auto [least, most] = std::minmax(*first, *second);
  return least >= 1 && least <= 12 && most <= 31;
}

bool is_rounded(std::string_view text, double number) {
  const std::string_view digits = without_sign(text);
  std::uint64_t exact = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exact);
  if (end != digits.data() + digits.size()) return false;
  const double size = std::abs(number);
  return error != std::errc() || size >= 0x1p64 || static_cast<std::uint64_t>(size) != exact;
}

}  // namespace thalweg
