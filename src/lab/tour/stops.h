// What the tour shows: the table that its page and its commands are made from.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/lab/landscape.h"

namespace thalweg {

struct Stop {
  std::string_view id;  // a word
  std::string_view title;
  std::string_view sentence;  // the idea
  std::string_view formula;   // as draw/formula.h reads it
  std::string_view letters;   // of the formula
  std::string_view look;      // what is to be seen in the picture
  std::string_view measured;  // what the experiment of that name found, in a few words
  std::string_view experiment;
  std::vector<std::string_view> quoted = {};  // the quantities of it whose medians `measured` gives, as 0.12
  // The picture.
  std::string problem;
  std::vector<std::string> paths;
  FunctionLandscapeOptions options;
  std::string (*counted)(const Stop& stop) = nullptr;  // what other seeds show; null: no matter
};

std::span<const Stop> stops();

// How often each path ends lowest; and where three cycles end beside one cosine.
std::string count_losses(const Stop& stop);
std::string count_hollows(const Stop& stop);

// The landscape of a stop, and the command that draws it.
Landscape landscape_of(const Stop& stop);
std::string command_of(const Stop& stop);

}  // namespace thalweg
