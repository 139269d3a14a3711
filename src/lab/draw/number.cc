#include "draw/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace thalweg::page {
namespace {

constexpr const char* kMinus = "\u2212";
constexpr double kPlainAbove = 1e-4;  // smaller and larger numbers are written with a power of ten
constexpr double kPlainBelow = 1e7;

int decade(double number) { return static_cast<int>(std::floor(std::log10(std::abs(number)) + 1e-12)); }

void drop_trailing_zeros(std::string& text) {
  if (text.find('.') == std::string::npos) return;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
}

}  // namespace

std::string coordinate(double number) {
  std::string text = fmt::format("{:.2f}", number);
  drop_trailing_zeros(text);
  return text == "-0" ? "0" : text;
}

std::string fixed(double number, int decimals) {
  if (!std::isfinite(number)) return kNone;
  std::string text = fmt::format("{:.{}f}", std::abs(number), decimals);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  for (std::size_t at = std::min(text.find('.'), text.size()); at > 3; at -= 3) text.insert(at - 3, ",");
  return (number < 0 && !zero ? kMinus : "") + text;
}

std::string power_of_ten(int exponent) {
  static constexpr std::array<std::string_view, 10> kDigits = {
      "\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074", "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string text = exponent < 0 ? "10\u207b" : "10";
  for (const char c : std::to_string(std::abs(exponent))) text += kDigits[static_cast<std::size_t>(c - '0')];
  return text;
}

std::string significant(double number, int digits) {
  if (!std::isfinite(number)) return kNone;
  if (number == 0) return "0";
  const double size = std::abs(number);
  if (size >= kPlainAbove && size < kPlainBelow)
    return fixed(number, std::max(0, digits - 1 - decade(number)));
  // The library rounds: 9.9996 of four digits is 1.000 of the next decade.
  const std::string text = fmt::format("{:.{}e}", size, digits - 1);
  const std::size_t e = text.find('e');
  std::string mantissa = text.substr(0, e);
  drop_trailing_zeros(mantissa);
  return (number < 0 ? kMinus : "") + mantissa + "\u00d7" + power_of_ten(std::stoi(text.substr(e + 1)));
}

std::string count(double number) {
  return std::abs(number) < 1e15 ? fixed(number, 0) : significant(number, 4);
}

std::string percent(double fraction) {
  if (!std::isfinite(fraction)) return kNone;
  const int decimals = fraction >= 0.99 && fraction < 1 ? 2 : 1;
  double shown = fraction * 100;
  if (fraction < 1) shown = std::min(shown, 99.99);
  return (std::abs(shown) < 1e6 ? fixed(shown, decimals) : significant(shown, 4)) + "%";
}

std::string bytes(double number) {
  static constexpr std::array<const char*, 5> kUnits = {" B", " KiB", " MiB", " GiB", " TiB"};
  if (!std::isfinite(number)) return kNone;
  std::size_t unit = 0;
  for (; number >= 1024 && unit + 1 < kUnits.size(); ++unit) number /= 1024;
  return (unit == 0 ? count(number) : significant(number, 3)) + kUnits[unit];
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return kNone;
  if (seconds < 59.95) return significant(seconds, 3) + " s";
  const double whole = std::round(seconds);
  if (whole < 3600) return fmt::format("{:.0f} min {:02.0f} s", std::floor(whole / 60), std::fmod(whole, 60));
  const double minutes = std::round(seconds / 60);
  return count(std::floor(minutes / 60)) + fmt::format(" h {:02.0f} min", std::fmod(minutes, 60));
}

std::vector<std::string> aligned(const std::vector<double>& numbers, int digits) {
  double least = INFINITY;
  double most = 0;
  for (const double number : numbers) {
    if (!std::isfinite(number) || number == 0) continue;
    least = std::min(least, std::abs(number));
    most = std::max(most, std::abs(number));
  }
  const bool plain = most == 0 || (least >= kPlainAbove && most < kPlainBelow);
  const int decimals = most == 0 ? 0 : std::clamp(digits - 1 - decade(least), 0, 6);
  std::vector<std::string> out;
  for (const double number : numbers) {
    out.push_back(plain ? fixed(number, decimals) : significant(number, digits));
  }
  return out;
}

}  // namespace thalweg::page
