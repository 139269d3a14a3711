// What a file is that no reader reads, told by its first bytes, and what makes it one that is read.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "thalweg/error.h"

namespace thalweg {

struct Form {
  std::string_view name;  // with its article: "an Excel workbook (.xlsx)"
  std::string_view hint;  // a command or a call; FILE stands for the path
};

// Archives, packed files, workbooks, columnar and binary formats. A form without a name for everything else.
Form form_of(std::span<const std::byte> bytes);

// The hint about the file of that name.
std::string fill_hint(std::string_view hint, const std::string& name);

// Throws Error(data) for bytes of such a form, which are no text, and for UTF-16.
void check_form(const std::string& name, std::span<const std::byte> bytes);

// Throws Error(data), naming the place, for bytes that are not UTF-8, with the encoding that they look like,
// and for a NUL byte. What is of another form is told first.
void check_text(const std::string& name, std::string_view text);

}  // namespace thalweg
