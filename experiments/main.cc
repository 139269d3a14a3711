// Measures the claims of experiments/*.toml: see README.md of this folder.
#include <cstdio>
#include <iostream>
#include <thread>

#include "base/file.h"
#include "experiments/driver.h"
#include "thalweg/error.h"

namespace {

constexpr char kUsage[] =
    "usage: thalweg_experiments [--folder experiments] [--data ../shared/data] [--build build] [--write]\n"
    "                           [--threads N] [NAME...]\n"
    "Runs the experiments whose names begin with one of NAME, or all; those that did not change are not run "
    "again.\n";

using thalweg::Code;
using thalweg::Error;

thalweg::experiments::Options read_arguments(int count, char** arguments) {
  thalweg::experiments::Options options;
  options.folder = "experiments";
  options.data = "../shared/data";
  options.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  std::filesystem::path build = "build";
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto value = [&]() -> std::string {
      if (++i == count) throw Error(Code::usage, {argument, "the value is missing", "", "", ""});
      return arguments[i];
    };
    if (argument == "--folder") {
      options.folder = value();
    } else if (argument == "--data") {
      options.data = value();
    } else if (argument == "--build") {
      build = value();
    } else if (argument == "--threads") {
      options.threads = std::max(1, std::atoi(value().c_str()));
    } else if (argument == "--write") {
      options.write = true;
    } else if (argument.starts_with("-")) {
      throw Error(Code::usage, {argument, "unknown flag", "", "", ""});
    } else {
      options.only.push_back(argument);
    }
  }
  options.work = build / "experiments";
  options.page = build / "experiments.html";
  return options;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    thalweg::experiments::Options options = read_arguments(count, arguments);
    options.program = thalweg::read_text_file("/proc/self/exe");
    options.tell = [](const std::string& line) { std::cerr << line << std::endl; };
    run_experiments(options);
    std::cout << options.page.string() << "\n";
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << "\n" << (error.code() == Code::usage ? kUsage : "");
    return static_cast<int>(error.code());
  }
}
