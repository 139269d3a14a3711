// What runs in a page: scripts that the library carries, none that comes from anywhere else.
#pragma once

#include <string>
#include <string_view>

namespace thalweg::page {

// Lets every chart of a page be zoomed (drag, double click, keys) and read off (crosshair with the values of
// all series). It takes the numbers from the drawing itself. A page that is drawn anew calls
// thalweg.attach(document): the charts keep their zoom.
const std::string& chart_script();

// Whether `body` holds a chart for it.
bool has_charts(std::string_view body);

// A script as an element, and what a content security policy calls it: 'sha256-...'.
std::string script_element(std::string_view script);
std::string script_source(std::string_view script);

}  // namespace thalweg::page
