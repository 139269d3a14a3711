// thalweg tour as its users meet it: the page, and the commands that it shows.
#include "thalweg/lab/tour.h"

#include <regex>

#include "tool_case.h"

namespace thalweg {
namespace {

// The words of a command as a shell makes them: blanks part, quotes hold together.
Arguments words_of(const std::string& command) {
  Arguments out(1);
  bool quoted = false;
  for (const char c : command) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

// The lines of all paths in the contours of a page.
std::vector<std::string> tracks(const std::string& html) {
  static const std::regex kTrack("class=\"track\" d=\"([^\"]*)\"");
  std::vector<std::string> out;
  for (std::sregex_iterator at(html.begin(), html.end(), kTrack), end; at != end; ++at)
    out.push_back((*at)[1]);
  return out;
}

TEST_F(Tool, TourWritesAPage) {
  const Outcome outcome = run({"tour"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "wrote tour.html\n");
  EXPECT_EQ(contents(path("tour.html")), tour_html());
  EXPECT_EQ(run({"tour", "--html", "no/such/folder.html"}).code, 4);
}

TEST_F(Tool, TheCommandsOfTheTourDrawItsPictures) {
  std::vector<std::string> drawn;
  for (const TourStop& stop : tour_stops()) {
    Arguments words = words_of(stop.command);
    ASSERT_EQ(words.front(), "thalweg");
    words.erase(words.begin());
    ASSERT_EQ(run(words).code, 0) << stop.command;
    for (std::string& track : tracks(contents(path(words.back())))) drawn.push_back(std::move(track));
  }
  EXPECT_EQ(drawn, tracks(tour_html()));
}

}  // namespace
}  // namespace thalweg
