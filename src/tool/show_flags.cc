#include "tool/show_flags.h"

#include "base/file.h"
#include "tool/command.h"

namespace thalweg::tool {

void append_show(std::vector<Argument>& table, ShowFlags& flags) {
  append(
      table,
      {Argument("--show WHAT", &flags.words,
                "what each update did to each number: gradient, state (with what the rule makes of it) and "
                "update, parted by commas, or all",
                {.offers = std::string(kShownWords)}),
       Argument("--every N", &flags.every, "every how manieth update is shown, and the last",
                {.range = kAtLeastOne, .shown = "1 with --show"}),
       Argument("--html FILE", &flags.html, "write what is shown as a page", {.needs = "--show"})},
      "Single steps");
}

void write_shown(const ShowFlags& flags, const std::string& title, const std::string& chain,
                 std::span<const TracedUpdate> updates) {
  if (flags.html.empty()) return;
  write_output(flags.html, shown_html(title, chain, updates, flags.shown()));
  note("wrote " + visible(flags.html));
}

}  // namespace thalweg::tool
