// What commands have in common that search by trials of a run: settings, and where their findings go.
#pragma once

#include "base/file.h"
#include "tool/ranks.h"
#include "tool/setting_flags.h"

namespace thalweg::tool {

template <class Search>
struct Finder {
  SettingFlags settings;
  std::optional<std::string> config;
  Search search;
  std::string svg;
  std::string html;
  bool json = false;

  template <class Find>
  int run(const Find& find, Comm* comm = nullptr) const {
    RunConfig wanted = settings.settings(config).config();
    wanted.machine.comm = comm;
    const auto found = find(wanted, search);
    if (is_another_rank()) return kOk;
    if (!svg.empty()) write_output(svg, found.svg());
    if (!html.empty()) write_output(html, found.html());
    print(json ? found.json() + "\n" : found.text());
    return kOk;
  }
};

}  // namespace thalweg::tool
