// What the text of one cell says: nothing, a number or something else.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace thalweg {

// A decimal number as C and Fortran programs, spreadsheets and numpy write it - 1, +1, .5, 5., 1e-5 -
// whatever the locale says; one too small for a double is 0. Nothing for any other text, 0x10, 1_000, inf and
// 1e400 among them.
std::optional<double> read_cell(std::string_view text);

// Whether a cell holds no value: nothing at all, `NA`, `?`, `nan` in any case and sign, or one of `more`.
bool is_missing(std::string_view text, std::span<const std::string> more = {});

// Whether a cell among numbers says that there is none: what spreadsheets, databases and programs write for
// it, such as `null`, `None`, `N/A`, `#DIV/0!`, `\N`, `-` or blanks alone. Among words these are words.
bool is_absent(std::string_view text);

// Digits that begin with a 0 of no value: a code such as 007, which is not 7.
bool is_code(std::string_view text);

// What keeps a text from being a number that looks like one: "a currency sign" in $1,000, "a decimal comma"
// in 3,14, "brackets" in (12). Empty for numbers and for other texts.
std::string_view dress_of(std::string_view text);

// A day, with or without a time behind it: 2023-05-01, 1/5/2023, 01.05.23 12:30, 2023-05-01T12:30:00Z,
// May 1, 2023, 01-May-2023. The order of day and month is nobody's business here.
bool is_date(std::string_view text);

// A whole number that a double does not hold exactly, or one beyond 2^64.
bool is_rounded(std::string_view text, double number);

}  // namespace thalweg
