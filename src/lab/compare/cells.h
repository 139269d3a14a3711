// What tables of other programs are made of.
#pragma once

#include <string>
#include <vector>

namespace thalweg {

// One line of CSV; cells with commas, quotes or line breaks are quoted.
std::string csv_line(const std::vector<std::string>& cells);

// What sources are called in a table: "wine_data" of csv(data/wine_data.csv, skip=1), "digits". The whole
// texts where two would be called alike.
std::vector<std::string> short_data_names(const std::vector<std::string>& sources);

}  // namespace thalweg
