#include "find/tune_folder.h"

#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

std::string line_of(const TuneTraining& t) {
  return JsonObject()
             .add("trial", t.trial)
             .add("epochs", t.epochs)
             .add("repeat", t.repeat)
             .add("diverged", t.diverged)
             .add("loss", t.loss)
             .add("accuracy", t.accuracy)
             .text() +
         "\n";
}

double number(const nlohmann::json& json, const char* key) {
  return json.at(key).is_null() ? NAN : json.at(key).get<double>();
}

TuneTraining read_line(const std::filesystem::path& file, const std::string& line) {
  try {
    const nlohmann::json json = nlohmann::json::parse(line);
    return {json.at("trial").get<std::uint64_t>(),
            json.at("epochs").get<std::uint64_t>(),
            json.at("repeat").get<std::uint64_t>(),
            json.at("diverged").get<bool>(),
            number(json, "loss"),
            number(json, "accuracy")};
  } catch (const nlohmann::json::exception& error) {
    throw Error(Code::data, {file.string(), "a line is no training", "`" + line.substr(0, 60) + "`",
                             "trial, epochs, repeat, diverged, loss, accuracy", error.what()});
  }
}

}  // namespace

TuneFolder::TuneFolder(const std::filesystem::path& folder, const std::string& search) {
  if (folder.empty()) return;
  file_ = folder / "trials.jsonl";
  const std::string head = JsonObject().add("schema", 1).add("search", search).text() + "\n";
  if (std::filesystem::exists(file_)) {
    read(head);
    return;
  }
  make_folder(folder);
  replace_file(file_, head);
}

void TuneFolder::read(const std::string& head) {
  const std::string text = read_text_file(file_);
  if (!text.starts_with(head)) {
    throw Error(Code::usage, {file_.string(), "another search is kept here", text.substr(0, text.find('\n')),
                              head.substr(0, head.size() - 1), "take another folder"});
  }
  std::size_t begin = head.size();
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const TuneTraining training = read_line(file_, text.substr(begin, end - begin));
    trainings_[training.key()] = training;
  }
  if (begin < text.size()) replace_file(file_, text.substr(0, begin));
}

const TuneTraining* TuneFolder::find(const TuneTraining& key) const {
  const auto found = trainings_.find(key.key());
  return found == trainings_.end() ? nullptr : &found->second;
}

void TuneFolder::add(const TuneTraining& training) {
  const std::lock_guard lock(mutex_);
  trainings_[training.key()] = training;
  if (file_.empty()) return;
  std::ofstream out(file_, std::ios::app | std::ios::binary);
  out << line_of(training) << std::flush;
  if (out) return;
  throw Error(Code::resource,
              {file_.string(), "a line cannot be written", "", "", "free some space and go on"});
}

}  // namespace thalweg
