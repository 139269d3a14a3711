#include "find/tune_folder.h"

#include <cmath>
#include <new>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "thalweg/error.h"
#include "train/line_file.h"

namespace thalweg {
namespace {

constexpr std::string_view kFiles[] = {"lock", "trials.jsonl"};

double number(const nlohmann::json& json, const char* key) {
  return json.at(key).is_null() ? NAN : json.at(key).get<double>();
}

// As it is written: 1e300 is none.
std::uint64_t whole(const nlohmann::json& json, const char* key) {
  if (!json.at(key).is_number_unsigned())
    throw std::invalid_argument(std::string(key) + " is not a whole number");
  return json.at(key).get<std::uint64_t>();
}

TuneTraining read_line(const std::filesystem::path& file, const std::string& line) {
  try {
    return training_of(line);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(Code::data, {file.string(), "a line is not a trial", "`" + line.substr(0, 60) + "`",
                             "trial, epochs, repeat, diverged, loss, accuracy", error.what()});
  }
}

}  // namespace

std::string line_of(const TuneTraining& t) {
  JsonObject metrics;
  for (const auto& [name, number] : t.metrics) metrics.add(name, number);
  return JsonObject()
      .add("trial", t.trial)
      .add("epochs", t.epochs)
      .add("repeat", t.repeat)
      .add("diverged", t.diverged)
      .add("loss", t.loss)
      .add("accuracy", t.accuracy)
      .raw("metrics", metrics.text())
      .text();
}

TuneTraining training_of(const std::string& line) {
  const nlohmann::json json = nlohmann::json::parse(line);
  TuneTraining out{whole(json, "trial"),  whole(json, "epochs"),
                   whole(json, "repeat"), json.at("diverged").get<bool>(),
                   number(json, "loss"),  number(json, "accuracy")};
  if (!json.contains("metrics")) return out;  // of before there were others
  for (const auto& [name, value] : json["metrics"].items())
    out.metrics.emplace_back(name, value.get<double>());
  return out;
}

TuneFolder::TuneFolder(const std::filesystem::path& folder, const std::string& search,
                       const Together& together)
    : together_(together) {
  const std::string there = together_.from_first([&] {
    open(folder, search);
    std::string lines;
    for (const auto& [key, training] : trainings_) lines += line_of(training) + "\n";
    return lines;
  });
  if (together_.first()) return;
  std::istringstream in(there);
  for (std::string line; std::getline(in, line);) {
    const TuneTraining training = training_of(line);
    trainings_[training.key()] = training;
  }
}

void TuneFolder::open(const std::filesystem::path& folder, const std::string& search) {
  if (folder.empty()) return;
  make_folder(folder);
  check_own_files(folder, kFiles);
  lock_.emplace(folder);
  file_ = folder / "trials.jsonl";
  const std::string head = JsonObject().add("schema", 1).add("search", search).text();
  const std::vector<std::string> lines = read_lines(file_);
  if (!std::filesystem::exists(file_)) {
    replace_file(file_, head + "\n");
  } else if (lines.empty() || lines.front() != head) {
    throw Error(Code::usage, {file_.string(), "the folder belongs to another search",
                              lines.empty() ? "" : lines.front(), head, "choose another folder"});
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const TuneTraining training = read_line(file_, lines[i]);
    trainings_[training.key()] = training;
  }
  lock_->sign();
  remove_own_leftovers(folder, kFiles);
  cut_torn_line(file_);
}

const TuneTraining* TuneFolder::find(const TuneTraining& key) const {
  const auto found = trainings_.find(key.key());
  return found == trainings_.end() ? nullptr : &found->second;
}

void TuneFolder::add(const TuneTraining& training) {
  together_.on_first([&] {
    if (!file_.empty()) LineFile(file_).add(line_of(training));
  });
  trainings_[training.key()] = training;
}

}  // namespace thalweg
