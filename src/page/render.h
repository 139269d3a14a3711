// What the pages say, as HTML, before it goes to a file or a browser.
#pragma once

#include <string>
#include <vector>

#include "page/run_data.h"

namespace thalweg::page {

// `scripts` as for document().
std::string render(const RunData& data, const std::vector<std::string>& scripts = {});
std::string render(const std::vector<RunData>& runs, const std::vector<std::string>& scripts = {});

// The head of a page: mark, what it is of, heading and whatever follows, as HTML.
std::string page_header(const std::string& subject, const std::string& heading, const std::string& more);

// The accuracy, R2 or loss that a run is judged by, in a few words; and as a number, the larger, the better.
std::string outcome_words(const RunData& data);
double outcome_number(const RunData& data);

}  // namespace thalweg::page
