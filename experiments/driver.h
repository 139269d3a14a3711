// Runs the experiments of a folder, those that changed, and writes their page.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace thalweg::experiments {

struct Options {
  std::filesystem::path folder;        // of *.toml
  std::filesystem::path data;          // of data sets
  std::filesystem::path work;          // what is finished is kept here, one folder an experiment
  std::filesystem::path page;          // to be written
  std::string program;                 // changes whenever the measurements may
  std::vector<std::string> only = {};  // beginnings of names; empty: all
  bool write = false;                  // results into the TOML files, too
  int threads = 1;
  std::function<void(const std::string&)> tell = [](const std::string&) {};
};

// An experiment is run again when its file up to [result] or the program is another one than when it was
// finished. One whose data are not there is left out and the page says so. Throws as read_experiment() and
// the measurements do; what is finished before stays finished.
void run_experiments(const Options& options);

}  // namespace thalweg::experiments
