// The guided tour: how optimizers descend, one idea after the other, as one page with animated pictures.
#pragma once

#include <string>
#include <vector>

namespace thalweg {

// One idea: a sentence, a formula, and the picture that its command draws.
struct TourStop {
  std::string title;
  std::string sentence;
  // As a shell takes it: `thalweg landscape ... --html FILE` draws the picture of this stop.
  std::string command;
};

// In the order of the page: from gradient descent to cyclic schedules.
std::vector<TourStop> tour_stops();

// The page: it opens from disk, makes no network requests, and shows still pictures where scripts do not run.
// Takes a second. Any thread may call it.
std::string tour_html();

}  // namespace thalweg
