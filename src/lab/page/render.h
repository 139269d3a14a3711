// What the pages say, as HTML, before it goes to a file or a browser.
#pragma once

#include <string>
#include <vector>

#include "page/run_data.h"

namespace thalweg::page {

// With `live`, a script of a page that its server renews; it may then ask that server.
std::string render(const RunData& data, const std::string& live = {});
std::string render(const std::vector<RunData>& runs, const std::string& live = {});

// document() for either.
std::string finished(const std::string& title, const std::string& body, const std::string& live);

// The head of a page: mark, what it is of, heading and whatever follows, as HTML.
std::string page_header(const std::string& subject, const std::string& heading, const std::string& more);

// The accuracy, R2 or loss that a run is judged by, in a few words; and as a number, the larger, the better.
std::string outcome_words(const RunData& data);
double outcome_number(const RunData& data);

}  // namespace thalweg::page
