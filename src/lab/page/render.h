// What the pages say, as HTML, before it goes to a file or a browser.
#pragma once

#include <string>
#include <vector>

#include "draw/html.h"
#include "page/run_data.h"

namespace thalweg::page {

// With `live`, the page reloads itself from the server that it came from. `left_out` says which runs are not
// among them.
std::string render(const RunData& data, bool live = false);
std::string render(const std::vector<RunData>& runs, bool live = false, const std::string& left_out = {});

// A page that goes on with the results and curves of runs.
std::string render_below(Page above, const std::vector<RunData>& runs);

// document() of a page that reloads itself.
std::string live_document(Page page);

// What a run is judged by: its balanced accuracy where one class has most samples, accuracy, R2 or loss.
struct Judged {
  std::string name;
  double number = kMissing;
  bool share = false;  // printed as a percentage
  bool higher_is_better = true;
  double baseline = kMissing;  // of classes: the accuracy of always naming the commonest

  std::string text(double number) const;
};
Judged judged(const RunData& data);

// The same in a few words; and as a number, the larger, the better.
std::string outcome_words(const RunData& data);
double outcome_number(const RunData& data);
// Behind an accuracy: "; the commonest class has 55.0%"; empty where it is not known.
std::string beside_accuracy(double baseline);

// Whether its last word is a loss that is not finite.
bool diverged(const RunData& data);

}  // namespace thalweg::page
