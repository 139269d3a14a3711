// Numbers as people read them; the same in every locale.
#pragma once

#include <concepts>
#include <string>
#include <vector>

namespace thalweg::page {

// What is shown where there is no number.
inline constexpr const char* kNone = "\u2013";

// At most two decimals, for coordinates of a drawing: "12.5".
std::string coordinate(double number);

// `decimals` digits after the point and commas between thousands: "1,234.50". A minus is a real one.
std::string fixed(double number, int decimals);

// As many significant digits: "0.3412", "12,340", "1.2×10⁻⁵".
std::string significant(double number, int digits);

// A power of ten: "10⁻³".
std::string power_of_ten(int exponent);

std::string count(double number);      // "109,386"
std::string percent(double fraction);  // "97.2%"; never 100% when it is less
std::string bytes(double number);      // "1.25 MiB"
std::string count(std::integral auto number) { return count(static_cast<double>(number)); }
std::string bytes(std::integral auto number) { return bytes(static_cast<double>(number)); }
std::string duration(double seconds);  // "1.42 s", "3 min 12 s", "2 h 05 min"

// Numbers of one column of a table: the same decimals in every row, so that the points align.
std::vector<std::string> aligned(const std::vector<double>& numbers, int digits);

}  // namespace thalweg::page
